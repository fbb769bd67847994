package org.litestream4j.history;

import org.jspecify.annotations.Nullable;

/**
 * What a restore point changed of a table or an index. Immutable.
 *
 * @param type {@code table} or {@code index}
 * @param name its name
 * @param table the table it belongs to; a table's own name
 * @param pages how many of its pages were written or given back
 * @param inserted rows that are there now and were not; null for an index and for a table
 * without rowid, and where too much changed for rows to be counted
 * @param updated rows that hold something else now
 * @param deleted rows that are gone
 * @param kind whether it was created or dropped
 */
public record ObjectChange(String type, String name, String table, long pages, @Nullable Long inserted,
		@Nullable Long updated, @Nullable Long deleted, Kind kind) {

	/** What happened to it as a whole. */
	public enum Kind {

		/** It was there before, and is there. */
		CHANGED,
		/** It was not there before. */
		CREATED,
		/** It is gone. */
		DROPPED

	}

}
