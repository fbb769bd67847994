package org.litestream4j.boot.actuate;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.litestream4j.Replica;
import org.litestream4j.boot.actuate.LitestreamReport.GenerationEntry;
import org.litestream4j.boot.actuate.LitestreamReport.Generations;
import org.litestream4j.boot.actuate.LitestreamReport.SnapshotEntry;
import org.litestream4j.boot.actuate.LitestreamReport.Snapshots;
import org.litestream4j.format.Generation;

/**
 * What the replicas of a database hold, oldest first. Reads the replicas. Segments are
 * counted one by one and never held, as a replica may have millions of them.
 */
final class ReplicaListings {

	private ReplicaListings() {
	}

	static Generations generations(List<Replica> replicas) throws IOException {
		List<GenerationEntry> entries = new ArrayList<>();
		for (Replica replica : replicas) {
			for (Generation generation : replica.client().generations()) {
				GenerationEntry entry = summarize(replica, generation);
				if (entry != null) {
					entries.add(entry);
				}
			}
		}
		entries.sort(Comparator.comparing(GenerationEntry::createdAt));
		return new Generations(entries);
	}

	private static @Nullable GenerationEntry summarize(Replica replica, Generation generation) throws IOException {
		Totals snapshots = new Totals();
		replica.client()
			.snapshots(generation)
			.forEach((snapshot) -> snapshots.add(snapshot.size(), snapshot.createdAt()));
		Totals segments = new Totals();
		replica.client().visitWalSegments(generation, (segment) -> segments.add(segment.size(), segment.createdAt()));
		Totals all = snapshots.and(segments);
		return (all.count > 0) ? new GenerationEntry(replica.name(), generation.name(), all.oldest, all.newest,
				snapshots.count, segments.count, all.bytes) : null;
	}

	static Snapshots snapshots(List<Replica> replicas) throws IOException {
		List<SnapshotEntry> entries = new ArrayList<>();
		for (Replica replica : replicas) {
			for (Generation generation : replica.client().generations()) {
				replica.client()
					.snapshots(generation)
					.forEach((snapshot) -> entries.add(SnapshotEntry.of(replica.name(), snapshot)));
			}
		}
		entries.sort(Comparator.comparing(SnapshotEntry::createdAt));
		return new Snapshots(entries);
	}

	/** What there is of one kind of object. */
	private static final class Totals {

		private int count;

		private long bytes;

		private Instant oldest = Instant.MAX;

		private Instant newest = Instant.MIN;

		void add(long size, Instant createdAt) {
			this.count++;
			this.bytes += size;
			this.oldest = createdAt.isBefore(this.oldest) ? createdAt : this.oldest;
			this.newest = createdAt.isAfter(this.newest) ? createdAt : this.newest;
		}

		Totals and(Totals other) {
			Totals sum = new Totals();
			sum.count = this.count + other.count;
			sum.bytes = this.bytes + other.bytes;
			sum.oldest = this.oldest.isBefore(other.oldest) ? this.oldest : other.oldest;
			sum.newest = this.newest.isAfter(other.newest) ? this.newest : other.newest;
			return sum;
		}

	}

}
