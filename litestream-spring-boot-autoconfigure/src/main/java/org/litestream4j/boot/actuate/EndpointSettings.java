package org.litestream4j.boot.actuate;

import java.nio.file.Path;
import java.time.Duration;

/**
 * What the endpoint may do for one database.
 *
 * @param restoreDirectory below which it may write, absolute and normalized
 * @param maxTimeout the longest time that a request may ask to wait
 */
public record EndpointSettings(Path restoreDirectory, Duration maxTimeout) {
}
