package org.litestream4j;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

import org.litestream4j.format.Durations;

/**
 * How one database is replicated. Immutable; refuses what makes no sense. Made by a
 * {@link #builder(Path) builder}, which begins with the defaults; to change one thing use
 * {@link #toBuilder()}.
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
 * @param lease how politely replicas are taken over
 * @param onDivergence what a start does when a replica holds something else
 */
public record LitestreamOptions(String name, Path database, Path metaDirectory, Duration monitorInterval,
		Duration checkpointInterval, int minCheckpointPageCount, int maxCheckpointPageCount, int truncatePageCount,
		Duration busyTimeout, Duration shutdownSyncTimeout, long maxShadowWalSize, long minFreeSpace,
		RestoreOptions restore, Map<String, String> creationPragmas, LeaseOptions lease, OnDivergence onDivergence) {

	/**
	 * Creates options.
	 * @param name names the database in logs, metrics and the endpoint
	 * @param database the database file; made absolute
	 * @param metaDirectory local state and shadow WAL; made absolute
	 * @param monitorInterval how often to look for changes that others made
	 * @param checkpointInterval a new WAL index at least this often while there are
	 * changes
	 * @param minCheckpointPageCount WAL pages at which a checkpoint is tried
	 * @param maxCheckpointPageCount WAL pages at which checkpointing is tried at every
	 * sync
	 * @param truncatePageCount WAL file pages past which the file is also truncated
	 * @param busyTimeout how long the engine waits for SQLite's locks
	 * @param shutdownSyncTimeout how long {@link LitestreamDatabase#close()} tries to
	 * ship what is left
	 * @param maxShadowWalSize bound in bytes on local buffering while a replica is
	 * unreachable
	 * @param minFreeSpace bytes of the meta directory's disk that local buffering leaves
	 * free, as the database is mostly on the same disk; 0 for none
	 * @param restore how validation restores
	 * @param creationPragmas the application's own settings, as {@code page_size}, for a
	 * database that does not exist yet; as sqlite-jdbc's connection properties name them
	 * @param lease how politely replicas are taken over
	 * @param onDivergence what a start does when a replica holds something else
	 * @throws IllegalArgumentException with one sentence on the value that makes no sense
	 */
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

	/**
	 * The defaults for a database, named after its file.
	 * @param database the database file
	 * @return the defaults
	 */
	public static LitestreamOptions of(Path database) {
		return builder(database).build();
	}

	/**
	 * A builder that begins with the defaults, the name and the meta directory among
	 * them.
	 * @param database the database file
	 * @return a new builder
	 */
	public static Builder builder(Path database) {
		return new Builder(database.toAbsolutePath().normalize());
	}

	/**
	 * {@return a builder that begins with these options}
	 */
	public Builder toBuilder() {
		Builder builder = new Builder(this.database);
		builder.name = this.name;
		builder.metaDirectory = this.metaDirectory;
		builder.monitorInterval = this.monitorInterval;
		builder.checkpointInterval = this.checkpointInterval;
		builder.minCheckpointPageCount = this.minCheckpointPageCount;
		builder.maxCheckpointPageCount = this.maxCheckpointPageCount;
		builder.truncatePageCount = this.truncatePageCount;
		builder.busyTimeout = this.busyTimeout;
		builder.shutdownSyncTimeout = this.shutdownSyncTimeout;
		builder.maxShadowWalSize = this.maxShadowWalSize;
		builder.minFreeSpace = this.minFreeSpace;
		builder.restore = this.restore;
		builder.creationPragmas = this.creationPragmas;
		builder.lease = this.lease;
		builder.onDivergence = this.onDivergence;
		return builder;
	}

	/**
	 * The default of {@code metaDirectory}: {@code .<file name>-litestream} beside a
	 * database.
	 * @param database the database file
	 * @return the directory, absolute; it need not exist
	 */
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

	/** Builds options, from the defaults on. Not thread-safe. */
	public static final class Builder {

		private final Path database;

		private String name;

		private Path metaDirectory;

		private Duration monitorInterval = Duration.ofSeconds(1);

		private Duration checkpointInterval = Duration.ofMinutes(1);

		private int minCheckpointPageCount = 1000;

		private int maxCheckpointPageCount = 10_000;

		private int truncatePageCount = 121_359;

		private Duration busyTimeout = Duration.ofSeconds(1);

		private Duration shutdownSyncTimeout = Duration.ofSeconds(30);

		private long maxShadowWalSize = 1L << 30;

		private long minFreeSpace = 64L << 20;

		private RestoreOptions restore = RestoreOptions.DEFAULTS;

		private Map<String, String> creationPragmas = Map.of();

		private LeaseOptions lease = LeaseOptions.DEFAULTS;

		private OnDivergence onDivergence = OnDivergence.FAIL;

		private Builder(Path database) {
			this.database = database;
			this.name = String.valueOf(database.getFileName());
			this.metaDirectory = defaultMetaDirectory(database);
		}

		/**
		 * Sets {@code name}. By default the file's name.
		 * @param value names the database in logs, metrics and the endpoint
		 * @return this builder
		 */
		public Builder name(String value) {
			this.name = value;
			return this;
		}

		/**
		 * Sets {@code metaDirectory}. By default {@link #defaultMetaDirectory(Path)}.
		 * @param value local state and shadow WAL
		 * @return this builder
		 */
		public Builder metaDirectory(Path value) {
			this.metaDirectory = value;
			return this;
		}

		/**
		 * Sets {@code monitorInterval}. By default 1 s.
		 * @param value how often to look for changes that others made; more than zero
		 * @return this builder
		 */
		public Builder monitorInterval(Duration value) {
			this.monitorInterval = value;
			return this;
		}

		/**
		 * Sets {@code checkpointInterval}. By default 1 min.
		 * @param value a new WAL index at least this often while there are changes; more
		 * than zero
		 * @return this builder
		 */
		public Builder checkpointInterval(Duration value) {
			this.checkpointInterval = value;
			return this;
		}

		/**
		 * Sets {@code minCheckpointPageCount}. By default 1,000.
		 * @param value WAL pages at which a checkpoint is tried, 1 or more
		 * @return this builder
		 */
		public Builder minCheckpointPageCount(int value) {
			this.minCheckpointPageCount = value;
			return this;
		}

		/**
		 * Sets {@code maxCheckpointPageCount}. By default 10,000.
		 * @param value WAL pages at which checkpointing is tried at every sync; not less
		 * than {@code minCheckpointPageCount}
		 * @return this builder
		 */
		public Builder maxCheckpointPageCount(int value) {
			this.maxCheckpointPageCount = value;
			return this;
		}

		/**
		 * Sets {@code truncatePageCount}. By default 121,359.
		 * @param value WAL file pages past which the file is also truncated; not less
		 * than {@code maxCheckpointPageCount}
		 * @return this builder
		 */
		public Builder truncatePageCount(int value) {
			this.truncatePageCount = value;
			return this;
		}

		/**
		 * Sets {@code busyTimeout}. By default 1 s.
		 * @param value how long the engine waits for SQLite's locks; zero or more
		 * @return this builder
		 */
		public Builder busyTimeout(Duration value) {
			this.busyTimeout = value;
			return this;
		}

		/**
		 * Sets {@code shutdownSyncTimeout}. By default 30 s.
		 * @param value how long {@link LitestreamDatabase#close()} tries to ship what is
		 * left; zero or more
		 * @return this builder
		 */
		public Builder shutdownSyncTimeout(Duration value) {
			this.shutdownSyncTimeout = value;
			return this;
		}

		/**
		 * Sets {@code maxShadowWalSize}. By default 1 GiB.
		 * @param value bytes, 1 MiB or more, that local buffering may take while a
		 * replica is unreachable
		 * @return this builder
		 */
		public Builder maxShadowWalSize(long value) {
			this.maxShadowWalSize = value;
			return this;
		}

		/**
		 * Sets {@code minFreeSpace}. By default 64 MiB.
		 * @param value bytes of the meta directory's disk that local buffering leaves
		 * free; 0 for none
		 * @return this builder
		 */
		public Builder minFreeSpace(long value) {
			this.minFreeSpace = value;
			return this;
		}

		/**
		 * Sets {@code restore}. By default {@link RestoreOptions#DEFAULTS}.
		 * @param value how validation restores
		 * @return this builder
		 */
		public Builder restore(RestoreOptions value) {
			this.restore = value;
			return this;
		}

		/**
		 * Sets {@code creationPragmas}. By default none.
		 * @param value the application's own settings, as {@code page_size}, for a
		 * database that does not exist yet; as sqlite-jdbc's connection properties name
		 * them
		 * @return this builder
		 */
		public Builder creationPragmas(Map<String, String> value) {
			this.creationPragmas = value;
			return this;
		}

		/**
		 * Sets {@code lease}. By default {@link LeaseOptions#DEFAULTS}.
		 * @param value how politely replicas are taken over
		 * @return this builder
		 */
		public Builder lease(LeaseOptions value) {
			this.lease = value;
			return this;
		}

		/**
		 * Sets {@code onDivergence}. By default {@link OnDivergence#FAIL}.
		 * @param value what a start does when a replica holds something else
		 * @return this builder
		 */
		public Builder onDivergence(OnDivergence value) {
			this.onDivergence = value;
			return this;
		}

		/**
		 * Builds the options.
		 * @return the options, with database and meta directory made absolute
		 * @throws IllegalArgumentException with one sentence on the value that makes no
		 * sense
		 */
		public LitestreamOptions build() {
			return new LitestreamOptions(this.name, this.database, this.metaDirectory, this.monitorInterval,
					this.checkpointInterval, this.minCheckpointPageCount, this.maxCheckpointPageCount,
					this.truncatePageCount, this.busyTimeout, this.shutdownSyncTimeout, this.maxShadowWalSize,
					this.minFreeSpace, this.restore, this.creationPragmas, this.lease, this.onDivergence);
		}

	}

}
