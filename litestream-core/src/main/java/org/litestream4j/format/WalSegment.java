package org.litestream4j.format;

import java.time.Instant;

/**
 * A stored piece of one WAL, from a frame boundary to the end of a commit frame.
 *
 * @param generation the generation
 * @param index which WAL of the generation
 * @param offset where the piece begins in that WAL, in bytes, uncompressed
 * @param size bytes as stored, that is compressed
 * @param createdAt when it was stored
 */
public record WalSegment(Generation generation, int index, long offset, long size, Instant createdAt) {

	/**
	 * Creates a segment.
	 * @param generation the generation
	 * @param index which WAL of the generation
	 * @param offset where the piece begins in that WAL, in bytes, uncompressed
	 * @param size bytes as stored, that is compressed
	 * @param createdAt when it was stored
	 * @throws IllegalArgumentException if index or offset is out of range
	 */
	public WalSegment {
		new WalPosition(generation, index, offset); // refuses what is out of range
	}

	/**
	 * {@return where the segment begins}
	 */
	public WalPosition start() {
		return new WalPosition(this.generation, this.index, this.offset);
	}

}
