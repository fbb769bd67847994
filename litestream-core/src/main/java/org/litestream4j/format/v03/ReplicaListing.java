package org.litestream4j.format.v03;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.lease.Catalog;
import org.litestream4j.lease.LockFile;
import org.litestream4j.lease.ReplicaLock;
import org.litestream4j.restore.PlanOutcome.NoSuchState;
import org.litestream4j.restore.PlanOutcome;
import org.litestream4j.store.ObjectStore;

/**
 * What a replica holds, as far as a target is concerned.
 *
 * @param generations one listing each, with times as far as the store knows them better
 * @param stored the same with the times of storing
 * @param inDoubt whether the order of the generations is anybody's guess
 * @param chosen the generation that is restored without a target, as the replica's lock
 * file says; null where it says nothing, or nothing depends on it
 */
record ReplicaListing(List<GenerationListing> generations, List<GenerationListing> stored, boolean inDoubt,
		@Nullable Generation chosen) {

	private static final Logger logger = LoggerFactory.getLogger(ReplicaListing.class);

	/**
	 * Lists a replica. Snapshots are listed before segments: what a snapshot needs was
	 * stored before it, so it is in the second list if the snapshot is in the first.
	 */
	static ReplicaListing read(V03Replica client, RestoreTarget target) throws IOException {
		List<Generation> wanted = (target.generation() != null) ? List.of(target.generation()) : client.generations();
		List<GenerationListing> listings = new ArrayList<>();
		for (Generation generation : wanted) {
			List<Snapshot> snapshots = client.snapshots(generation);
			listings.add(new GenerationListing(generation, snapshots, segments(client, generation)));
		}
		CommitTimes times = new CommitTimes(client);
		Generation chosen = (target.equals(RestoreTarget.latest()) && listings.size() > 1)
				? chosen(client.store(), listings) : null;
		return new ReplicaListing(times.correct(listings, target), listings,
				chosen == null && times.isOrderInDoubt(listings), chosen);
	}

	/**
	 * A listing that lasts while somebody writes may show a segment and lack one that was
	 * stored before it. That would be called damage, or, if it is the last of its index,
	 * make a state that never was, as nothing else says where an index ends. What one
	 * listing shows was stored before the next one begins, and so was all before it: the
	 * second one lacks nothing up to where the first one ends.
	 */
	static List<WalSegment> segments(V03Replica client, Generation generation) throws IOException {
		List<WalSegment> first = client.walSegments(generation);
		if (first.isEmpty()) {
			return first;
		}
		WalPosition end = first.get(first.size() - 1).start();
		return client.walSegments(generation).stream().filter((segment) -> !segment.start().isAfter(end)).toList();
	}

	/**
	 * Where a replica has one writer at a time, its lock file names the generation that
	 * counts, whatever the times of others are. It is read after the listing: what it
	 * names as the generation before is still there.
	 */
	private static @Nullable Generation chosen(ObjectStore store, List<GenerationListing> listings) {
		Catalog catalog = new Catalog(listings.stream()
			.map((listing) -> new Catalog.Log(listing.generation(), !listing.snapshots().isEmpty(),
					listing.newestStart(), false))
			.toList());
		try {
			ReplicaLock lock = new LockFile(store, Duration.ZERO, Clock.systemUTC()).read().lock();
			Catalog.Log log = (lock != null && lock.current() != null) ? catalog.chosen(lock) : null;
			return (log != null) ? log.generation() : null;
		}
		catch (IOException ex) {
			logger.warn(
					"The lock file of replica {} cannot be read, so that the generation with the newest commits is restored: {}",
					store.url(), ex.getMessage());
			return null;
		}
	}

	/**
	 * A generation that is newer than the chosen one by all that tells: when its commits
	 * were made, and when they were stored.
	 */
	private Optional<GenerationListing> newerThan(Generation known) {
		return this.generations.stream()
			.filter((listing) -> !listing.snapshots().isEmpty() && !listing.generation().equals(known))
			.filter((listing) -> listing.storedAt().isAfter(of(known).storedAt()))
			.filter((listing) -> find(this.stored, listing.generation()).storedAt()
				.isAfter(find(this.stored, known).storedAt()))
			.findFirst();
	}

	private PlanOutcome planChosen(Generation known, List<GenerationListing> usable) {
		Optional<GenerationListing> other = newerThan(known);
		if (other.isPresent()) {
			return new NoSuchState(
					"The replica's lock file names generation %s, but generation %s holds newer commits, by somebody who does not look at that file: give the generation to restore"
						.formatted(known, other.get().generation()));
		}
		return RestorePlanner.plan(usable, RestoreTarget.latest().within(known));
	}

	PlanOutcome plan(RestoreTarget target, Predicate<Snapshot> unusable) {
		if (this.inDoubt && target.generation() == null) {
			return new NoSuchState(
					"Which of the generations %s is the newest cannot be told, as their objects' times were lost, perhaps when the replica was copied: give the generation to restore"
						.formatted(this.generations.stream()
							.map((listing) -> listing.generation().toString())
							.collect(Collectors.joining(", "))));
		}
		List<GenerationListing> usable = this.generations.stream().map((listing) -> listing.without(unusable)).toList();
		return (this.chosen != null && target.equals(RestoreTarget.latest())) ? planChosen(this.chosen, usable)
				: RestorePlanner.plan(usable, target);
	}

	GenerationListing of(Generation generation) {
		return find(this.generations, generation);
	}

	/**
	 * Whether times cannot tell what was stored before a snapshot: see
	 * {@link GenerationListing#isOutOfTime}.
	 */
	boolean isOutOfTime(Snapshot snapshot) {
		return find(this.stored, snapshot.generation()).isOutOfTime(snapshot);
	}

	/** The sentence that ends an error: see {@link RestorablePoint#describe}. */
	String describeRest(WalPosition limit, Predicate<Snapshot> unusable) {
		return RestorablePoint.describe(this.generations, of(limit.generation()).without(unusable), limit);
	}

	private static GenerationListing find(List<GenerationListing> listings, Generation generation) {
		return listings.stream().filter((listing) -> listing.generation().equals(generation)).findFirst().orElseThrow();
	}

}
