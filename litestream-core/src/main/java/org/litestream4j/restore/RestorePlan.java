package org.litestream4j.restore;

import java.time.Instant;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;

/**
 * Which objects make a state: a snapshot, and the segments to apply to it, in order.
 * Object names do not say where a segment ends, so whether the last one reaches
 * {@code endOffset}, and whether one is missing between two of one index, is known only
 * once they are read.
 *
 * @param snapshot where to begin
 * @param segments what to apply, by ascending index and offset; may be empty
 * @param endOffset where in the last index to stop, or null for the end of the last
 * segment
 * @param note something a user should know about the choice, or null
 */
public record RestorePlan(Snapshot snapshot, List<WalSegment> segments, @Nullable Long endOffset,
		@Nullable String note) {

	public RestorePlan {
		segments = List.copyOf(segments);
	}

	public Generation generation() {
		return this.snapshot.generation();
	}

	/** When the newest object used was stored. */
	public Instant createdAt() {
		return this.segments.stream()
			.map(WalSegment::createdAt)
			.reduce(this.snapshot.createdAt(), (a, b) -> a.isAfter(b) ? a : b);
	}

	/** Where the last segment begins; for a snapshot alone the start of its index. */
	public WalPosition lastStart() {
		return this.segments.isEmpty() ? new WalPosition(generation(), this.snapshot.index(), 0)
				: this.segments.get(this.segments.size() - 1).start();
	}

	/** Bytes to fetch. */
	public long storedBytes() {
		return this.snapshot.size() + this.segments.stream().mapToLong(WalSegment::size).sum();
	}

}
