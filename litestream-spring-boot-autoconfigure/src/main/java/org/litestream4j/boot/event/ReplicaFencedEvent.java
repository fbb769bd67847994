package org.litestream4j.boot.event;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.WalPosition;

/**
 * Somebody else has taken a replica over: what this application commits from now on is
 * not in it.
 *
 * @param database the name of the database
 * @param replica the replica's name
 * @param position up to where the replica holds what was committed here; null if that is
 * not known
 * @param detail one sentence: who, since when, and what to do
 */
public record ReplicaFencedEvent(String database, String replica, @Nullable WalPosition position, String detail) {
}
