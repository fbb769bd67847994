package org.litestream4j.store;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A large object as one stream, fetched in ranges, several at once: one connection to a
 * store is slower than the network. Holds {@link #RANGES} ranges in memory. Not
 * thread-safe.
 */
final class ParallelStream extends InputStream {

	private static final int RANGE = ObjectReader.RANGE;

	/** Ranges fetched ahead. */
	static final int RANGES = 6;

	private final ObjectReader reader;

	/** With a tag, so that all ranges are of one version. */
	private final StoredObject object;

	private final ExecutorService threads;

	/** What comes after {@link #current}, in order. */
	private final Deque<Future<byte[]>> ahead = new ArrayDeque<>();

	/** Where the next range to be asked for begins. */
	private long next;

	private long position;

	private InputStream current;

	private ParallelStream(ObjectReader reader, StoredObject object, InputStream first) {
		this.reader = reader;
		this.object = object;
		this.current = first;
		this.next = Math.min(RANGE, object.size());
		this.threads = Executors.newFixedThreadPool(RANGES, (task) -> {
			Thread thread = new Thread(task, "litestream-read");
			thread.setDaemon(true);
			return thread;
		});
		fetchAhead();
	}

	/**
	 * Opens an object; from its beginning to its end if its store knows no versions.
	 * @param first its first range, which may be open
	 */
	static InputStream of(ObjectReader reader, StoredObject object, ResumingStream first) throws IOException {
		boolean opened = false;
		try {
			StoredObject now = first.opened();
			if (now.tag() == null || now.size() < 0) {
				return new ResumingStream(reader, object, 0, StoredObject.END);
			}
			opened = true;
			return new ParallelStream(reader, now, first);
		}
		finally {
			if (!opened) {
				first.close();
			}
		}
	}

	private void fetchAhead() {
		while (this.ahead.size() < RANGES && this.next < this.object.size()) {
			long from = this.next;
			long to = Math.min(from + RANGE, this.object.size());
			this.next = to;
			this.ahead.add(this.threads.submit(() -> fetch(from, to)));
		}
	}

	private byte[] fetch(long from, long to) throws IOException {
		byte[] bytes = new byte[(int) (to - from)];
		try (InputStream in = new ResumingStream(this.reader, this.object, from, to)) {
			if (in.readNBytes(bytes, 0, bytes.length) < bytes.length) {
				throw new EOFException("%s ended early".formatted(this.reader.describe(this.object)));
			}
		}
		return bytes;
	}

	@Override
	public int read() throws IOException {
		byte[] one = new byte[1];
		return (read(one, 0, 1) < 0) ? -1 : one[0] & 0xff;
	}

	@Override
	public int read(byte[] bytes, int offset, int count) throws IOException {
		if (count == 0) {
			return 0;
		}
		int read = this.current.read(bytes, offset, count);
		while (read < 0 && !this.ahead.isEmpty()) {
			this.current.close();
			this.current = new ByteArrayInputStream(await(this.ahead.remove()));
			fetchAhead();
			read = this.current.read(bytes, offset, count);
		}
		this.position += Math.max(read, 0);
		return read;
	}

	/** Skips without reading, where there is much to skip. */
	@Override
	public long skip(long count) throws IOException {
		if (count < RANGE) {
			return super.skip(count);
		}
		this.ahead.forEach((range) -> range.cancel(true));
		this.ahead.clear();
		this.current.close();
		this.current = InputStream.nullInputStream();
		long skipped = Math.min(count, this.object.size() - this.position);
		this.position += skipped;
		this.next = this.position;
		fetchAhead();
		return skipped;
	}

	private byte[] await(Future<byte[]> range) throws IOException {
		try {
			return range.get();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new InterruptedIOException("reading %s was interrupted".formatted(this.reader.describe(this.object)));
		}
		catch (ExecutionException ex) {
			if (ex.getCause() instanceof IOException failure) {
				throw failure;
			}
			throw new IllegalStateException(ex.getCause());
		}
	}

	/** Ends what is still being fetched. */
	@Override
	public void close() throws IOException {
		this.threads.shutdownNow();
		this.current.close();
	}

}
