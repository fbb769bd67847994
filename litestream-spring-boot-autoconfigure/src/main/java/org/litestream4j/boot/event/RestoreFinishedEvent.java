package org.litestream4j.boot.event;

import java.time.Duration;

/**
 * A restore ended, well or not.
 *
 * @param database the name of the {@code DataSource} bean
 * @param replica the replica it came from
 * @param success whether there is a restored database
 * @param bytes the restored database's size; 0 if it failed
 * @param duration how long it took
 */
public record RestoreFinishedEvent(String database, String replica, boolean success, long bytes, Duration duration) {
}
