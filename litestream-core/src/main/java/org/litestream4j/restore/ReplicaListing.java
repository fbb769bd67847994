package org.litestream4j.restore;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.replica.ReplicaClient;

/**
 * What a replica holds, as far as a target is concerned.
 *
 * @param generations one listing each
 */
record ReplicaListing(List<GenerationListing> generations) {

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
		return new ReplicaListing(new CommitTimes(client).correct(listings, target));
	}

	PlanOutcome plan(RestoreTarget target, Set<Snapshot> unusable) {
		return RestorePlanner
			.plan(this.generations.stream().map((listing) -> listing.without(unusable::contains)).toList(), target);
	}

	GenerationListing of(Generation generation) {
		return this.generations.stream()
			.filter((listing) -> listing.generation().equals(generation))
			.findFirst()
			.orElseThrow();
	}

}
