package org.litestream4j.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;

/** A replica in a directory, written without waiting for the time that passes in it. */
interface DayReplica {

	/** Stores the whole database, which has no WAL now. */
	void begin(Path database, Instant now) throws IOException;

	/**
	 * Stores what was committed since.
	 * @param index counts WALs
	 * @param offset where in it the bytes begin; 0 with its header
	 * @param wal up to the end of a commit
	 */
	void ship(int index, long offset, byte[] wal, Instant now) throws IOException;

	/** Ends the day. */
	default void end(Instant now) throws IOException {
		// all is stored
	}

	/** Whether a file is a snapshot, in either format. */
	static boolean isSnapshot(Path file) {
		return file.toString().endsWith(".snapshot.lz4") || file.toString().matches(".*/ltx/9/[^/]*\\.ltx");
	}

	/** Whether it is any other object. */
	static boolean isChange(Path file) {
		return file.toString().endsWith(".wal.lz4") || file.toString().matches(".*/ltx/[0-8]/[^/]*\\.ltx");
	}

}
