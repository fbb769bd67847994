package org.litestream4j.format.v03;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalSegment;

/**
 * Corrects the creation times in listings where the time of the commit matters and the
 * store may know it better: in a bucket that was copied, everything is as old as the
 * copy. Asks the store about few objects only, as each costs a request, and about none
 * where nothing depends on it. Not thread-safe.
 */
final class CommitTimes {

	/** Resolution of S3's LastModified. */
	private static final Duration RESOLUTION = Duration.ofSeconds(1);

	private final V03Replica client;

	private final Map<String, Instant> known = new HashMap<>();

	CommitTimes(V03Replica client) {
		this.client = client;
	}

	/**
	 * Corrects what a target depends on.
	 * @param listings of all generations that come into question
	 */
	List<GenerationListing> correct(List<GenerationListing> listings, RestoreTarget target) throws IOException {
		Instant timestamp = target.timestamp();
		if (timestamp == null) {
			return (listings.size() > 1) ? orderGenerations(listings) : listings;
		}
		List<GenerationListing> corrected = new ArrayList<>();
		for (GenerationListing listing : listings) {
			corrected.add(asOf(listing, timestamp));
		}
		return corrected;
	}

	/**
	 * Whether nothing tells which generation is the newest: the newest commits have one
	 * time, or times do not follow positions as they do after a copy that lost them, and
	 * the store knows none of its own. A clock that was set back once in a while is no
	 * such case.
	 * @param listings as the store has them
	 */
	boolean isOrderInDoubt(List<GenerationListing> listings) throws IOException {
		if (listings.size() < 2) {
			return false; // without a request for what nothing depends on
		}
		List<Instant> known = new ArrayList<>();
		boolean guessed = false;
		for (GenerationListing listing : listings) {
			Instant newest = newestCommit(listing);
			if (newest != null) {
				guessed |= listing.times().anyMatch(newest::equals);
				known.add(newest);
			}
		}
		if (known.size() < 2) {
			return false;
		}
		known.sort(Comparator.reverseOrder());
		return known.get(0).equals(known.get(1)) || (guessed && areShuffled(listings));
	}

	/** In an order by chance half the times are earlier than the one before. */
	private static boolean areShuffled(List<GenerationListing> listings) {
		int earlier = 0;
		int steps = 0;
		for (GenerationListing listing : listings) {
			List<WalSegment> segments = listing.segments();
			for (int i = 1; i < segments.size(); i++) {
				steps++;
				if (segments.get(i).createdAt().isBefore(segments.get(i - 1).createdAt())) {
					earlier++;
				}
			}
		}
		return earlier >= 2 && earlier * 4 >= steps;
	}

	/** What was stored in time was also committed in time: only the rest matters. */
	private GenerationListing asOf(GenerationListing listing, Instant timestamp) throws IOException {
		List<WalSegment> segments = listing.segments();
		int first = 0;
		while (first < segments.size() && isStored(segments.get(first).createdAt(), timestamp)) {
			first++;
		}
		int end = firstLate(segments, first, timestamp);
		Instant newest = (end > first) ? committedAt(segments.get(end - 1)) : timestamp;
		List<WalSegment> corrected = new ArrayList<>(segments);
		for (int i = first; i < segments.size(); i++) {
			corrected.set(i, at(segments.get(i), (i < end) ? newest : after(timestamp, segments.get(i).createdAt())));
		}
		return new GenerationListing(listing.generation(), asOf(listing.snapshots(), segments, end, timestamp),
				corrected);
	}

	private static boolean isStored(Instant createdAt, Instant timestamp) {
		return !storedBy(createdAt, timestamp).isAfter(timestamp);
	}

	/**
	 * When an object was stored for sure. S3 cuts its times to whole seconds; files have
	 * finer ones. Who asks for a whole second is content with that second, and finds what
	 * a listing shows for it.
	 */
	private static Instant storedBy(Instant createdAt, Instant timestamp) {
		return (isWholeSecond(createdAt) && !isWholeSecond(timestamp)) ? createdAt.plus(RESOLUTION) : createdAt;
	}

	private static boolean isWholeSecond(Instant time) {
		return time.equals(time.truncatedTo(ChronoUnit.SECONDS));
	}

	private static Instant after(Instant timestamp, Instant createdAt) {
		Instant stored = storedBy(createdAt, timestamp);
		return stored.isAfter(timestamp) ? stored : timestamp.plusNanos(1);
	}

	/**
	 * The first segment that holds a later commit. Times only grow, so it is found by
	 * looking at ever more distant ones, and then between the last two: with a few
	 * requests where the store's times are good, and about 2 log n where it was copied.
	 * @param first all before it are in time
	 */
	private int firstLate(List<WalSegment> segments, int first, Instant timestamp) throws IOException {
		int low = first; // all before it are in time
		int high = segments.size(); // it and all after it are late
		boolean found = false;
		for (int step = 1; low < high; step *= 2) {
			int probe = found ? (low + high) >>> 1 : Math.min(low + step, high) - 1;
			if (committedAt(segments.get(probe)).isAfter(timestamp)) {
				high = probe;
				found = true;
			}
			else {
				low = probe + 1;
			}
		}
		return low;
	}

	/**
	 * A snapshot is no use without all segments that it was made of. That they are all in
	 * time is certain if it was stored in time, as they were stored before; or if a
	 * segment with a later commit, or of a later index, is in time.
	 */
	private List<Snapshot> asOf(List<Snapshot> snapshots, List<WalSegment> segments, int end, Instant timestamp)
			throws IOException {
		List<Snapshot> corrected = new ArrayList<>(snapshots);
		boolean late = false;
		for (int i = 0; i < snapshots.size(); i++) {
			Snapshot snapshot = snapshots.get(i);
			if (!isStored(snapshot.createdAt(), timestamp)) {
				Instant committedAt = late ? Instant.MAX : committedAt(snapshot);
				late = committedAt.isAfter(timestamp);
				boolean usable = !late && holdsAllOf(snapshot, committedAt, segments, end);
				corrected.set(i, at(snapshot, usable ? committedAt : after(timestamp, snapshot.createdAt())));
			}
		}
		return corrected;
	}

	private boolean holdsAllOf(Snapshot snapshot, Instant committedAt, List<WalSegment> segments, int end)
			throws IOException {
		if (end == segments.size()) {
			return true;
		}
		return end > 0 && (segments.get(end - 1).index() > snapshot.index()
				|| committedAt(segments.get(end - 1)).isAfter(committedAt));
	}

	/**
	 * Which generation is the newest is told by commits. Times stay as they are if they
	 * tell the same: where they are whole seconds, several may have one.
	 */
	private List<GenerationListing> orderGenerations(List<GenerationListing> listings) throws IOException {
		List<Dated> dated = new ArrayList<>();
		for (GenerationListing listing : listings) {
			Instant newest = newestCommit(listing);
			if (newest != null) {
				dated.add(new Dated(listing, newest));
			}
		}
		dated.sort(Comparator.comparing(Dated::newestCommit));
		boolean same = true;
		for (int i = 1; i < dated.size(); i++) {
			same &= dated.get(i - 1).listing().storedAt().isBefore(dated.get(i).listing().storedAt());
		}
		return same ? listings
				: dated.stream()
					.map((generation) -> endingAt(generation.listing(), generation.newestCommit()))
					.toList();
	}

	private record Dated(GenerationListing listing, Instant newestCommit) {
	}

	private @Nullable Instant newestCommit(GenerationListing listing) throws IOException {
		List<WalSegment> segments = listing.segments();
		List<Snapshot> snapshots = listing.snapshots();
		if (segments.isEmpty()) {
			return snapshots.isEmpty() ? null : committedAt(snapshots.get(snapshots.size() - 1));
		}
		return committedAt(segments.get(segments.size() - 1));
	}

	/** Nothing in it is later, and the newest object is of then. */
	private static GenerationListing endingAt(GenerationListing listing, Instant time) {
		List<Snapshot> snapshots = new ArrayList<>(
				listing.snapshots().stream().map((snapshot) -> at(snapshot, min(snapshot.createdAt(), time))).toList());
		List<WalSegment> segments = new ArrayList<>(
				listing.segments().stream().map((segment) -> at(segment, min(segment.createdAt(), time))).toList());
		if (segments.isEmpty()) {
			snapshots.set(snapshots.size() - 1, at(snapshots.get(snapshots.size() - 1), time));
		}
		else {
			segments.set(segments.size() - 1, at(segments.get(segments.size() - 1), time));
		}
		return new GenerationListing(listing.generation(), snapshots, segments);
	}

	private Instant committedAt(Snapshot snapshot) throws IOException {
		return committedAt(ReplicaLayout.nameOf(snapshot), snapshot.createdAt(),
				() -> this.client.committedAt(snapshot));
	}

	private Instant committedAt(WalSegment segment) throws IOException {
		return committedAt(ReplicaLayout.nameOf(segment), segment.createdAt(), () -> this.client.committedAt(segment));
	}

	private Instant committedAt(String name, Instant createdAt, Question question) throws IOException {
		Instant time = this.known.get(name);
		if (time == null) {
			try {
				time = question.ask();
			}
			catch (NoSuchFileException ex) {
				time = createdAt; // retention goes on while we look
			}
			this.known.put(name, time);
		}
		return time;
	}

	private interface Question {

		Instant ask() throws IOException;

	}

	private static Instant min(Instant one, Instant other) {
		return one.isBefore(other) ? one : other;
	}

	private static Snapshot at(Snapshot snapshot, Instant time) {
		return new Snapshot(snapshot.generation(), snapshot.index(), snapshot.size(), time);
	}

	private static WalSegment at(WalSegment segment, Instant time) {
		return new WalSegment(segment.generation(), segment.index(), segment.offset(), segment.size(), time);
	}

}
