package org.litestream4j.boot.event;

/**
 * A replica's backup differs from the database.
 *
 * @param database the name of the {@code DataSource} bean
 * @param replica the replica's name
 * @param detail one sentence on the difference
 */
public record ValidationMismatchEvent(String database, String replica, String detail) {
}
