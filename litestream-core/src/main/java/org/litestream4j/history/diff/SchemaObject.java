package org.litestream4j.history.diff;

import java.util.Locale;

/**
 * An index, a view or a trigger.
 *
 * @param type {@code index}, {@code view} or {@code trigger}
 * @param name of it
 * @param table that it belongs to
 * @param sql that makes it
 */
record SchemaObject(String type, String name, String table, String sql) {

	/** The statement that removes it. */
	String drop() {
		return "DROP %s %s".formatted(this.type.toUpperCase(Locale.ROOT), SqlText.name(this.name));
	}

	boolean belongsTo(String tableName) {
		return DatabaseSchema.key(this.table).equals(DatabaseSchema.key(tableName));
	}

}
