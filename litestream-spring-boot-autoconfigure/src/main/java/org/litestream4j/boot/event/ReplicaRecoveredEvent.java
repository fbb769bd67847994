package org.litestream4j.boot.event;

import java.time.Duration;

/**
 * A replica that failed works again.
 *
 * @param database the name of the {@code DataSource} bean
 * @param replica the replica's name
 * @param after how long it failed
 */
public record ReplicaRecoveredEvent(String database, String replica, Duration after) {
}
