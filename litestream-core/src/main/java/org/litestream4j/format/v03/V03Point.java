package org.litestream4j.format.v03;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.history.HistoryPoint;

/**
 * The end of a segment, or a snapshot that no segment leads to.
 *
 * @param segment the segment; null for a snapshot
 * @param snapshot the snapshot; null for a segment
 * @param place which of its generation's segments it is
 * @param end where the segment ends, as the name of the next one says; null for the last
 * one of an index
 * @param restorableFrom when the only snapshot was stored that leads there, and holds
 * what the segment has; null if there is another one
 */
record V03Point(@Nullable WalSegment segment, @Nullable Snapshot snapshot, int place, @Nullable WalPosition end,
		@Nullable Instant restorableFrom) implements HistoryPoint {

	static V03Point of(WalSegment segment, int place, @Nullable WalSegment next, @Nullable Instant restorableFrom) {
		boolean known = next != null && next.index() == segment.index() && next.offset() > segment.offset();
		return new V03Point(segment, null, place, (next != null && known) ? next.start() : null, restorableFrom);
	}

	static V03Point of(Snapshot snapshot) {
		return new V03Point(null, snapshot, -1, null, null);
	}

	@Override
	public String line() {
		return start().generation().name();
	}

	@Override
	public WalPosition start() {
		if (this.segment != null) {
			return this.segment.start();
		}
		Snapshot alone = requireSnapshot();
		return new WalPosition(alone.generation(), alone.index(), 0);
	}

	private Snapshot requireSnapshot() {
		if (this.snapshot == null) {
			throw new IllegalStateException("a point without an object");
		}
		return this.snapshot;
	}

	WalSegment requireSegment() {
		if (this.segment == null) {
			throw new IllegalStateException("a snapshot is no change");
		}
		return this.segment;
	}

	@Override
	public Instant storedAt() {
		return (this.segment != null) ? this.segment.createdAt() : requireSnapshot().createdAt();
	}

	@Override
	public long storedBytes() {
		return (this.segment != null) ? this.segment.size() : requireSnapshot().size();
	}

	@Override
	public boolean isChange() {
		return this.segment != null;
	}

	@Override
	public RestoreTarget target() {
		WalPosition known = this.end;
		return (known != null) ? RestoreTarget.at(known) : RestoreTarget.of(start().generation(), start().index());
	}

}
