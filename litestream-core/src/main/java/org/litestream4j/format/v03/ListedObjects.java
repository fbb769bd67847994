package org.litestream4j.format.v03;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalSegment;
import org.litestream4j.format.v03.V03Replica;

/**
 * All that a replica lists, at about one moment: objects come and go while it is read.
 *
 * @param snapshots of all generations
 * @param segments of all generations
 */
record ListedObjects(List<Snapshot> snapshots, List<WalSegment> segments) {

	static ListedObjects read(V03Replica client) throws IOException {
		List<Snapshot> snapshots = new ArrayList<>();
		List<WalSegment> segments = new ArrayList<>();
		for (Generation generation : client.generations()) {
			snapshots.addAll(client.snapshots(generation));
			segments.addAll(client.walSegments(generation));
		}
		return new ListedObjects(snapshots, segments);
	}

	/** Those of one generation, by ascending index. */
	List<Snapshot> snapshots(Generation generation) {
		return this.snapshots.stream()
			.filter((snapshot) -> snapshot.generation().equals(generation))
			.sorted(Comparator.comparingInt(Snapshot::index))
			.toList();
	}

	/** Those of one generation, by ascending index and offset. */
	List<WalSegment> segments(Generation generation) {
		return this.segments.stream()
			.filter((segment) -> segment.generation().equals(generation))
			.sorted(Comparator.comparingLong(StoredObjects::key))
			.toList();
	}

	/** When the newest object of each generation was stored. */
	Map<Generation, Instant> newestTimes() {
		Map<Generation, Instant> times = new HashMap<>();
		this.snapshots
			.forEach((snapshot) -> times.merge(snapshot.generation(), snapshot.createdAt(), ListedObjects::later));
		this.segments
			.forEach((segment) -> times.merge(segment.generation(), segment.createdAt(), ListedObjects::later));
		return times;
	}

	private static Instant later(Instant one, Instant other) {
		return one.isAfter(other) ? one : other;
	}

	/** The newest snapshot's index of a generation; -1 if there is none. */
	int newestSnapshot(@Nullable Generation generation) {
		return this.snapshots.stream()
			.filter((snapshot) -> snapshot.generation().equals(generation))
			.mapToInt(Snapshot::index)
			.max()
			.orElse(-1);
	}

}
