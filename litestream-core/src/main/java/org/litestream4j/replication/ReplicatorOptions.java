package org.litestream4j.replication;

import java.time.Duration;

/**
 * How one replica is fed. Durations longer than a hundred years are taken for that, as
 * neither dates nor nanoseconds hold them.
 *
 * @param database names the database in logs and events
 * @param name names the replica
 * @param syncInterval least time between two segments
 * @param snapshotInterval between two snapshots
 * @param retention how far back every state stays restorable; zero to keep everything
 * @param retentionCheckInterval how often old objects are looked for
 */
public record ReplicatorOptions(String database, String name, Duration syncInterval, Duration snapshotInterval,
		Duration retention, Duration retentionCheckInterval) {

	/** For ever. */
	static final Duration LONGEST = Duration.ofDays(36_500);

	public ReplicatorOptions {
		syncInterval = shorten(syncInterval);
		snapshotInterval = shorten(snapshotInterval);
		retention = shorten(retention);
		retentionCheckInterval = shorten(retentionCheckInterval);
	}

	/** A duration that can be counted with. */
	static Duration shorten(Duration duration) {
		return (duration.compareTo(LONGEST) > 0) ? LONGEST : duration;
	}

}
