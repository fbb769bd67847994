package org.litestream4j;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.ReplicaPosition;

/**
 * What comparing the live database with one replica found.
 *
 * @param replica the replica's name
 * @param valid whether the restored bytes are those of the database
 * @param position at which both were compared; null if it did not come to that
 * @param databaseChecksum SHA-256 of the database at that position, hexadecimal; null if
 * it did not come to that
 * @param replicaChecksum SHA-256 of the restored database, hexadecimal; null if nothing
 * could be restored
 * @param duration how long it took
 * @param firstDifferentPage from 1, or null if there is none
 * @param error why nothing could be restored from the replica, one sentence; null if
 * something was
 */
public record ValidationReport(String replica, boolean valid, @Nullable ReplicaPosition position,
		@Nullable String databaseChecksum, @Nullable String replicaChecksum, Duration duration,
		@Nullable Long firstDifferentPage, @Nullable String error) {
}
