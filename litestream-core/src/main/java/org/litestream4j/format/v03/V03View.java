package org.litestream4j.format.v03;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Generation;
import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.history.HistoryPoint;
import org.litestream4j.history.HistoryView;
import org.litestream4j.history.PointReader;
import org.litestream4j.restore.RestoreReading;
import org.litestream4j.sqlite.WalHeader;

/**
 * The restore points of listed generations: the end of each segment that some snapshot
 * leads to without a gap, as far as names and times say. One that only keeps other
 * writers out is among them, as only a look at it tells. Not thread-safe.
 */
final class V03View implements HistoryView {

	private final V03Replica client;

	private final List<GenerationListing> listings;

	private final List<V03Point> points = new ArrayList<>();

	/** A header of any WAL of each generation, once it was needed. */
	private final Map<Generation, WalHeader> layouts = new HashMap<>();

	private int unreachable;

	@Nullable private WalSegment firstUnreachable;

	/**
	 * Finds them.
	 * @param listings the oldest generation first, with the times of storing
	 */
	V03View(V03Replica client, List<GenerationListing> listings) {
		this.client = client;
		this.listings = listings;
		listings.forEach(this::addPoints);
	}

	private void addPoints(GenerationListing listing) {
		int before = this.points.size();
		List<WalSegment> segments = listing.segments();
		int runStart = Integer.MAX_VALUE; // the first index of which all that follows is
											// there
		for (int i = 0; i < segments.size(); i++) {
			WalSegment segment = segments.get(i);
			WalSegment previous = (i > 0) ? segments.get(i - 1) : null;
			boolean follows = previous != null && (segment.index() == previous.index()
					|| (segment.index() == previous.index() + 1 && segment.offset() == 0));
			if (!follows) {
				runStart = (segment.offset() == 0) ? segment.index() : Integer.MAX_VALUE;
			}
			WalSegment next = (i + 1 < segments.size()) ? segments.get(i + 1) : null;
			Optional<Snapshot> base = base(listing, segment, next, runStart);
			if (base.isPresent()) {
				Instant restorableFrom = (base.get().index() == segment.index()) ? base.get().createdAt() : null;
				this.points.add(V03Point.of(segment, i, next, restorableFrom));
			}
			else if (this.points.size() > before) {
				// what lies before the first snapshot was never a restore point
				this.unreachable++;
				this.firstUnreachable = (this.firstUnreachable != null) ? this.firstUnreachable : segment;
			}
		}
		List<Snapshot> snapshots = listing.snapshots();
		if (this.points.size() == before && !snapshots.isEmpty()) {
			this.points.add(V03Point.of(snapshots.get(snapshots.size() - 1)));
		}
	}

	/**
	 * The first snapshot that leads to the end of a segment. One of the same index holds
	 * what was stored before it, so that only what comes after that is a state of its
	 * own.
	 */
	private static Optional<Snapshot> base(GenerationListing listing, WalSegment segment, @Nullable WalSegment next,
			int runStart) {
		return listing.snapshots()
			.stream()
			.filter((snapshot) -> snapshot.index() >= runStart && snapshot.index() <= segment.index())
			.filter((snapshot) -> snapshot.index() < segment.index() || next == null || next.index() > segment.index()
					|| next.createdAt().isAfter(snapshot.createdAt()))
			.findFirst();
	}

	@Override
	public List<V03Point> points() {
		return this.points;
	}

	@Override
	public int newestAt(Instant time) throws IOException {
		List<GenerationListing> asOf = new CommitTimes(this.client).correct(this.listings, RestoreTarget.asOf(time));
		Map<Generation, GenerationListing> byGeneration = new HashMap<>();
		asOf.forEach((listing) -> byGeneration.put(listing.generation(), listing));
		for (int i = this.points.size() - 1; i >= 0; i--) {
			V03Point point = this.points.get(i);
			GenerationListing listing = Objects.requireNonNull(byGeneration.get(point.start().generation()));
			Instant committedAt = point.isChange() ? listing.segments().get(point.place()).createdAt()
					: listing.snapshots().get(listing.snapshots().size() - 1).createdAt();
			Instant from = point.restorableFrom();
			if (!committedAt.isAfter(time) && (from == null || !from.isAfter(time))) {
				return i;
			}
		}
		return -1;
	}

	@Override
	public @Nullable String holes() {
		WalSegment first = this.firstUnreachable;
		return (first == null) ? null
				: "%d WAL segments from %s on cannot be restored, as one before them or their snapshot is missing"
					.formatted(this.unreachable, ReplicaLayout.nameOf(first));
	}

	@Override
	public PointReader open(List<? extends HistoryPoint> wanted, @Nullable ReplicaPosition from, RestoreReading reading)
			throws IOException {
		List<WalSegment> segments = wanted.stream().map((point) -> ((V03Point) point).requireSegment()).toList();
		return new V03PointReader(this.client, this.layouts, segments, (WalPosition) from, reading);
	}

}
