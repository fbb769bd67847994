package org.litestream4j;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.ReplicaPosition;

/**
 * What was restored.
 *
 * @param outputPath the file
 * @param replica where it came from
 * @param position where the state ends: a {@link org.litestream4j.format.WalPosition
 * WalPosition}, which is the end of the last segment, and for a snapshot alone the end of
 * what it holds of its index, as far as that is known, else the start of that; of an LTX
 * replica a {@link org.litestream4j.format.TransactionId TransactionId}
 * @param createdAt when the newest object used was stored
 * @param bytes size of the restored file
 * @param sha256 of the restored file, 64 hexadecimal digits, or null if it was not asked
 * for
 * @param duration how long it took
 * @param segments how many WAL segments were applied to the snapshot, or LTX files to the
 * first one
 */
public record RestoreReport(Path outputPath, String replica, ReplicaPosition position, Instant createdAt, long bytes,
		@Nullable String sha256, Duration duration, int segments) {
}
