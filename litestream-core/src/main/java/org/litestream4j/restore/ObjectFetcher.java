package org.litestream4j.restore;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalSegment;
import org.litestream4j.replica.ArchivedObjectException;
import org.litestream4j.replica.ReplicaClient;

/**
 * Fetches objects, and tries again when that fails, going on where it failed.
 * Thread-safe.
 */
final class ObjectFetcher {

	private static final Logger logger = LoggerFactory.getLogger(ObjectFetcher.class);

	/** A store's latency is most of what it takes to fetch an object up to this size. */
	static final long SMALL = 128 << 10;

	/** How much more of an object is taken than its listed size. */
	private static final int LARGEST_UNSIZED = 16 << 20;

	/** How many small objects count as one, at most. */
	private static final int SMALL_OBJECTS = 6;

	/** Tries without progress in between. */
	private static final int TRIES = 4;

	/**
	 * How long to go on where not one byte of any object was read yet, as for a listing:
	 * nothing is lost, and somebody waits.
	 */
	static final Duration LONGEST_SILENCE = Duration.ofSeconds(15);

	private final ReplicaClient client;

	private final Duration firstPause;

	private final LongSupplier nanoTime;

	private final long startedAt;

	/** Whether any byte of any object was read. */
	private volatile boolean answered;

	/** Whether listed sizes are to be believed. */
	private final boolean sized;

	private final int parallelSmall;

	/** What an object takes that is not small. */
	private final int permits;

	/**
	 * One permit for a small object, {@link #permits} for another. Fair, so that what is
	 * needed next does not wait behind what is fetched ahead.
	 */
	private final Semaphore parallel;

	/**
	 * Creates a fetcher.
	 * @param client reads the replica
	 * @param parallelism objects open at once; of small ones up to six times as many, as
	 * the client's {@link ReplicaClient#concurrentReads()} allows, unless one is wanted
	 * after another
	 * @param firstPause before the second try; four times as long before each further one
	 * @param sized whether an object of another size than the listed one is another
	 * object; if not, whatever is there is taken, and verified by its content alone
	 */
	ObjectFetcher(ReplicaClient client, int parallelism, Duration firstPause, boolean sized) {
		this(client, parallelism, firstPause, sized, System::nanoTime);
	}

	ObjectFetcher(ReplicaClient client, int parallelism, Duration firstPause, boolean sized, LongSupplier nanoTime) {
		this.client = client;
		this.nanoTime = nanoTime;
		this.startedAt = nanoTime.getAsLong();
		this.sized = sized;
		int small = Math.max(1, Math.min(client.concurrentReads() / parallelism, SMALL_OBJECTS));
		this.permits = (parallelism == 1) ? 1 : small;
		this.parallelSmall = parallelism * this.permits;
		this.parallel = new Semaphore(this.parallelSmall, true);
		this.firstPause = firstPause;
	}

	/** How many small objects can be open at once. */
	int parallelSmall() {
		return this.parallelSmall;
	}

	/**
	 * Opens a snapshot as stored. Opening is done by the first read.
	 */
	InputStream open(Snapshot snapshot) {
		return new ResumingStream(snapshot.objectName(), this.permits, () -> this.client.openSnapshot(snapshot));
	}

	/**
	 * Opens a segment as stored. Opening is done by the first read.
	 */
	InputStream open(WalSegment segment) {
		int needed = (segment.size() > SMALL) ? this.permits : 1;
		return new ResumingStream(segment.objectName(), needed, () -> this.client.openWalSegment(segment));
	}

	/**
	 * Fetches a whole segment.
	 * @throws ObjectGoneException if it is gone, or is no longer the object that was
	 * listed
	 * @throws FetchException if the store fails
	 */
	byte[] fetch(WalSegment segment) throws IOException {
		try (InputStream in = open(segment)) {
			byte[] bytes = in.readNBytes((int) segment.size() + 1);
			if (bytes.length == segment.size()) {
				return bytes;
			}
			byte[] rest = this.sized ? new byte[0] : in.readNBytes(LARGEST_UNSIZED);
			if (this.sized || rest.length == LARGEST_UNSIZED) {
				throw new ObjectGoneException(segment.objectName(), "was replaced while it was read");
			}
			byte[] whole = Arrays.copyOf(bytes, bytes.length + rest.length);
			System.arraycopy(rest, 0, whole, bytes.length, rest.length);
			return whole;
		}
	}

	private boolean isSilent() {
		return !this.answered && this.nanoTime.getAsLong() - this.startedAt >= LONGEST_SILENCE.toNanos();
	}

	private interface Opener {

		InputStream open() throws IOException;

	}

	/** Not thread-safe. */
	private final class ResumingStream extends InputStream {

		private final String name;

		private final int permits;

		private final Opener opener;

		@Nullable private InputStream in;

		private long position;

		private int failures;

		ResumingStream(String name, int permits, Opener opener) {
			this.name = name;
			this.permits = permits;
			this.opener = opener;
		}

		@Override
		public int read() throws IOException {
			byte[] one = new byte[1];
			return (read(one, 0, 1) < 0) ? -1 : one[0] & 0xff;
		}

		@Override
		public int read(byte[] bytes, int offset, int length) throws IOException {
			while (true) {
				try {
					int read = current().read(bytes, offset, length);
					this.position += Math.max(read, 0);
					this.failures = 0;
					ObjectFetcher.this.answered = true;
					return read;
				}
				catch (ObjectGoneException | RestoreException | InterruptedIOException | ArchivedObjectException ex) {
					throw ex;
				}
				catch (NoSuchFileException ex) {
					throw new ObjectGoneException(this.name, "is gone");
				}
				catch (IOException ex) {
					failed(ex);
				}
			}
		}

		private InputStream current() throws IOException {
			InputStream current = this.in;
			if (current != null) {
				return current;
			}
			ObjectFetcher.this.parallel.acquireUninterruptibly(this.permits);
			try {
				current = this.opener.open();
			}
			finally {
				if (current == null) {
					ObjectFetcher.this.parallel.release(this.permits);
				}
			}
			this.in = current;
			try {
				current.skipNBytes(this.position);
			}
			catch (EOFException ex) {
				throw new ObjectGoneException(this.name, "was replaced while it was read");
			}
			return current;
		}

		private void failed(IOException failure) throws IOException {
			close();
			if (Thread.currentThread().isInterrupted()) {
				throw RestoreMeter.cancelled();
			}
			this.failures++;
			if (this.failures >= TRIES || isSilent()) {
				throw new FetchException("Cannot read %s: %s".formatted(this.name, failure.getMessage()), failure);
			}
			logger.debug("Reading {} failed at byte {}, trying again", this.name, this.position, failure);
			long pause = ObjectFetcher.this.firstPause.toMillis() << (2 * (this.failures - 1));
			try {
				TimeUnit.MILLISECONDS.sleep(pause);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				throw RestoreMeter.cancelled();
			}
		}

		@Override
		public void close() {
			InputStream current = this.in;
			this.in = null;
			if (current != null) {
				try {
					current.close();
				}
				catch (IOException ex) {
					logger.debug("Closing {} failed", this.name, ex);
				}
				finally {
					ObjectFetcher.this.parallel.release(this.permits);
				}
			}
		}

	}

}
