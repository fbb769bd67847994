package org.litestream4j.boot.event;

import org.litestream4j.format.WalPosition;

/**
 * A replica is this application's to write, and nobody else's any more: at the start, or
 * again after it was lost.
 *
 * @param database the name of the database
 * @param replica the replica's name
 * @param position where the replica goes on, or begins
 * @param epoch counts its owners
 */
public record ReplicaTakenOverEvent(String database, String replica, WalPosition position, long epoch) {
}
