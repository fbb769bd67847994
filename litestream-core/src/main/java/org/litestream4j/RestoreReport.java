package org.litestream4j;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.WalPosition;

/**
 * What was restored, or for a dry run would be.
 *
 * @param outputPath the file
 * @param replica where it came from
 * @param position the end of the last segment; known exactly only after a restore, for a
 * dry run the start of the last segment
 * @param createdAt when the newest object used was stored
 * @param bytes size of the restored file, or null for a dry run
 * @param sha256 of the restored file, 64 hexadecimal digits, or null for a dry run and if
 * it was not asked for
 * @param duration how long it took
 * @param segments how many WAL segments were applied
 */
public record RestoreReport(Path outputPath, String replica, WalPosition position, Instant createdAt,
		@Nullable Long bytes, @Nullable String sha256, Duration duration, int segments) {
}
