package org.litestream4j.format.v03;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.ObjectNote;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.format.v03.SegmentContent.DamagedSegmentException;
import org.litestream4j.lease.ChainEnd;

/**
 * The end of a generation's chain, read from its last object back to the last one that
 * adds anything.
 *
 * @param end where the last object ends: where a writer who goes on in its index writes
 * next
 * @param fenced whether that object is an empty segment
 * @param data where the data ends, and who wrote it
 * @param committedAt when the newest commit in that was seen, as far as it is known
 */
record ChainTail(WalPosition end, boolean fenced, ChainEnd data, Instant committedAt) {

	/**
	 * How many of the last segments are held at first, of millions that may be listed.
	 */
	private static final int FEW = 64;

	/**
	 * Reads the tail of a generation.
	 * @param snapshots of the generation, by index
	 * @return empty if the replica holds nothing of the generation
	 * @throws DamagedSegmentException if the last object is damaged
	 * @throws IOException if the replica cannot be read
	 */
	static Optional<ChainTail> read(V03Replica client, Generation generation, List<Snapshot> snapshots)
			throws IOException {
		Snapshot newest = snapshots.isEmpty() ? null : snapshots.get(snapshots.size() - 1);
		for (int most = FEW;; most *= 16) {
			NavigableSet<WalSegment> last = last(client, generation, most);
			if (last.isEmpty()) {
				return (newest != null) ? Optional.of(ofSnapshot(client, newest, newest.index())) : Optional.empty();
			}
			ChainTail tail = of(client, last, newest, last.size() < most);
			if (tail != null) {
				return Optional.of(tail);
			}
		}
	}

	/** The last segments by position, of however many there are. */
	private static NavigableSet<WalSegment> last(V03Replica client, Generation generation, int most)
			throws IOException {
		NavigableSet<WalSegment> last = new TreeSet<>(V03Replica.BY_POSITION);
		client.visitWalSegments(generation, (segment) -> {
			last.add(segment);
			if (last.size() > most) {
				last.pollFirst();
			}
		});
		return last;
	}

	/**
	 * Reads the tail.
	 * @param last segments, the last one included
	 * @param newest the newest snapshot. If that is of a later index than the data, it
	 * holds all of that, and tells where the data ends also after retention
	 * @param all whether these are all that there are
	 * @return null if more must be looked at
	 */
	@Nullable private static ChainTail of(V03Replica client, NavigableSet<WalSegment> last, @Nullable Snapshot newest,
			boolean all) throws IOException {
		SegmentContent end = null;
		for (WalSegment segment : last.descendingSet()) {
			SegmentContent content = SegmentContent.read(client, segment);
			end = (end != null) ? end : content;
			if (newest != null && newest.index() > segment.index()) {
				break;
			}
			if (!content.addsNothing()) {
				ObjectNote note = content.note().orElse(null);
				Instant committedAt = (note != null && note.committedAt() != null) ? note.committedAt()
						: client.committedAt(segment);
				return of(end, new ChainEnd(content.position(), (note != null) ? note.run() : null,
						last.last().index() + 1, segment.createdAt()), committedAt);
			}
		}
		boolean overtaken = newest != null && newest.index() > last.first().index();
		if (end == null || (!all && !overtaken)) {
			return null;
		}
		if (newest != null) {
			ChainTail snapshot = ofSnapshot(client, newest, last.last().index() + 1);
			return of(end, snapshot.data(), snapshot.committedAt());
		}
		WalSegment first = last.first();
		ObjectNote note = client.note(first).orElse(null);
		return of(end, new ChainEnd(first.start(), (note != null) ? note.run() : null, last.last().index() + 1,
				first.createdAt()), client.committedAt(first));
	}

	private static ChainTail of(SegmentContent end, ChainEnd data, Instant committedAt) {
		return new ChainTail(end.position(), end.end() == end.start().offset(), data, committedAt);
	}

	/** A snapshot holds everything before the beginning of its index, at least. */
	private static ChainTail ofSnapshot(V03Replica client, Snapshot newest, int nextIndex) throws IOException {
		WalPosition start = new WalPosition(newest.generation(), newest.index(), 0);
		ObjectNote note = client.note(newest).orElse(null);
		return new ChainTail(start, false,
				new ChainEnd(start, (note != null) ? note.run() : null, nextIndex, newest.createdAt()),
				client.committedAt(newest));
	}

}
