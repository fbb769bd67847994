package org.litestream4j.sqlite.btree;

import org.jspecify.annotations.Nullable;

/**
 * A row of {@code sqlite_schema}.
 *
 * @param type what it is
 * @param name its name
 * @param table the table that it belongs to; a table's own name
 * @param root the first page of its b-tree; 0 if it has none, as views, triggers and
 * virtual tables
 * @param sql how it was created; null for an index that a constraint made
 */
public record SchemaObject(Type type, String name, String table, long root, @Nullable String sql) {

	/** What a database is made of. */
	public enum Type {

		/** A table, a virtual one included. */
		TABLE,
		/** An index. */
		INDEX,
		/** A view. */
		VIEW,
		/** A trigger. */
		TRIGGER

	}

	/** Whether it is of SQLite's own making: as {@code sqlite_sequence}. */
	public boolean isInternal() {
		return this.name.startsWith("sqlite_");
	}

	/** Whether it has pages of its own. */
	public boolean hasTree() {
		return this.root > 0;
	}

}
