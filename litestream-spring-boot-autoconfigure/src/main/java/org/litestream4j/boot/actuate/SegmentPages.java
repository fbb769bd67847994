package org.litestream4j.boot.actuate;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.litestream4j.Replica;
import org.litestream4j.boot.actuate.LitestreamReport.SegmentEntry;
import org.litestream4j.boot.actuate.LitestreamReport.Segments;
import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.v03.V03Replica;

/**
 * The WAL segments of all replicas, newest first, a page at a time: generations by the
 * age of their newest snapshot, within one by position. Reads the replicas, and holds no
 * more than a page in memory.
 */
final class SegmentPages {

	private final List<Replica> replicas;

	/** By generation, the replicas that hold it, in the order configured. */
	private final Map<Generation, List<Replica>> holders = new HashMap<>();

	private SegmentPages(List<Replica> replicas) throws IOException {
		this.replicas = replicas;
		for (Replica replica : replicas) {
			V03Replica objects = new V03Replica(replica.store());
			for (Generation generation : objects.generations()) {
				this.holders.computeIfAbsent(generation, (key) -> new ArrayList<>()).add(replica);
			}
		}
	}

	/**
	 * One page.
	 * @param limit at most so many segments; those of one position are never divided, so
	 * it may be one more for each further replica
	 * @param before only what comes after this position in the order above; null for the
	 * first page
	 * @throws EndpointRequestException if no replica holds the generation any more
	 */
	static Segments page(List<Replica> replicas, int limit, @Nullable WalPosition before) throws IOException {
		return new SegmentPages(replicas).page(limit, before);
	}

	private Segments page(int limit, @Nullable WalPosition before) throws IOException {
		List<Generation> order = newestFirst();
		int at = (before != null) ? order.indexOf(before.generation()) : 0;
		if (at < 0) {
			throw EndpointArguments.invalid("before", before, "a position in a generation that a replica of "
					+ this.replicas.stream().map(Replica::name).toList() + " holds");
		}
		List<SegmentEntry> entries = new ArrayList<>();
		WalPosition last = before;
		boolean more = false;
		for (; at < order.size() && !more; at++) {
			if (entries.size() >= limit) {
				return new Segments(entries, String.valueOf(last));
			}
			Generation generation = order.get(at);
			NewestSegments newest = newest(generation, limit - entries.size(), before);
			entries.addAll(newest.entries());
			last = newest.last(last);
			more = newest.hasMore();
		}
		return new Segments(entries, more ? String.valueOf(last) : null);
	}

	private NewestSegments newest(Generation generation, int limit, @Nullable WalPosition before) throws IOException {
		WalPosition end = (before != null && before.generation().equals(generation)) ? before : null;
		NewestSegments newest = new NewestSegments(limit, end);
		for (Replica replica : holders(generation)) {
			V03Replica objects = new V03Replica(replica.store());
			objects.visitWalSegments(generation, (segment) -> newest.offer(replica.name(), segment));
		}
		return newest;
	}

	private List<Replica> holders(Generation generation) {
		return this.holders.getOrDefault(generation, List.of());
	}

	private List<Generation> newestFirst() throws IOException {
		Map<Generation, Instant> ages = new HashMap<>();
		for (Generation generation : this.holders.keySet()) {
			ages.put(generation, age(generation));
		}
		Comparator<Map.Entry<Generation, Instant>> byAge = Map.Entry.comparingByValue();
		return ages.entrySet()
			.stream()
			.sorted(byAge.reversed().thenComparing((entry) -> entry.getKey().name()))
			.map(Map.Entry::getKey)
			.toList();
	}

	private Instant age(Generation generation) throws IOException {
		Newest newest = new Newest();
		for (Replica replica : holders(generation)) {
			V03Replica objects = new V03Replica(replica.store());
			objects.snapshots(generation).stream().map(Snapshot::createdAt).forEach(newest::add);
		}
		if (newest.time.equals(Instant.MIN)) {
			for (Replica replica : holders(generation)) {
				V03Replica objects = new V03Replica(replica.store());
				objects.visitWalSegments(generation, (segment) -> newest.add(segment.createdAt()));
			}
		}
		return newest.time;
	}

	private static final class Newest {

		private Instant time = Instant.MIN;

		void add(Instant other) {
			this.time = other.isAfter(this.time) ? other : this.time;
		}

	}

}
