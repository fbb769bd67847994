package org.litestream4j.boot.actuate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

import org.litestream4j.boot.actuate.LitestreamReport.SegmentEntry;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;

/**
 * Keeps the newest of the segments of one generation that it is offered, in any order. A
 * position that several replicas hold is kept whole or not at all, so that a position is
 * enough to say where the next page begins. Not thread-safe.
 */
final class NewestSegments {

	private final int limit;

	private final @Nullable WalPosition before;

	private final TreeMap<WalPosition, List<SegmentEntry>> kept = new TreeMap<>(
			Comparator.comparingInt(WalPosition::index).thenComparingLong(WalPosition::offset).reversed());

	private int size;

	private @Nullable WalPosition dropped;

	/**
	 * Keeps nothing yet.
	 * @param limit how many segments to keep
	 * @param before only segments at earlier positions; null for all
	 */
	NewestSegments(int limit, @Nullable WalPosition before) {
		this.limit = limit;
		this.before = before;
	}

	void offer(String replica, WalSegment segment) {
		WalPosition start = segment.start();
		if ((this.before != null && !this.before.isAfter(start))
				|| (this.dropped != null && !start.isAfter(this.dropped))) {
			return;
		}
		this.kept.computeIfAbsent(start, (key) -> new ArrayList<>(1)).add(SegmentEntry.of(replica, segment));
		this.size++;
		while (this.size > this.limit && this.kept.size() > 1) {
			Map.Entry<WalPosition, List<SegmentEntry>> oldest = this.kept.pollLastEntry();
			this.size -= oldest.getValue().size();
			this.dropped = oldest.getKey();
		}
	}

	/** Newest first. */
	List<SegmentEntry> entries() {
		return this.kept.values().stream().flatMap(List::stream).toList();
	}

	/** The oldest position that is kept, or another one if there is none. */
	@Nullable WalPosition last(@Nullable WalPosition otherwise) {
		return this.kept.isEmpty() ? otherwise : this.kept.lastKey();
	}

	/** Whether there were more than are kept. */
	boolean hasMore() {
		return this.dropped != null;
	}

}
