package org.litestream4j.format.v03;

import java.time.Instant;

/**
 * A backup at a replica's place that another program keeps there, in a format that cannot
 * be read.
 *
 * @param format completes the sentence "holds a backup in …"
 * @param newest the name of its newest object, below the replica's path
 * @param storedAt when that was stored, by the store's clock
 */
public record ForeignBackup(String format, String newest, Instant storedAt) {

	/** The one of two that goes on for longer. */
	public static ForeignBackup newer(ForeignBackup one, ForeignBackup other) {
		return other.storedAt().isAfter(one.storedAt()) ? other : one;
	}

}
