package org.litestream4j.replication;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Lz4;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.replica.ArchivedObjectException;
import org.litestream4j.replica.ReplicaClient;
import org.litestream4j.shadow.ShadowWal;

/**
 * Finds out from a replica's own listing where it stands. The newest segment is read and
 * compared with the shadow WAL: as a WAL's checksums run, equal ends mean equal WALs.
 * <p>
 * What the replica has acknowledged before is not believed instead of the listing, but it
 * must be in it: a listing that lags must not lead back to an offset where a longer
 * segment is stored, and a replica that has lost something must not go on as if it had
 * not.
 */
final class ReplicaResume {

	private static final Logger logger = LoggerFactory.getLogger(ReplicaResume.class);

	/** The size of a segment that the listing lacks. */
	private static final long UNLISTED = -2;

	private final ReplicaClient client;

	private final ShadowWal shadow;

	ReplicaResume(ReplicaClient client, ShadowWal shadow) {
		this.client = client;
		this.shadow = shadow;
	}

	/**
	 * Where a replica stands.
	 *
	 * @param position everything before it is in the replica
	 * @param newestSnapshot of the generation, or null if there is none
	 * @param newestSegment with which that was proven; null if none was needed
	 */
	record Found(WalPosition position, @Nullable Snapshot newestSnapshot, @Nullable SentSegment newestSegment) {
	}

	/**
	 * Looks.
	 * @param local how far the live WAL was copied
	 * @param acknowledged the newest segment of the generation that the replica is known
	 * to have stored; null if none is
	 * @throws ReplicaDivergedException if the generation cannot be continued there
	 * @throws IOException if the replica cannot be read
	 */
	Found find(WalPosition local, @Nullable SentSegment acknowledged) throws IOException {
		if (acknowledged != null && acknowledged.position().isAfter(local)) {
			throw new ReplicaDivergedException(
					"it holds WAL up to %s, which the local disk has lost".formatted(acknowledged.position()));
		}
		List<Snapshot> snapshots = this.client.snapshots(local.generation());
		List<WalSegment> segments = new ArrayList<>(this.client.walSegments(local.generation()));
		Snapshot newest = snapshots.isEmpty() ? null : snapshots.get(snapshots.size() - 1);
		SentSegment known = isNeeded(acknowledged, newest) ? acknowledged : null;
		WalSegment proof = proof(known, segments);
		if (proof == null) {
			if (newest != null && local.index() > newest.index()) {
				throw new ReplicaDivergedException("it holds snapshot %08x but no WAL".formatted(newest.index()));
			}
			// A snapshot of the next index holds everything up to where this one ended
			boolean ended = newest != null && newest.index() > local.index();
			return new Found(ended ? local : local.at(0), newest, null);
		}
		requireNoHole(newest, segments);
		SentSegment same = (known != null && known.start().equals(proof.start())) ? known : null;
		long end = endOf(proof, same, local);
		SentSegment proven = same;
		if (same == null && end > proof.offset()) {
			proven = new SentSegment(proof.start(), end, proof.createdAt(), proof.size());
		}
		return new Found(proof.start().at(end), newest, proven);
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
	 * Where the newest segment ends; where it begins if it must be written again. One
	 * that was archived may be skipped if it is as it was acknowledged. Whatever else
	 * keeps it from being read is a failure of the replica that people must hear of: a
	 * restore would not get further.
	 * @param same how it was acknowledged, if it was
	 */
	private long endOf(WalSegment proof, @Nullable SentSegment same, WalPosition local) throws IOException {
		long end;
		try {
			end = read(proof, local);
		}
		catch (NoSuchFileException ex) {
			if (same == null) {
				throw ex; // deleted since it was listed
			}
			throw new ReplicaDivergedException(
					"it has lost its %s, which it had acknowledged".formatted(proof.objectName()));
		}
		catch (ArchivedObjectException ex) {
			if (same == null || same.size() != proof.size()) {
				throw new ReplicaDivergedException(
						"its newest segment %s was moved to an archive, where it cannot be compared"
							.formatted(proof.objectName()));
			}
			// as large as it was stored: who keeps it has kept it whole
			logger.warn(
					"Replica {}: its newest segment {} was moved to an archive, where no restore can read it; shipping"
							+ " goes on, but thaw it, and let no lifecycle rule archive the replica's objects",
					this.client.url(), proof.objectName());
			return same.end();
		}
		if (same != null && end != same.end() && end != proof.offset()) {
			throw new ReplicaDivergedException(
					"its %s ends at %d, but was acknowledged up to %d".formatted(proof.objectName(), end, same.end()));
		}
		return end;
	}

	/** Where the segment ends; where it begins if it is damaged. */
	private long read(WalSegment segment, WalPosition local) throws IOException {
		long copied;
		try {
			copied = this.shadow.end(local.generation(), segment.index());
		}
		catch (NoSuchFileException ex) {
			throw new ReplicaDivergedException(
					"it stands at WAL index %08x, of which no local copy exists".formatted(segment.index()));
		}
		WatchedInput raw = new WatchedInput(this.client.openWalSegment(segment));
		try (InputStream stored = Lz4.decompress(raw)) {
			return compare(stored, segment, local, copied);
		}
		catch (ReplicaDivergedException | LocalCopyException ex) {
			throw ex;
		}
		catch (IOException ex) {
			if (raw.failed) {
				throw ex;
			}
			logger.warn("Segment {} of replica {} is damaged and is written again", segment.objectName(),
					this.client.url());
			return segment.offset();
		}
	}

	private long compare(InputStream stored, WalSegment segment, WalPosition local, long copied) throws IOException {
		try (RandomAccessFile copy = LocalCopyException.wrap(segment.start(),
				() -> this.shadow.openIndex(local.generation(), segment.index()))) {
			return compare(stored, copy, segment, copied);
		}
	}

	private static long compare(InputStream stored, RandomAccessFile local, WalSegment last, long copied)
			throws IOException {
		byte[] theirs = new byte[1 << 16];
		byte[] ours = new byte[1 << 16];
		long at = last.offset();
		while (true) {
			int length = stored.readNBytes(theirs, 0, theirs.length);
			if (length == 0) {
				return at;
			}
			if (at + length > copied) {
				throw new ReplicaDivergedException(
						"its %s reaches beyond the local WAL, which ends at %d".formatted(last.objectName(), copied));
			}
			long from = at;
			LocalCopyException.wrap(last.start(), () -> {
				local.seek(from);
				local.readFully(ours, 0, length);
				return null;
			});
			if (!Arrays.equals(ours, 0, length, theirs, 0, length)) {
				throw new ReplicaDivergedException(
						"its %s is not what the local WAL holds".formatted(last.objectName()));
			}
			at += length;
		}
	}

	/** Tells a store that cannot be read from an object that is damaged. */
	private static final class WatchedInput extends FilterInputStream {

		private boolean failed;

		WatchedInput(InputStream in) {
			super(in);
		}

		@Override
		public int read() throws IOException {
			byte[] one = new byte[1];
			return (read(one, 0, 1) < 0) ? -1 : one[0] & 0xff;
		}

		@Override
		public int read(byte[] bytes, int offset, int length) throws IOException {
			try {
				return super.read(bytes, offset, length);
			}
			catch (IOException ex) {
				this.failed = true;
				throw ex;
			}
		}

	}

}
