package org.litestream4j.restore;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.replica.ForeignBackup;
import org.litestream4j.replica.ReplicaClient;
import org.litestream4j.restore.PlanOutcome.NoSuchState;
import org.litestream4j.restore.PlanOutcome.Unreadable;

/**
 * What a replica holds, as far as a target is concerned.
 *
 * @param generations one listing each, with times as far as the store knows them better
 * @param stored the same with the times of storing
 * @param inDoubt whether the order of the generations is anybody's guess
 * @param newer a backup that is newer than all of this, if the newest state is wanted and
 * there is such a backup; why it cannot be restored
 */
record ReplicaListing(List<GenerationListing> generations, List<GenerationListing> stored, boolean inDoubt,
		@Nullable Unreadable newer) {

	/**
	 * Lists a replica. Snapshots are listed before segments: what a snapshot needs was
	 * stored before it, so it is in the second list if the snapshot is in the first.
	 */
	static ReplicaListing read(ReplicaClient client, RestoreTarget target) throws IOException {
		List<Generation> wanted = (target.generation() != null) ? List.of(target.generation()) : client.generations();
		List<GenerationListing> listings = new ArrayList<>();
		for (Generation generation : wanted) {
			List<Snapshot> snapshots = client.snapshots(generation);
			listings.add(new GenerationListing(generation, snapshots, client.walSegments(generation)));
		}
		CommitTimes times = new CommitTimes(client);
		return new ReplicaListing(times.correct(listings, target), listings, times.isOrderInDoubt(listings),
				newer(client, listings, target));
	}

	/**
	 * A backup that cannot be read is not no backup, and nobody gets an older state
	 * without asking for it.
	 */
	private static @Nullable Unreadable newer(ReplicaClient client, List<GenerationListing> listings,
			RestoreTarget target) throws IOException {
		Optional<Instant> newest = listings.stream().flatMap(GenerationListing::times).max(Comparator.naturalOrder());
		if (target.generation() != null || (target.timestamp() != null && newest.isPresent())) {
			return null;
		}
		return client.foreignBackup()
			.filter((foreign) -> newest.isEmpty() || foreign.storedAt().isAfter(newest.get()))
			.map((foreign) -> new Unreadable(describe(client.url(), foreign, listings), foreign.storedAt()))
			.orElse(null);
	}

	private static String describe(String url, ForeignBackup foreign, List<GenerationListing> listings) {
		Optional<GenerationListing> newest = listings.stream()
			.filter((listing) -> !listing.isEmpty())
			.max(Comparator.comparing(GenerationListing::storedAt));
		return newest
			.map((listing) -> ("%s holds a backup in %s, which this version cannot read, and its newest object %s, stored at"
					+ " %s, is newer than all of the format of Litestream v0.3, which ends with generation %s, stored at %s:"
					+ " restore it with that program, or ask for the older state by giving a generation or a timestamp")
				.formatted(url, foreign.format(), foreign.newest(), foreign.storedAt(), listing.generation(),
						listing.storedAt()))
			.orElseGet(
					() -> "%s holds a backup in %s, which this version cannot read: restore it with that program, or give another place"
						.formatted(url, foreign.format()));
	}

	PlanOutcome plan(RestoreTarget target, Set<Snapshot> unusable) {
		if (this.newer != null && target.generation() == null) {
			return this.newer;
		}
		if (this.inDoubt && target.generation() == null) {
			return new NoSuchState(
					"Which of the generations %s is the newest cannot be told, as their objects' times were lost, perhaps when the replica was copied: give the generation to restore"
						.formatted(this.generations.stream()
							.map((listing) -> listing.generation().toString())
							.collect(Collectors.joining(", "))));
		}
		return RestorePlanner
			.plan(this.generations.stream().map((listing) -> listing.without(unusable::contains)).toList(), target);
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
