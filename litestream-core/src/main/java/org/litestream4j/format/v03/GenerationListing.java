package org.litestream4j.format.v03;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;

/**
 * What a replica holds of one generation.
 *
 * @param generation the generation
 * @param snapshots in any order; kept by ascending index
 * @param segments in any order; kept by ascending index and offset
 */
record GenerationListing(Generation generation, List<Snapshot> snapshots, List<WalSegment> segments) {

	GenerationListing {
		snapshots = snapshots.stream().sorted(Comparator.comparingInt(Snapshot::index)).toList();
		segments = segments.stream()
			.sorted(Comparator.comparingInt(WalSegment::index).thenComparingLong(WalSegment::offset))
			.toList();
	}

	boolean isEmpty() {
		return this.snapshots.isEmpty() && this.segments.isEmpty();
	}

	GenerationListing without(Predicate<Snapshot> unusable) {
		return new GenerationListing(this.generation, this.snapshots.stream().filter(unusable.negate()).toList(),
				this.segments);
	}

	/**
	 * Whether the clock that dates objects was set back, or their times were lost: times
	 * then do not say what was stored before a snapshot.
	 */
	boolean isOutOfTime(Snapshot snapshot) {
		Instant last = Instant.MIN;
		for (WalSegment segment : this.segments) {
			boolean older = segment.index() < snapshot.index();
			if (segment.createdAt().isBefore(last) || (older && segment.createdAt().isAfter(snapshot.createdAt()))) {
				return true;
			}
			last = segment.createdAt();
		}
		return false;
	}

	/** Whether the first WAL of the generation is there, from its beginning. */
	boolean holdsBeginning() {
		return !this.segments.isEmpty() && this.segments.get(0).index() == 0 && this.segments.get(0).offset() == 0;
	}

	/** Where the newest object begins, by position: time does not count. */
	WalPosition newestStart() {
		int index = Math.max(0, lastIndex());
		WalSegment last = this.segments.isEmpty() ? null : this.segments.get(this.segments.size() - 1);
		return (last != null && last.index() == index) ? last.start() : new WalPosition(this.generation, index, 0);
	}

	/** When the newest object was stored; there must be one. */
	Instant storedAt() {
		return times().max(Comparator.naturalOrder()).orElseThrow();
	}

	/** When each object was stored. */
	Stream<Instant> times() {
		return Stream.concat(this.snapshots.stream().map(Snapshot::createdAt),
				this.segments.stream().map(WalSegment::createdAt));
	}

	/** The last index of which there is anything; -1 if there is nothing. */
	int lastIndex() {
		int segment = this.segments.isEmpty() ? -1 : this.segments.get(this.segments.size() - 1).index();
		int snapshot = this.snapshots.isEmpty() ? -1 : this.snapshots.get(this.snapshots.size() - 1).index();
		return Math.max(segment, snapshot);
	}

	/** The segments from a snapshot on. */
	List<WalSegment> from(Snapshot snapshot) {
		return this.segments.stream().filter((segment) -> segment.index() >= snapshot.index()).toList();
	}

	/**
	 * Where the first segment is missing, as far as names say: every index begins at
	 * offset 0, and none is left out.
	 * @param snapshot where the chain begins
	 * @param chain segments in order
	 */
	static Optional<WalPosition> findGap(Snapshot snapshot, List<WalSegment> chain) {
		int index = snapshot.index() - 1;
		for (WalSegment segment : chain) {
			if (segment.index() == index) {
				continue;
			}
			if (segment.index() != index + 1 || segment.offset() != 0) {
				return Optional.of(new WalPosition(snapshot.generation(), index + 1, 0));
			}
			index++;
		}
		return Optional.empty();
	}

	/**
	 * The newest state that needs no object at or after a position.
	 * <p>
	 * A snapshot already holds the beginning of its own index, up to an offset that is
	 * not recorded, and is no use without all segments up to there. They were stored
	 * before it: so a segment that was stored after it proves that they are all there.
	 */
	Optional<RestorablePoint> newestBefore(WalPosition limit) {
		for (int i = this.snapshots.size() - 1; i >= 0; i--) {
			Snapshot snapshot = this.snapshots.get(i);
			if (snapshot.index() > limit.index()) {
				continue;
			}
			List<WalSegment> chain = new ArrayList<>(from(snapshot));
			chain.removeIf((segment) -> !limit.isAfter(segment.start()));
			findGap(snapshot, chain).ifPresent((gap) -> chain.removeIf((segment) -> !gap.isAfter(segment.start())));
			if (chain.isEmpty()) {
				if (holdsNothingOf(snapshot, limit)) {
					return Optional.of(new RestorablePoint(this.generation, snapshot.index(), snapshot.createdAt()));
				}
				continue;
			}
			WalSegment last = chain.get(chain.size() - 1);
			if (last.index() > snapshot.index() || limit.index() > snapshot.index()
					|| last.createdAt().isAfter(snapshot.createdAt())) {
				return Optional.of(new RestorablePoint(this.generation, last.index(), last.createdAt()));
			}
		}
		return Optional.empty();
	}

	/** The newest state, as far as names say. */
	Optional<RestorablePoint> newest() {
		return newestBefore(new WalPosition(this.generation, Integer.MAX_VALUE, WalPosition.MAX_OFFSET));
	}

	/**
	 * Whether a snapshot was stored before the first segment of its index, which is
	 * there.
	 */
	private boolean holdsNothingOf(Snapshot snapshot, WalPosition start) {
		return start.index() == snapshot.index() && this.segments.stream()
			.anyMatch((segment) -> segment.start().equals(start) && segment.offset() == 0
					&& segment.createdAt().isAfter(snapshot.createdAt()));
	}

}
