package org.litestream4j;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

import org.litestream4j.format.Durations;
import org.litestream4j.restore.RestoreOptions;

/**
 * How one database is replicated. Immutable; refuses what makes no sense.
 *
 * @param name names the database in logs, metrics and the endpoint
 * @param database the database file; made absolute
 * @param metaDirectory local state and shadow WAL; made absolute
 * @param monitorInterval how often to look for changes that others made
 * @param checkpointInterval a new WAL index at least this often while there are changes
 * @param minCheckpointPageCount WAL pages at which a checkpoint is tried
 * @param maxCheckpointPageCount WAL pages at which checkpointing is tried at every sync
 * @param truncatePageCount WAL file pages past which the file is also truncated
 * @param busyTimeout how long the engine waits for SQLite's locks
 * @param shutdownSyncTimeout how long {@link LitestreamDatabase#close()} tries to ship
 * what is left
 * @param maxShadowWalSize bound in bytes on local buffering while a replica is
 * unreachable
 * @param minFreeSpace bytes of the meta directory's disk that local buffering leaves
 * free, as the database is mostly on the same disk; 0 for none
 * @param restore how validation restores
 * @param creationPragmas the application's own settings, as {@code page_size}, for a
 * database that does not exist yet; as sqlite-jdbc's connection properties name them
 */
public record LitestreamOptions(String name, Path database, Path metaDirectory, Duration monitorInterval,
		Duration checkpointInterval, int minCheckpointPageCount, int maxCheckpointPageCount, int truncatePageCount,
		Duration busyTimeout, Duration shutdownSyncTimeout, long maxShadowWalSize, long minFreeSpace,
		RestoreOptions restore, Map<String, String> creationPragmas) {

	/** What {@link #minFreeSpace} is by default. */
	public static final long DEFAULT_MIN_FREE_SPACE = 64L << 20;

	public LitestreamOptions {
		database = database.toAbsolutePath().normalize();
		metaDirectory = metaDirectory.toAbsolutePath().normalize();
		creationPragmas = Map.copyOf(creationPragmas);
		requirePositive("monitor-interval", monitorInterval);
		requirePositive("checkpoint-interval", checkpointInterval);
		require(minCheckpointPageCount >= 1, "min-checkpoint-page-count", minCheckpointPageCount, "1 or more");
		require(maxCheckpointPageCount >= minCheckpointPageCount, "max-checkpoint-page-count", maxCheckpointPageCount,
				"min-checkpoint-page-count (%d) or more".formatted(minCheckpointPageCount));
		require(truncatePageCount >= maxCheckpointPageCount, "truncate-page-count", truncatePageCount,
				"max-checkpoint-page-count (%d) or more".formatted(maxCheckpointPageCount));
		require(!busyTimeout.isNegative(), "busy-timeout", busyTimeout, "zero or more");
		require(!shutdownSyncTimeout.isNegative(), "shutdown-sync-timeout", shutdownSyncTimeout, "zero or more");
		require(maxShadowWalSize >= 1 << 20, "max-shadow-wal-size", maxShadowWalSize, "1MB or more");
		require(minFreeSpace >= 0, "min-free-space", minFreeSpace, "zero or more");
	}

	/** The defaults for a database, named after its file. */
	public static LitestreamOptions of(Path database) {
		Path absolute = database.toAbsolutePath().normalize();
		return new LitestreamOptions(absolute.getFileName().toString(), absolute, defaultMetaDirectory(absolute),
				Duration.ofSeconds(1), Duration.ofMinutes(1), 1000, 10_000, 121_359, Duration.ofSeconds(1),
				Duration.ofSeconds(30), 1L << 30, DEFAULT_MIN_FREE_SPACE, RestoreOptions.DEFAULTS, Map.of());
	}

	/** {@code .<file name>-litestream} beside a database. */
	public static Path defaultMetaDirectory(Path database) {
		Path absolute = database.toAbsolutePath().normalize();
		return absolute.resolveSibling("." + absolute.getFileName() + "-litestream");
	}

	private static void requirePositive(String name, Duration value) {
		require(!value.isZero() && !value.isNegative(), name, value, "more than zero");
	}

	private static void require(boolean holds, String name, Object value, String allowed) {
		if (!holds) {
			throw new IllegalArgumentException("%s is %s: %s is expected".formatted(name,
					(value instanceof Duration duration) ? Durations.describe(duration) : value, allowed));
		}
	}

}
