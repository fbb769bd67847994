package org.litestream4j.format.v03;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.restore.PlanOutcome.Gap;
import org.litestream4j.restore.PlanOutcome.NoBackup;
import org.litestream4j.restore.PlanOutcome.NoSuchState;
import org.litestream4j.restore.PlanOutcome.Planned;
import org.litestream4j.restore.PlanOutcome;

/**
 * Decides which objects make the wanted state. Pure: looks at listings only, and trusts
 * no order in them.
 */
final class RestorePlanner {

	/**
	 * How much of a generation is passed over that never got its first snapshot. It was
	 * never reported as safe, and nothing of it can ever be restored; but what went on
	 * for longer is worth a human's look.
	 */
	static final Duration YOUNG = Duration.ofHours(1);

	private RestorePlanner() {
	}

	/**
	 * Plans.
	 * @param listings of all generations, or, if the target names one, of that one
	 * @param target which state
	 */
	static PlanOutcome plan(List<GenerationListing> listings, RestoreTarget target) {
		List<GenerationListing> candidates = listings.stream()
			.filter((listing) -> !listing.isEmpty())
			.filter((listing) -> target.generation() == null || target.generation().equals(listing.generation()))
			.sorted(Comparator
				.comparing((GenerationListing listing) -> newestFitting(listing, target),
						Comparator.nullsFirst(Comparator.naturalOrder()))
				.reversed())
			.toList();
		if (candidates.isEmpty()) {
			return (target.generation() == null) ? new NoBackup()
					: new NoSuchState("The replica holds nothing of generation %s".formatted(target.generation()));
		}
		List<GenerationListing> passedOver = new ArrayList<>();
		for (GenerationListing listing : candidates) {
			Optional<Snapshot> snapshot = newestUsable(listing, target);
			if (snapshot.isPresent()) {
				return plan(listings, listing, snapshot.get(), target, note(passedOver, listing, target));
			}
			if (candidates.size() > 1 && newestFitting(listing, target) != null && !neverBegan(listing, target)) {
				return noWayIn(listings, listing, target);
			}
			passedOver.add(listing);
		}
		return new NoSuchState(noSnapshot(candidates, target));
	}

	private static @Nullable Instant newestFitting(GenerationListing listing, RestoreTarget target) {
		return listing.times().filter((time) -> fits(time, target)).max(Comparator.naturalOrder()).orElse(null);
	}

	/**
	 * Whether a generation had not got its first snapshot, as of the wanted time, when
	 * its writer ended or another generation took its place. One whose beginning is gone
	 * had a snapshot once, as only a snapshot makes the beginning superfluous.
	 */
	private static boolean neverBegan(GenerationListing listing, RestoreTarget target) {
		if (!listing.holdsBeginning()
				|| listing.snapshots().stream().anyMatch((snapshot) -> fits(snapshot.createdAt(), target))) {
			return false;
		}
		Instant last = newestFitting(listing, target);
		return last != null && !last.isAfter(begin(listing).plus(YOUNG));
	}

	private static Instant begin(GenerationListing listing) {
		return listing.times().min(Comparator.naturalOrder()).orElseThrow();
	}

	/** An older generation is an older state, which nobody gets without asking for it. */
	private static PlanOutcome noWayIn(List<GenerationListing> all, GenerationListing newest, RestoreTarget target) {
		WalPosition start = new WalPosition(newest.generation(), 0, 0);
		String rest = RestorablePoint.describe(all, newest, start);
		if (newest.snapshots().isEmpty()) {
			return new Gap("Generation %s, the newest, has no snapshot to apply its WAL to: %s"
				.formatted(newest.generation(), rest), newest.newestStart(),
					Objects.requireNonNull(newestFitting(newest, target)));
		}
		return new NoSuchState("Generation %s, the newest as of %s, has no snapshot that old, only WAL: %s"
			.formatted(newest.generation(), target.timestamp(), rest));
	}

	private static boolean fits(Instant time, RestoreTarget target) {
		return target.timestamp() == null || !time.isAfter(target.timestamp());
	}

	private static Optional<Snapshot> newestUsable(GenerationListing listing, RestoreTarget target) {
		return listing.snapshots()
			.stream()
			.filter((snapshot) -> fits(snapshot.createdAt(), target))
			.filter((snapshot) -> target.index() == null || snapshot.index() <= target.index())
			.filter((snapshot) -> !mayBeNewerThanOffset(listing, snapshot, target))
			.max(Comparator.comparingInt(Snapshot::index));
	}

	/**
	 * Whether a snapshot may hold more of its own index than is wanted. What it holds was
	 * stored in segments before it, so if those after the wanted offset were all stored
	 * after it, it does not. A fence adds nothing, whenever it was stored.
	 */
	private static boolean mayBeNewerThanOffset(GenerationListing listing, Snapshot snapshot, RestoreTarget target) {
		Long offset = target.offset();
		if (offset == null || !Objects.equals(snapshot.index(), target.index())) {
			return false;
		}
		return listing.segments()
			.stream()
			.filter((segment) -> segment.index() == snapshot.index() && segment.offset() >= offset)
			.filter((segment) -> !SegmentContent.isFence(segment))
			.anyMatch((segment) -> !segment.createdAt().isAfter(snapshot.createdAt()));
	}

	private static PlanOutcome plan(List<GenerationListing> all, GenerationListing listing, Snapshot snapshot,
			RestoreTarget target, @Nullable String note) {
		if (target.index() != null && lastIndex(target.index(), target) > listing.lastIndex()) {
			return new NoSuchState("Index %d is not in generation %s: its newest is %d".formatted(target.index(),
					listing.generation(), listing.lastIndex()));
		}
		List<WalSegment> chain = new ArrayList<>();
		for (WalSegment segment : listing.from(snapshot)) {
			if (!isWanted(segment, target)) {
				break;
			}
			chain.add(segment);
		}
		Optional<WalPosition> gap = GenerationListing.findGap(snapshot, chain)
			.or(() -> missingEnd(snapshot, chain, target));
		if (gap.isPresent()) {
			Instant newest = newestFitting(listing, target);
			WalPosition last = chain.isEmpty() ? new WalPosition(snapshot.generation(), snapshot.index(), 0)
					: chain.get(chain.size() - 1).start();
			return new Gap(missing(gap.get(), RestorablePoint.describe(all, listing, gap.get())), last,
					(newest != null) ? newest : snapshot.createdAt());
		}
		// 0 means nothing of that index
		Long endOffset = Objects.equals(target.offset(), 0L) ? null : target.offset();
		return new Planned(new V03Plan(snapshot, chain, endOffset, note));
	}

	/**
	 * The last index of which something is wanted: where one begins the one before ends.
	 */
	private static int lastIndex(int index, RestoreTarget target) {
		return Objects.equals(target.offset(), 0L) ? index - 1 : index;
	}

	/** Where the chain stops short of the index that is wanted. */
	private static Optional<WalPosition> missingEnd(Snapshot snapshot, List<WalSegment> chain, RestoreTarget target) {
		if (target.index() == null) {
			return Optional.empty();
		}
		int wanted = lastIndex(target.index(), target);
		int last = chain.isEmpty() ? snapshot.index() : chain.get(chain.size() - 1).index();
		return (last < wanted) ? Optional.of(new WalPosition(snapshot.generation(), last + 1, 0)) : Optional.empty();
	}

	/** Never skips a segment: the state as of a time ends before the first later one. */
	private static boolean isWanted(WalSegment segment, RestoreTarget target) {
		Integer index = target.index();
		Long offset = target.offset();
		if (index != null && segment.index() > index) {
			return false;
		}
		if (index != null && offset != null && segment.index() == index && segment.offset() >= offset) {
			return false;
		}
		return fits(segment.createdAt(), target);
	}

	/** The sentence on a segment that should be there. */
	static String missing(WalPosition start, String rest) {
		return "The WAL segment %s is missing from the replica: %s".formatted(ReplicaLayout.segmentName(start), rest);
	}

	private static @Nullable String note(List<GenerationListing> passedOver, GenerationListing chosen,
			RestoreTarget target) {
		if (passedOver.isEmpty()) {
			return null;
		}
		String names = passedOver.stream()
			.map((listing) -> listing.generation().toString())
			.collect(Collectors.joining(", "));
		if (target.timestamp() != null) {
			return "Generation %s has no snapshot as of %s: the older generation %s is restored".formatted(names,
					target.timestamp(), chosen.generation());
		}
		Instant from = passedOver.stream().map(RestorePlanner::begin).min(Comparator.naturalOrder()).orElseThrow();
		Instant to = passedOver.stream().flatMap(GenerationListing::times).max(Comparator.naturalOrder()).orElseThrow();
		return "Generation %s ended before it had its first snapshot, so its commits, stored from %s to %s, are lost: the older generation %s is restored"
			.formatted(names, from, to, chosen.generation());
	}

	private static String noSnapshot(List<GenerationListing> candidates, RestoreTarget target) {
		List<Snapshot> snapshots = candidates.stream().flatMap((listing) -> listing.snapshots().stream()).toList();
		if (snapshots.isEmpty()) {
			return ("The replica holds WAL of generation %s, but no snapshot to apply it to, so nothing of it can be"
					+ " restored; delete that generation if it is not needed")
				.formatted(candidates.get(0).generation());
		}
		if (target.timestamp() != null) {
			Instant first = snapshots.stream().map(Snapshot::createdAt).min(Comparator.naturalOrder()).orElseThrow();
			Instant last = candidates.stream()
				.flatMap(GenerationListing::times)
				.max(Comparator.naturalOrder())
				.orElseThrow();
			return "There is no state as of %s: the backup reaches from %s to %s".formatted(target.timestamp(), first,
					last);
		}
		int first = snapshots.stream().mapToInt(Snapshot::index).min().orElseThrow();
		if (target.offset() != null && target.index() != null && first <= target.index()) {
			return "Index %d, offset %d of generation %s cannot be restored: its snapshots may be newer"
				.formatted(target.index(), target.offset(), target.generation());
		}
		return "Index %d of generation %s cannot be restored: its first snapshot is of index %d, its newest index is %d"
			.formatted(target.index(), target.generation(), first, candidates.get(0).lastIndex());
	}

}
