package org.litestream4j.restore;

import java.time.Duration;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.WalPosition;

/**
 * What a restore made.
 *
 * @param position the end of the last segment; for a snapshot alone the start of its
 * index
 * @param createdAt when the newest object used was stored
 * @param bytes size of the file
 * @param sha256 of the file, 64 hexadecimal digits, or null if it was not asked for
 * @param duration how long it took
 * @param segments how many were applied
 */
public record RestoredFile(WalPosition position, Instant createdAt, long bytes, @Nullable String sha256,
		Duration duration, int segments) {
}
