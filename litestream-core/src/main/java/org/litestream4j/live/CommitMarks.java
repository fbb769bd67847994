package org.litestream4j.live;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Iterator;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.WalPosition;

/**
 * When the commits of the shadow WAL were seen: what is shipped hours later, as a replica
 * was unreachable, is still to be found under its own time. A mark says that the newest
 * commit before a position was seen at a time; commits that follow each other closely
 * share one, with the time of the last, so that nothing is dated before it was made.
 * Bounded: old marks become fewer. Not thread-safe.
 */
final class CommitMarks {

	private static final Duration CLOSE = Duration.ofSeconds(1);

	private static final int MOST = 4096;

	/** All of one generation. */
	private final NavigableMap<WalPosition, Instant> marks = new TreeMap<>(
			Comparator.comparingInt(WalPosition::index).thenComparingLong(WalPosition::offset));

	/** When the first commit of the newest mark was seen. */
	private Instant newestBegan = Instant.EPOCH;

	/** Everything up to a position was committed by a time. */
	void add(WalPosition end, Instant seen) {
		Map.Entry<WalPosition, Instant> newest = this.marks.lastEntry();
		boolean close = newest != null && newest.getKey().index() == end.index()
				&& Duration.between(this.newestBegan, seen).abs().compareTo(CLOSE) < 0;
		if (newest != null && close) {
			this.marks.remove(newest.getKey());
		}
		else {
			this.newestBegan = seen;
		}
		this.marks.put(end, seen);
		if (this.marks.size() > MOST) {
			thinOut();
		}
	}

	/** Drops every second of the older half: the mark after it takes its commits. */
	private void thinOut() {
		Iterator<WalPosition> positions = this.marks.keySet().iterator();
		for (int i = 0; i < MOST / 2; i += 2) {
			positions.next();
			positions.remove();
			positions.next();
		}
	}

	/** When the newest commit before a position was seen; null if that is not known. */
	@Nullable Instant at(WalPosition end) {
		Map.Entry<WalPosition, Instant> mark = this.marks.ceilingEntry(end);
		return (mark != null) ? mark.getValue() : null;
	}

	/**
	 * Where frames of an index must end so that its commits are no further apart than a
	 * time.
	 * @param end where it may end at most
	 */
	long cut(WalPosition start, long end, Duration span) {
		Map.Entry<WalPosition, Instant> first = this.marks.higherEntry(start);
		if (first == null || first.getKey().index() != start.index() || first.getKey().offset() >= end) {
			return end;
		}
		Instant last = first.getValue().plus(span);
		long cut = end;
		for (Map.Entry<WalPosition, Instant> mark : this.marks.subMap(first.getKey(), true, start.at(end), true)
			.entrySet()) {
			if (mark.getValue().isAfter(last)) {
				return cut;
			}
			cut = mark.getKey().offset();
		}
		Instant rest = at(start.at(end));
		return (rest != null && rest.isAfter(last)) ? cut : end;
	}

	/** The first mark of an index from a position on; an end if there is none before. */
	long firstFrom(WalPosition from, long end) {
		WalPosition mark = this.marks.ceilingKey(from);
		return (mark != null && mark.index() == from.index()) ? Math.min(mark.offset(), end) : end;
	}

	/** Forgets the indexes before one. */
	void forgetBefore(WalPosition index) {
		this.marks.headMap(index.at(0), false).clear();
	}

	int size() {
		return this.marks.size();
	}

	/** Forgets everything: a generation begins. */
	void clear() {
		this.marks.clear();
	}

}
