package org.litestream4j.restore;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.concurrent.Semaphore;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.store.ArchivedObjectException;
import org.litestream4j.store.ObjectReader;
import org.litestream4j.store.ObjectReplacedException;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoreCapabilities;
import org.litestream4j.store.StoredObject;

/**
 * Fetches objects, only so many at once. An {@link ObjectReader} tries again when that
 * fails; what this one throws is the end of it. Thread-safe.
 */
public final class ObjectFetcher {

	private static final Logger logger = LoggerFactory.getLogger(ObjectFetcher.class);

	/** A store's latency is most of what it takes to fetch an object up to this size. */
	static final long SMALL = 128 << 10;

	/** How much more of an object is taken than its listed size. */
	private static final int LARGEST_UNSIZED = 16 << 20;

	/** How many small objects count as one, at most. */
	private static final int SMALL_OBJECTS = 6;

	private final ObjectReader reader;

	/** Whether listed sizes are to be believed. */
	private final boolean sized;

	private final int parallelSmall;

	/** What an object takes that is not small. */
	private final int permits;

	/**
	 * One permit for a small object, {@link #permits} for another. Fair, so that what is
	 * needed next does not wait for what is fetched ahead.
	 */
	private final Semaphore parallel;

	/**
	 * Creates a fetcher.
	 * @param store keeps the objects
	 * @param reader reads them
	 * @param parallelism objects open at once; of small ones up to six times as many, as
	 * the store's {@linkplain StoreCapabilities#concurrentReads() capabilities} allow,
	 * unless one is wanted after another
	 * @param sized whether an object of another size than the listed one is another
	 * object; if not, whatever is there is taken, and verified by its content alone
	 */
	public ObjectFetcher(ObjectStore store, ObjectReader reader, int parallelism, boolean sized) {
		this.reader = reader;
		this.sized = sized;
		int small = Math.max(1, Math.min(store.capabilities().concurrentReads() / parallelism, SMALL_OBJECTS));
		this.permits = (parallelism == 1) ? 1 : small;
		this.parallelSmall = parallelism * this.permits;
		this.parallel = new Semaphore(this.parallelSmall, true);
	}

	/** How many small objects can be open at once. */
	public int parallelSmall() {
		return this.parallelSmall;
	}

	/**
	 * Opens an object as stored that counts as a large one, whatever its size. Opening is
	 * done by the first read.
	 */
	public InputStream openAlone(StoredObject object) {
		return new FetchedStream(object, this.permits);
	}

	/**
	 * Opens an object as stored. Opening is done by the first read.
	 */
	public InputStream open(StoredObject object) {
		return new FetchedStream(object, (object.size() > SMALL) ? this.permits : 1);
	}

	/**
	 * Opens an object by one request, however large it is, and counts as a large one.
	 * Opening is done by the first read.
	 * @return up to its listed size
	 */
	InputStream openThrough(StoredObject object) {
		return new FetchedStream(object, this.permits, 0, object.size());
	}

	/**
	 * {@return what is to be thrown if an object ends before it should; null if that is
	 * for its content to tell}
	 * @param object as listed
	 */
	@Nullable IOException tooShort(StoredObject object) {
		return this.sized ? new ObjectGoneException(object.name(), "was replaced while it was read") : null;
	}

	/**
	 * Fetches a whole object.
	 * @throws ObjectGoneException if it is gone, or is no longer the object that was
	 * listed
	 * @throws FetchException if the store fails
	 */
	public byte[] fetch(StoredObject object) throws IOException {
		try (InputStream in = open(object)) {
			byte[] bytes = in.readNBytes((int) object.size() + 1);
			if (bytes.length == object.size()) {
				return bytes;
			}
			byte[] rest = this.sized ? new byte[0] : in.readNBytes(LARGEST_UNSIZED);
			if (this.sized || rest.length == LARGEST_UNSIZED) {
				throw new ObjectGoneException(object.name(), "was replaced while it was read");
			}
			byte[] whole = Arrays.copyOf(bytes, bytes.length + rest.length);
			System.arraycopy(rest, 0, whole, bytes.length, rest.length);
			return whole;
		}
	}

	/**
	 * Fetches a part of an object.
	 * @param from the first byte
	 * @param to the byte after the last one, at most the object's listed size
	 * @throws ObjectGoneException if it is gone, or is no longer the object that was
	 * listed
	 * @throws FetchException if the store fails
	 */
	public byte[] fetch(StoredObject object, long from, long to) throws IOException {
		int length = Math.toIntExact(to - from);
		try (InputStream in = new FetchedStream(object, (length > SMALL) ? this.permits : 1, from, to)) {
			byte[] bytes = in.readNBytes(length);
			IOException tooShort = (bytes.length < length) ? tooShort(object) : null;
			if (tooShort != null) {
				throw tooShort;
			}
			return bytes;
		}
	}

	/** Not thread-safe. */
	private final class FetchedStream extends InputStream {

		private final StoredObject object;

		private final int permits;

		private final long from;

		private final long to;

		@Nullable private InputStream in;

		FetchedStream(StoredObject object, int permits) {
			this(object, permits, 0, StoredObject.END);
		}

		FetchedStream(StoredObject object, int permits, long from, long to) {
			this.object = object;
			this.permits = permits;
			this.from = from;
			this.to = to;
		}

		@Override
		public int read() throws IOException {
			byte[] one = new byte[1];
			return (read(one, 0, 1) < 0) ? -1 : one[0] & 0xff;
		}

		@Override
		public int read(byte[] bytes, int offset, int length) throws IOException {
			try {
				return current().read(bytes, offset, length);
			}
			catch (ArchivedObjectException ex) {
				throw ex;
			}
			catch (NoSuchFileException ex) {
				throw new ObjectGoneException(this.object.name(), "is gone");
			}
			catch (ObjectReplacedException ex) {
				throw new ObjectGoneException(this.object.name(), "was replaced while it was read");
			}
			catch (IOException ex) {
				if (Thread.currentThread().isInterrupted()) {
					throw RestoreMeter.cancelled();
				}
				throw new FetchException("Cannot read %s: %s".formatted(this.object.name(), ex.getMessage()), ex);
			}
		}

		private InputStream current() throws IOException {
			InputStream current = this.in;
			if (current == null) {
				ObjectFetcher.this.parallel.acquireUninterruptibly(this.permits);
				try {
					current = (this.from == 0 && this.to == StoredObject.END)
							? ObjectFetcher.this.reader.open(this.object)
							: ObjectFetcher.this.reader.open(this.object, this.from, this.to);
				}
				finally {
					if (current == null) {
						ObjectFetcher.this.parallel.release(this.permits);
					}
				}
				this.in = current;
			}
			return current;
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
					logger.debug("Closing {} failed", this.object.name(), ex);
				}
				finally {
					ObjectFetcher.this.parallel.release(this.permits);
				}
			}
		}

	}

}
