package org.litestream4j.replication;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Lz4;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.replica.ReplicaClient;
import org.litestream4j.shadow.ShadowWal;

/**
 * Finds out from a replica's own listing where it stands, which is never remembered. The
 * newest segment is read and compared with the shadow WAL: as a WAL's checksums run,
 * equal ends mean equal WALs.
 */
final class ReplicaResume {

	private static final Logger logger = LoggerFactory.getLogger(ReplicaResume.class);

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
	 */
	record Found(WalPosition position, @Nullable Snapshot newestSnapshot) {
	}

	/**
	 * Looks.
	 * @param local how far the live WAL was copied
	 * @throws ReplicaDivergedException if the generation cannot be continued there
	 * @throws IOException if the replica cannot be read
	 */
	Found find(WalPosition local) throws IOException {
		List<Snapshot> snapshots = this.client.snapshots(local.generation());
		List<WalSegment> segments = this.client.walSegments(local.generation());
		Snapshot newest = snapshots.isEmpty() ? null : snapshots.get(snapshots.size() - 1);
		if (segments.isEmpty()) {
			if (newest != null && local.index() > newest.index()) {
				throw new ReplicaDivergedException("it holds snapshot %08x but no WAL".formatted(newest.index()));
			}
			// A snapshot of the next index holds everything up to where this one ended
			boolean ended = newest != null && newest.index() > local.index();
			return new Found(ended ? local : local.at(0), newest);
		}
		requireNoHole(newest, segments);
		WalSegment last = segments.get(segments.size() - 1);
		return new Found(endOf(last, local), newest);
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

	private WalPosition endOf(WalSegment last, WalPosition local) throws IOException {
		long copied;
		try {
			copied = this.shadow.end(local.generation(), last.index());
		}
		catch (NoSuchFileException ex) {
			throw new ReplicaDivergedException(
					"it stands at WAL index %08x, of which no local copy exists".formatted(last.index()));
		}
		WatchedInput raw = new WatchedInput(this.client.openWalSegment(last));
		try (RandomAccessFile copy = this.shadow.openIndex(local.generation(), last.index());
				InputStream stored = Lz4.decompress(raw)) {
			return new WalPosition(local.generation(), last.index(), compare(stored, copy, last, copied));
		}
		catch (ReplicaDivergedException ex) {
			throw ex;
		}
		catch (IOException ex) {
			if (raw.failed) {
				throw ex;
			}
			logger.warn("Segment {} of replica {} is damaged and is written again", last.objectName(),
					this.client.url());
			return last.start();
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
			local.seek(at);
			local.readFully(ours, 0, length);
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
