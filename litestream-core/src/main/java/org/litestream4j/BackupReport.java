package org.litestream4j;

import java.nio.file.Path;
import java.time.Duration;

/**
 * What a backup made.
 *
 * @param outputPath the file
 * @param bytes its size
 * @param sha256 of it, 64 hexadecimal digits
 * @param duration how long it took
 */
public record BackupReport(Path outputPath, long bytes, String sha256, Duration duration) {
}
