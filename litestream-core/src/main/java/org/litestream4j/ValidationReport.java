package org.litestream4j;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.WalPosition;

/**
 * What comparing the live database with one replica found.
 *
 * @param replica the replica's name
 * @param valid whether the restored bytes are those of the database
 * @param position at which both were compared
 * @param databaseChecksum SHA-256 of the database at that position, hexadecimal
 * @param replicaChecksum SHA-256 of the restored database, hexadecimal
 * @param duration how long it took
 * @param firstDifferentPage from 1, or null if there is none
 */
public record ValidationReport(String replica, boolean valid, WalPosition position, String databaseChecksum,
		String replicaChecksum, Duration duration, @Nullable Long firstDifferentPage) {
}
