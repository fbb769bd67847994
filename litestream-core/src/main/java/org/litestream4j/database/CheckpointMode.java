package org.litestream4j.database;

/**
 * SQLite's ways to checkpoint, as {@code PRAGMA wal_checkpoint} names them.
 */
public enum CheckpointMode {

	/** Copies nothing, only says how things stand. Since SQLite 3.51. */
	NOOP,
	/** Copies what it can without waiting for anybody. */
	PASSIVE,
	/** Copies everything and makes the next writer start the WAL from its beginning. */
	RESTART,
	/** As {@link #RESTART}, and cuts the WAL file to zero bytes. */
	TRUNCATE

}
