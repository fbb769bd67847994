package org.litestream4j.format.v03;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.ObjectNote;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.format.v03.SegmentContent.DamagedSegmentException;
import org.litestream4j.format.v03.SegmentContent.Digest;
import org.litestream4j.live.Continuation;
import org.litestream4j.live.ShadowWal;
import org.litestream4j.replication.LocalCopyException;
import org.litestream4j.replication.ReplicaDivergedException;
import org.litestream4j.replication.ReplicaLog.Standing;
import org.litestream4j.replication.SentSegment;
import org.litestream4j.store.ArchivedObjectException;

/**
 * Finds out from a replica's own listing where it stands. The newest segment is read and
 * compared with the shadow WAL: as a WAL's checksums run, equal ends mean equal WALs.
 * <p>
 * What the replica has acknowledged before is not believed instead of the listing, but it
 * must be in it: a listing that lags must not lead back to an offset where a longer
 * segment is stored, and a replica that has lost something must not go on as if it had
 * not.
 * <p>
 * The replica's indexes bear the numbers that they had when they were written. Where they
 * were moved since, the local copy goes on under another number, and what the replica
 * lacks in between is bridged.
 */
final class ReplicaResume {

	private static final Logger logger = LoggerFactory.getLogger(ReplicaResume.class);

	/** The size of a segment that the listing lacks. */
	private static final long UNLISTED = -2;

	private final V03Replica client;

	private final ShadowWal shadow;

	ReplicaResume(V03Replica client, ShadowWal shadow) {
		this.client = client;
		this.shadow = shadow;
	}

	/**
	 * Looks.
	 * @param local how far the live WAL was copied
	 * @param acknowledged the newest segment of the generation that the replica is known
	 * to have stored; null if none is
	 * @throws ReplicaDivergedException if the generation cannot be continued there
	 * @throws IOException if the replica cannot be read
	 */
	Standing find(WalPosition local, @Nullable SentSegment acknowledged) throws IOException {
		if (acknowledged != null && acknowledged.position().isAfter(local)) {
			throw new ReplicaDivergedException(
					"it holds WAL up to %s, which the local disk has lost".formatted(acknowledged.position()));
		}
		List<Snapshot> snapshots = this.client.snapshots(local.generation());
		List<WalSegment> segments = new ArrayList<>(this.client.walSegments(local.generation()));
		Snapshot newest = snapshots.isEmpty() ? null : snapshots.get(snapshots.size() - 1);
		int fences = countFences(segments);
		List<WalSegment> data = new ArrayList<>(segments.subList(0, segments.size() - fences));
		SentSegment known = isNeeded(acknowledged, newest) ? acknowledged : null;
		WalSegment proof = proof(known, data);
		int nextIndex = nextIndex(proof, segments);
		if (proof == null) {
			return (newest != null) ? onSnapshot(local, newest, nextIndex, fences > 0)
					: onNothing(local, segments.isEmpty() ? local.index() : nextIndex);
		}
		data.addAll(segments.subList(segments.size() - fences, segments.size()));
		requireNoHole(newest, data);
		SentSegment same = (known != null && known.start().equals(proof.start())) ? known : null;
		End end = endOf(proof, same);
		Continuation found = this.shadow.continuationOf(end.position(), end.run());
		if (found.found().isEmpty() && newest != null && newest.index() > proof.index()) {
			// all of it is in the snapshot
			return onSnapshot(local, newest, nextIndex, fences > 0);
		}
		Continuation.At at = at(found);
		requireRoom(end.position(), at.position(), nextIndex, fences > 0);
		if (end.content() != null) {
			requireEqual(end.content(), at);
		}
		else if (end.isDamaged()) {
			requireReplaceable(proof, end, at);
		}
		SentSegment proven = same;
		if (same == null && end.offset() > proof.offset()) {
			proven = new SentSegment(proof.start(), end.offset(), proof.createdAt(), proof.size());
		}
		boolean moved = at.position().index() != proof.index();
		return new Standing(at.position(), newest, proven, at.reach(), moved ? nextIndex : proof.index());
	}

	/** What takes a log over is at its end: the only place where it has to be told. */
	private int countFences(List<WalSegment> segments) throws IOException {
		int count = 0;
		for (int i = segments.size() - 1; i >= 0 && SegmentContent.isSmall(segments.get(i)); i--) {
			try {
				if (!SegmentContent.read(this.client, segments.get(i)).addsNothing()) {
					break;
				}
			}
			catch (DamagedSegmentException | NoSuchFileException | ArchivedObjectException ex) {
				break; // not known to be a fence
			}
			count++;
		}
		return count;
	}

	private static int nextIndex(@Nullable WalSegment proof, List<WalSegment> segments) {
		int last = segments.isEmpty() ? -1 : segments.get(segments.size() - 1).index();
		return Math.max(last, (proof != null) ? proof.index() : -1) + 1;
	}

	/** The replica holds nothing of the generation that a restore could begin with. */
	private static Standing onNothing(WalPosition local, int nextIndex) throws ReplicaDivergedException {
		if (local.index() < nextIndex) {
			throw noRoom(nextIndex);
		}
		return new Standing(local.at(0), null, null, 0, nextIndex);
	}

	/**
	 * The replica holds a snapshot, and no data after it. All that is before the
	 * snapshot's index is in it, and of that index perhaps some, which must be applied
	 * again.
	 */
	private Standing onSnapshot(WalPosition local, Snapshot newest, int nextIndex, boolean fenced) throws IOException {
		WalPosition begin = new WalPosition(newest.generation(), newest.index(), 0);
		ObjectNote note = this.client.note(newest).orElse(null);
		Continuation found = this.shadow.continuationOf(begin, (note != null) ? note.run() : null);
		boolean behind = found instanceof Continuation.Behind ahead && ahead.position().equals(begin)
				&& begin.index() == local.index() + 1;
		WalPosition next = behind ? begin : at(found).position();
		if (next.index() == newest.index() && !fenced) {
			if (local.index() > newest.index()) {
				throw new ReplicaDivergedException("it holds snapshot %08x but no WAL".formatted(newest.index()));
			}
			// A snapshot of the next index holds everything up to where this one ended
			return new Standing((newest.index() > local.index()) ? local : local.at(0), newest, null);
		}
		int free = fenced ? nextIndex : newest.index();
		if (next.index() < free) {
			throw noRoom(free);
		}
		long held = (note != null && note.offset() != null) ? note.offset() : 0;
		return new Standing(next, newest, null, held, free);
	}

	private static ReplicaDivergedException noRoom(int index) {
		return new ReplicaDivergedException(
				"another run has taken it over, and no WAL index here is beyond its own, which end before %08x"
					.formatted(index));
	}

	/** Where the data goes on, in the numbers that its indexes have here now. */
	private static Continuation.At at(Continuation found) throws ReplicaDivergedException {
		return found.found().orElseThrow(() -> new ReplicaDivergedException("it " + found.describe()));
	}

	/** Nothing may be added behind a fence, and nothing replaced. */
	private static void requireRoom(WalPosition dataEnd, WalPosition next, int nextIndex, boolean fenced)
			throws ReplicaDivergedException {
		boolean goesOn = next.index() == dataEnd.index();
		if ((goesOn && (fenced || nextIndex != next.index() + 1)) || (!goesOn && next.index() < nextIndex)) {
			throw noRoom(nextIndex);
		}
	}

	/** Whatever numbers say: what the replica holds must be what is here. */
	private void requireEqual(SegmentContent stored, Continuation.At at) throws IOException {
		WalPosition start = stored.start();
		int index = localIndex(stored, at);
		if (index < 0) {
			return; // the state was restored from there: its WAL never was here
		}
		Digest local = LocalCopyException.wrap(start, () -> {
			try (RandomAccessFile copy = this.shadow.openIndex(start.generation(), index)) {
				return digest(copy, start.offset(), stored.end());
			}
		});
		if (!local.equals(stored.digest())) {
			throw new ReplicaDivergedException(
					"its %s is not what the local WAL holds".formatted(ReplicaLayout.segmentName(start)));
		}
	}

	/** The index here that a segment is of; -1 if it is not here. */
	private int localIndex(SegmentContent stored, Continuation.At at) {
		int next = at.position().index();
		if (next == stored.start().index() || at.reach() > 0) {
			return next;
		}
		// all of an index is there, so that it goes on with the next one
		try {
			return (this.shadow.end(stored.start().generation(), next - 1) == stored.end()) ? next - 1 : -1;
		}
		catch (NoSuchFileException ex) {
			return -1;
		}
	}

	private static Digest digest(RandomAccessFile copy, long from, long to) throws IOException {
		Digest digest = new Digest();
		byte[] buffer = new byte[1 << 16];
		copy.seek(from);
		for (long left = to - from; left > 0;) {
			int count = (int) Math.min(buffer.length, left);
			copy.readFully(buffer, 0, count);
			digest.add(buffer, count);
			left -= count;
		}
		digest.end();
		return digest;
	}

	/**
	 * A damaged segment is written again, where it may be replaced.
	 */
	private void requireReplaceable(WalSegment proof, End end, Continuation.At at) throws ReplicaDivergedException {
		if (end.isKept() || !at.position().equals(proof.start())) {
			throw new ReplicaDivergedException("its newest segment %s is damaged, and nothing there is replaced"
				.formatted(ReplicaLayout.nameOf(proof)));
		}
		logger.warn("Segment {} of replica {} is damaged and is written again", ReplicaLayout.nameOf(proof),
				this.client.url());
	}

	/** Retention deletes what is before the newest snapshot. */
	private static boolean isNeeded(@Nullable SentSegment acknowledged, @Nullable Snapshot newest) {
		return acknowledged != null && (newest == null || newest.index() <= acknowledged.start().index());
	}

	/**
	 * The segment with which it is proven where the replica stands: the newest one, but
	 * none that the acknowledged one covers. If the listing lacks that one, it is added
	 * without a size: opening it tells whether it is there.
	 */
	@Nullable private static WalSegment proof(@Nullable SentSegment known, List<WalSegment> segments) {
		WalSegment last = segments.isEmpty() ? null : segments.get(segments.size() - 1);
		if (known == null) {
			return last;
		}
		for (WalSegment segment : segments) {
			if (segment.start().equals(known.start())) {
				return (last == null || known.position().isAfter(last.start())) ? segment : last;
			}
		}
		WalPosition start = known.start();
		WalSegment unlisted = new WalSegment(start.generation(), start.index(), start.offset(), UNLISTED,
				known.committedAt());
		segments.add(unlisted);
		segments.sort(Comparator.comparingInt(WalSegment::index).thenComparingLong(WalSegment::offset));
		return unlisted;
	}

	/** A hole before the newest snapshot harms nobody any more. */
	private static void requireNoHole(@Nullable Snapshot newest, List<WalSegment> segments)
			throws ReplicaDivergedException {
		int from = (newest != null) ? newest.index() : segments.get(0).index();
		int expected = from;
		for (WalSegment segment : segments) {
			if (segment.index() < from) {
				continue;
			}
			if (segment.offset() == 0) {
				if (segment.index() != expected) {
					throw new ReplicaDivergedException("it lacks WAL index %08x".formatted(expected));
				}
				expected++;
			}
			else if (segment.index() != expected - 1) {
				throw new ReplicaDivergedException(
						"it lacks the beginning of WAL index %08x".formatted(segment.index()));
			}
		}
	}

	/**
	 * Where the newest segment ends, and what is known of it.
	 *
	 * @param position where it ends; where it begins if it is damaged
	 * @param run who stored it
	 * @param content what it holds; null if that cannot be read
	 * @param isDamaged whether it must be written again
	 * @param isKept whether its writer lets nobody replace it
	 */
	private record End(WalPosition position, @Nullable String run, @Nullable SegmentContent content, boolean isDamaged,
			boolean isKept) {

		long offset() {
			return this.position.offset();
		}

	}

	/**
	 * Where the newest segment ends; where it begins if it must be written again. One
	 * that was archived may be skipped if it is as it was acknowledged. Whatever else
	 * keeps it from being read is a failure of the replica that people must hear of: a
	 * restore would not get further.
	 * @param same how it was acknowledged, if it was
	 */
	private End endOf(WalSegment proof, @Nullable SentSegment same) throws IOException {
		try {
			SegmentContent content = SegmentContent.read(this.client, proof);
			if (same != null && content.end() != same.end()) {
				throw new ReplicaDivergedException("its %s ends at %d, but was acknowledged up to %d"
					.formatted(ReplicaLayout.nameOf(proof), content.end(), same.end()));
			}
			return new End(content.position(), content.note().map(ObjectNote::run).orElse(null), content, false, false);
		}
		catch (DamagedSegmentException ex) {
			ObjectNote note = this.client.note(proof).orElse(null);
			return new End(proof.start(), (note != null) ? note.run() : null, null, true,
					note != null && note.writer().isPresent());
		}
		catch (NoSuchFileException ex) {
			if (same == null) {
				throw ex; // deleted since it was listed
			}
			throw new ReplicaDivergedException(
					"it has lost its %s, which it had acknowledged".formatted(ReplicaLayout.nameOf(proof)));
		}
		catch (ArchivedObjectException ex) {
			if (same == null || same.size() != proof.size()) {
				throw new ReplicaDivergedException(
						"its newest segment %s was moved to an archive, where it cannot be compared"
							.formatted(ReplicaLayout.nameOf(proof)));
			}
			// as large as it was stored: who keeps it has kept it whole
			logger.warn(
					"Replica {}: its newest segment {} was moved to an archive, where no restore can read it; shipping"
							+ " goes on, but thaw it, and let no lifecycle rule archive the replica's objects",
					this.client.url(), ReplicaLayout.nameOf(proof));
			return new End(same.position(), this.shadow.run(), null, false, false);
		}
	}

}
