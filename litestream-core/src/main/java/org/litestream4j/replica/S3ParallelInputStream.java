package org.litestream4j.replica;

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
final class S3ParallelInputStream extends InputStream {

	/** Bytes in a range: fewer where the heap is small. */
	static final int RANGE = (int) Math.max(512 << 10, Math.min(Runtime.getRuntime().maxMemory() / 64, 2 << 20));

	/** Ranges fetched ahead. */
	static final int RANGES = 6;

	private final S3ObjectSource source;

	private final String eTag;

	private final long length;

	private final ExecutorService threads;

	/** What comes after {@link #current}, in order. */
	private final Deque<Future<byte[]>> ahead = new ArrayDeque<>();

	/** Where the next range to be asked for begins. */
	private long next;

	private long position;

	private InputStream current;

	/**
	 * Opens an object.
	 * @throws java.nio.file.NoSuchFileException if it is gone
	 */
	S3ParallelInputStream(S3ObjectSource source) throws IOException {
		S3ResumingInputStream first = new S3ResumingInputStream(source, 0, RANGE, null);
		this.source = source;
		this.current = first;
		this.eTag = first.eTag();
		this.length = first.objectLength();
		this.next = Math.min(RANGE, this.length);
		this.threads = Executors.newFixedThreadPool(RANGES, (task) -> {
			Thread thread = new Thread(task, "litestream-s3-read");
			thread.setDaemon(true);
			return thread;
		});
		fetchAhead();
	}

	private void fetchAhead() {
		while (this.ahead.size() < RANGES && this.next < this.length) {
			long from = this.next;
			long to = Math.min(from + RANGE, this.length);
			this.next = to;
			this.ahead.add(this.threads.submit(() -> fetch(from, to)));
		}
	}

	private byte[] fetch(long from, long to) throws IOException {
		byte[] bytes = new byte[(int) (to - from)];
		try (InputStream in = new S3ResumingInputStream(this.source, from, to, this.eTag)) {
			if (in.readNBytes(bytes, 0, bytes.length) < bytes.length) {
				throw new EOFException("%s ended early".formatted(this.source));
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
		this.current = new ByteArrayInputStream(new byte[0]);
		long skipped = Math.min(count, this.length - this.position);
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
			throw new InterruptedIOException("reading %s was interrupted".formatted(this.source));
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
