package org.litestream4j;

/** In which format a replica is. */
public enum BackupFormat {

	/** That of Litestream v0.3: a snapshot, and all WAL since. */
	V3,
	/**
	 * LTX, that of Litestream v0.5: pages by transaction, in files that are compacted, so
	 * that a restore reads few of them.
	 */
	LTX

}
