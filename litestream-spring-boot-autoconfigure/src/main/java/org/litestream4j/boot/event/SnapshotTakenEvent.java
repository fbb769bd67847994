package org.litestream4j.boot.event;

import java.time.Duration;

import org.litestream4j.format.Snapshot;

/**
 * A snapshot was written to a replica.
 *
 * @param database the name of the {@code DataSource} bean
 * @param replica the replica's name
 * @param snapshot as stored
 * @param duration how long it took
 */
public record SnapshotTakenEvent(String database, String replica, Snapshot snapshot, Duration duration) {
}
