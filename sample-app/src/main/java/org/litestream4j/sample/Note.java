package org.litestream4j.sample;

import java.time.Instant;

/**
 * A note.
 *
 * @param id unique, never used again after a deletion, larger for newer notes
 * @param text what was written, never blank
 * @param createdAt when, to the millisecond
 */
record Note(long id, String text, Instant createdAt) {
}
