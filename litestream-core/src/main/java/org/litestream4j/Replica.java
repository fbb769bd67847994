package org.litestream4j;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Durations;
import org.litestream4j.replica.ReplicaClient;

/**
 * A place to replicate to, and how.
 *
 * @param name unique per database
 * @param client talks to the store
 * @param options how often things happen
 */
public record Replica(String name, ReplicaClient client, Options options) {

	public Replica {
		if (name.isBlank()) {
			throw new IllegalArgumentException("a replica's name is blank: give it one");
		}
	}

	/**
	 * How often things happen.
	 *
	 * @param syncInterval least time between two segments; more than zero
	 * @param snapshotInterval between two snapshots; more than zero
	 * @param retention how far back every state stays restorable; zero to keep everything
	 * and delete nothing
	 * @param retentionCheckInterval how often old objects are looked for; more than zero
	 * @param validationInterval how often the backup is compared with the database, or
	 * null for never
	 */
	public record Options(Duration syncInterval, Duration snapshotInterval, Duration retention,
			Duration retentionCheckInterval, @Nullable Duration validationInterval) {

		/** 1 s, 24 h, 24 h, 1 h, never. */
		public static final Options DEFAULTS = new Options(Duration.ofSeconds(1), Duration.ofHours(24),
				Duration.ofHours(24), Duration.ofHours(1), null);

		public Options {
			requirePositive("sync-interval", syncInterval);
			requirePositive("snapshot-interval", snapshotInterval);
			if (retention.isNegative()) {
				throw new IllegalArgumentException(
						"retention is %s: zero, which keeps everything, or more than zero is expected"
							.formatted(Durations.describe(retention)));
			}
			requirePositive("retention-check-interval", retentionCheckInterval);
			if (validationInterval != null) {
				requirePositive("validation-interval", validationInterval);
			}
		}

		private static void requirePositive(String name, Duration value) {
			if (value.isZero() || value.isNegative()) {
				throw new IllegalArgumentException(
						"%s is %s: more than zero is expected".formatted(name, Durations.describe(value)));
			}
		}

	}

}
