package org.litestream4j.boot.actuate;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.Replica;
import org.litestream4j.boot.actuate.LitestreamReport.GenerationEntry;
import org.litestream4j.boot.actuate.LitestreamReport.Generations;
import org.litestream4j.boot.actuate.LitestreamReport.SegmentEntry;
import org.litestream4j.boot.actuate.LitestreamReport.Segments;
import org.litestream4j.boot.actuate.LitestreamReport.SnapshotEntry;
import org.litestream4j.boot.actuate.LitestreamReport.Snapshots;
import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalSegment;

/**
 * What the replicas of a database hold, oldest first. Reads the replicas.
 */
final class ReplicaListings {

	private ReplicaListings() {
	}

	static Generations generations(LitestreamDatabase database) throws IOException {
		List<GenerationEntry> entries = new ArrayList<>();
		for (Replica replica : database.replicas()) {
			for (Generation generation : replica.client().generations()) {
				List<Snapshot> snapshots = replica.client().snapshots(generation);
				List<WalSegment> segments = replica.client().walSegments(generation);
				List<Instant> times = Stream
					.concat(snapshots.stream().map(Snapshot::createdAt), segments.stream().map(WalSegment::createdAt))
					.sorted()
					.toList();
				if (!times.isEmpty()) {
					long bytes = snapshots.stream().mapToLong(Snapshot::size).sum()
							+ segments.stream().mapToLong(WalSegment::size).sum();
					entries.add(new GenerationEntry(replica.name(), generation.name(), times.get(0),
							times.get(times.size() - 1), snapshots.size(), segments.size(), bytes));
				}
			}
		}
		entries.sort(Comparator.comparing(GenerationEntry::createdAt));
		return new Generations(entries);
	}

	static Snapshots snapshots(LitestreamDatabase database) throws IOException {
		List<SnapshotEntry> entries = new ArrayList<>();
		for (Replica replica : database.replicas()) {
			for (Generation generation : replica.client().generations()) {
				replica.client()
					.snapshots(generation)
					.forEach((snapshot) -> entries.add(SnapshotEntry.of(replica.name(), snapshot)));
			}
		}
		entries.sort(Comparator.comparing(SnapshotEntry::createdAt));
		return new Snapshots(entries);
	}

	static Segments segments(LitestreamDatabase database) throws IOException {
		List<SegmentEntry> entries = new ArrayList<>();
		for (Replica replica : database.replicas()) {
			for (Generation generation : replica.client().generations()) {
				replica.client()
					.walSegments(generation)
					.forEach((segment) -> entries.add(SegmentEntry.of(replica.name(), segment)));
			}
		}
		entries.sort(Comparator.comparing(SegmentEntry::createdAt));
		return new Segments(entries);
	}

}
