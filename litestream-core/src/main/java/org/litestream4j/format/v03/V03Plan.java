package org.litestream4j.format.v03;

import java.time.Instant;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.restore.RestorePlan;

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
record V03Plan(Snapshot snapshot, List<WalSegment> segments, @Nullable Long endOffset,
		@Nullable String note) implements RestorePlan {

	V03Plan {
		segments = List.copyOf(segments);
	}

	Generation generation() {
		return this.snapshot.generation();
	}

	@Override
	public Instant createdAt() {
		return this.segments.stream()
			.map(WalSegment::createdAt)
			.reduce(this.snapshot.createdAt(), (a, b) -> a.isAfter(b) ? a : b);
	}

	/** Where the last segment begins; for a snapshot alone the start of its index. */
	@Override
	public WalPosition lastStart() {
		return this.segments.isEmpty() ? new WalPosition(generation(), this.snapshot.index(), 0)
				: this.segments.get(this.segments.size() - 1).start();
	}

	@Override
	public RestoreTarget within(RestoreTarget target) {
		return target.within(generation());
	}

	@Override
	public long storedBytes() {
		return this.snapshot.size() + this.segments.stream().mapToLong(WalSegment::size).sum();
	}

	@Override
	public long snapshotBytes() {
		return this.snapshot.size();
	}

	@Override
	public int applied() {
		return this.segments.size();
	}

	@Override
	public String describe() {
		return "snapshot %s and %d WAL segments".formatted(ReplicaLayout.nameOf(this.snapshot), this.segments.size());
	}

}
