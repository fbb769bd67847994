package org.litestream4j.boot.event;

/**
 * A replica that worked has failed. Nothing is lost: what it lacks is kept and shipped
 * when it works again.
 *
 * @param database the name of the {@code DataSource} bean
 * @param replica the replica's name
 * @param failure what happened
 */
public record ReplicaFailingEvent(String database, String replica, Throwable failure) {
}
