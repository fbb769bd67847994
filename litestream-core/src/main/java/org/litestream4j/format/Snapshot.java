package org.litestream4j.format;

import java.time.Instant;

/**
 * A stored snapshot: the whole database file, on which the WAL of the same index is
 * applied first.
 *
 * @param generation the generation
 * @param index the WAL index that restores on top of it
 * @param size bytes as stored, that is compressed
 * @param createdAt when it was stored
 */
public record Snapshot(Generation generation, int index, long size, Instant createdAt) {

	/**
	 * Creates a snapshot.
	 * @param generation the generation
	 * @param index the WAL index that restores on top of it
	 * @param size bytes as stored, that is compressed
	 * @param createdAt when it was stored
	 * @throws IllegalArgumentException if the index is negative
	 */
	public Snapshot {
		if (index < 0) {
			throw new IllegalArgumentException("snapshot index %d: 0 or more is expected".formatted(index));
		}
	}

}
