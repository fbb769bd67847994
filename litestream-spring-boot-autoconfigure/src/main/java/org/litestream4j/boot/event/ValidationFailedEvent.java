package org.litestream4j.boot.event;

/**
 * A validation came to no comparison, as nothing could be restored from the replica.
 *
 * @param database the name of the {@code DataSource} bean
 * @param replica the replica's name
 * @param detail one sentence on why
 */
public record ValidationFailedEvent(String database, String replica, String detail) {
}
