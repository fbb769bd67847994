package org.litestream4j.format.v03;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.history.HistorySource;
import org.litestream4j.history.HistoryView;
import org.litestream4j.restore.RestoreSource;

/**
 * The past that the segments of a replica tell. Thread-safe.
 *
 * @param client reads the replica
 */
record V03History(V03Replica client) implements HistorySource {

	@Override
	public HistoryView view() throws IOException {
		List<GenerationListing> listings = new ArrayList<>();
		for (Generation generation : this.client.generations()) {
			List<Snapshot> snapshots = this.client.snapshots(generation);
			GenerationListing listing = new GenerationListing(generation, snapshots,
					ReplicaListing.segments(this.client, generation));
			if (!listing.isEmpty()) {
				listings.add(listing);
			}
		}
		// by commit, as far as the store knows better than by its own times
		List<GenerationListing> dated = new CommitTimes(this.client).correct(listings, RestoreTarget.latest());
		List<GenerationListing> ordered = dated.stream()
			.sorted(Comparator.comparing((GenerationListing listing) -> newest(listing))
				.thenComparing((listing) -> newest(find(listings, listing.generation()))))
			.map((listing) -> find(listings, listing.generation()))
			.toList();
		return new V03View(this.client, ordered);
	}

	private static Instant newest(GenerationListing listing) {
		return listing.times().max(Comparator.naturalOrder()).orElse(Instant.MIN);
	}

	private static GenerationListing find(List<GenerationListing> listings, Generation generation) {
		return Objects.requireNonNull(
				listings.stream().filter((each) -> each.generation().equals(generation)).findFirst().orElse(null));
	}

	@Override
	public RestoreSource restoreSource() {
		return this.client;
	}

}
