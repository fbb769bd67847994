package org.litestream4j.live;

import java.time.Instant;

import org.litestream4j.format.WalPosition;

/**
 * Frames of one index of the shadow WAL that are shipped together.
 *
 * @param start where they begin
 * @param end where they end in the same index, after a commit frame
 * @param committedAt by when the newest commit among them had been made, by the time of
 * day; never before it was
 */
public record ShadowFrames(WalPosition start, long end, Instant committedAt) {
}
