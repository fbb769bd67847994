package org.litestream4j.format.v03;

import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalSegment;

/**
 * What may be deleted so that every state since a time stays restorable: everything that
 * only states before the newest snapshot at or before that time need. Nothing younger is
 * deleted, whatever its position. Pure.
 *
 * @param snapshots to delete, oldest first
 * @param segments to delete afterwards, each index from its end
 */
record RetentionPlan(List<Snapshot> snapshots, List<WalSegment> segments) {

	/**
	 * Index by index, each from its end: v0.3.13 refuses a generation in which an index
	 * is left without its beginning.
	 */
	private static final Comparator<WalSegment> BEGINNINGS_LAST = Comparator
		.comparing((WalSegment segment) -> segment.generation().name())
		.thenComparing(WalSegment::index)
		.thenComparing(Comparator.comparing(WalSegment::offset).reversed());

	/**
	 * Plans.
	 * @param current its objects since its own newest old snapshot are always kept
	 * @param snapshots all of the replica
	 * @param segments all of the replica
	 * @param keepSince the beginning of the window
	 */
	static RetentionPlan of(Generation current, List<Snapshot> snapshots, List<WalSegment> segments,
			Instant keepSince) {
		Snapshot base = snapshots.stream()
			.filter((snapshot) -> !snapshot.createdAt().isAfter(keepSince))
			.max(Comparator.comparing(Snapshot::createdAt).thenComparing(Snapshot::index))
			.orElse(null);
		if (base == null) {
			return new RetentionPlan(List.of(), List.of());
		}
		Old old = new Old(base, lastingGenerations(current, base, snapshots, segments));
		Set<Index> begun = segments.stream()
			.filter((segment) -> segment.offset() == 0)
			.map(Index::of)
			.collect(Collectors.toSet());
		Set<Index> young = segments.stream()
			.filter((segment) -> segment.createdAt().isAfter(keepSince))
			.map(Index::of)
			.filter(begun::contains)
			.collect(Collectors.toSet());
		return new RetentionPlan(
				snapshots.stream()
					.filter((snapshot) -> old.includes(snapshot.generation(), snapshot.index())
							&& !snapshot.createdAt().isAfter(keepSince))
					.sorted(Comparator.comparing(Snapshot::createdAt).thenComparing(Snapshot::index))
					.toList(),
				segments.stream()
					.filter((segment) -> old.includes(segment.generation(), segment.index())
							&& !young.contains(Index.of(segment)))
					.sorted(BEGINNINGS_LAST)
					.toList());
	}

	/**
	 * Deleted as a whole. A fence can be much younger than the rest of its index, and
	 * even than a snapshot of the next one, if nothing was committed before the takeover.
	 * What has no beginning any more is of no use to anybody, however young: a run that
	 * slept until its fence was deleted stored it before it looked.
	 */
	private record Index(Generation generation, int index) {

		static Index of(WalSegment segment) {
			return new Index(segment.generation(), segment.index());
		}

	}

	/** What is before the snapshot that the window begins with. */
	private record Old(Snapshot base, Set<Generation> lasting) {

		boolean includes(Generation generation, int index) {
			return generation.equals(this.base.generation()) ? index < this.base.index()
					: !this.lasting.contains(generation);
		}

	}

	/**
	 * The current generation, and those that went on after the window's first snapshot.
	 */
	private static Set<Generation> lastingGenerations(Generation current, Snapshot base, List<Snapshot> snapshots,
			List<WalSegment> segments) {
		Set<Generation> lasting = new HashSet<>();
		lasting.add(current);
		snapshots.stream()
			.filter((snapshot) -> !snapshot.createdAt().isBefore(base.createdAt()))
			.forEach((snapshot) -> lasting.add(snapshot.generation()));
		segments.stream()
			.filter((segment) -> !segment.createdAt().isBefore(base.createdAt()))
			.forEach((segment) -> lasting.add(segment.generation()));
		return lasting;
	}

	boolean isEmpty() {
		return this.snapshots.isEmpty() && this.segments.isEmpty();
	}

}
