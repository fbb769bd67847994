package org.litestream4j.replication;

import java.time.Duration;

/**
 * How one replica is fed.
 *
 * @param database names the database in logs and events
 * @param name names the replica
 * @param syncInterval least time between two segments
 * @param snapshotInterval between two snapshots
 * @param retention how far back every state stays restorable
 * @param retentionCheckInterval how often old objects are looked for
 */
public record ReplicatorOptions(String database, String name, Duration syncInterval, Duration snapshotInterval,
		Duration retention, Duration retentionCheckInterval) {
}
