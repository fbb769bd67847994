package org.litestream4j.live;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * How the live database is watched and checkpointed.
 *
 * @param name names the database in logs and events
 * @param database the file
 * @param metaDirectory local state and shadow WAL
 * @param busyTimeout how long to wait for SQLite's locks
 * @param checkpointInterval a new WAL index at least this often while there are changes
 * @param minCheckpointPageCount WAL pages at which a gentle checkpoint is tried
 * @param maxCheckpointPageCount WAL pages that should not be exceeded: a firm one is
 * tried at every sync as early as that takes
 * @param truncatePageCount WAL file pages past which the file is cut
 * @param largestWal bytes of a WAL that positions can name; smaller than
 * {@link org.litestream4j.format.WalPosition#MAX_OFFSET} only in tests
 * @param minFreeSpace bytes of the meta directory's disk that are left free; 0 for none
 * @param creationPragmas the application's settings for a database that does not exist
 * yet
 */
public record ShadowOptions(String name, Path database, Path metaDirectory, Duration busyTimeout,
		Duration checkpointInterval, int minCheckpointPageCount, int maxCheckpointPageCount, int truncatePageCount,
		long largestWal, long minFreeSpace, Map<String, String> creationPragmas) {

	CheckpointPolicy checkpointPolicy() {
		return new CheckpointPolicy(this.minCheckpointPageCount, this.truncatePageCount, this.largestWal / 4,
				this.checkpointInterval);
	}

	/** Bytes by which the WAL file may grow while a snapshot keeps it from restarting. */
	long mostGrowthUnderView() {
		return this.largestWal / 2;
	}

}
