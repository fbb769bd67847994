package org.litestream4j.boot.event;

/**
 * Somebody waits until this application hands a replica over, as the next instance of a
 * rolling deploy does. A clean stop hands it over.
 *
 * @param database the name of the database
 * @param replica the replica's name
 * @param by who, for example {@code host:pid}
 */
public record ReplicaWantedEvent(String database, String replica, String by) {
}
