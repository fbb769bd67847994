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

	public WalSegment {
		new WalPosition(generation, index, offset); // refuses what is out of range
	}

	/** Where the segment begins. */
	public WalPosition start() {
		return new WalPosition(this.generation, this.index, this.offset);
	}

	/** The object's name below the replica's path. */
	public String objectName() {
		return ReplicaLayout.segmentName(start());
	}

}
