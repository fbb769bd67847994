package org.litestream4j.restore;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Future;

import org.litestream4j.store.StoredObject;

/**
 * An object that is fetched part by part, some of them ahead, each by a request of its
 * own: so any number of objects can be read side by side with a bounded number of
 * connections, none of which idles meanwhile. Not thread-safe.
 */
final class PartwiseStream extends SideStream {

	/** The least that is worth a request. */
	private static final int LEAST = 64 << 10;

	/** Into how many parts is divided what may be held. */
	private static final int PARTS = 4;

	private static final int MOST = 2 << 20;

	private final StoredObject object;

	private final ObjectFetcher fetcher;

	private final RestoreThreads threads;

	private final RestoreMeter meter;

	private final long part;

	private final long most;

	private final Deque<Future<byte[]>> ahead = new ArrayDeque<>();

	private long fetched;

	private byte[] current = new byte[0];

	private int at;

	/**
	 * Begins to fetch.
	 * @param object as listed
	 * @param memory bytes of it that may be held, or on their way; at least
	 * {@link #leastMemory()} are taken
	 * @param fetcher fetches parts
	 * @param threads do that
	 * @param meter asked while waiting whether to go on, and hears of bytes that were
	 * read
	 */
	PartwiseStream(StoredObject object, long memory, ObjectFetcher fetcher, RestoreThreads threads,
			RestoreMeter meter) {
		this.object = object;
		this.fetcher = fetcher;
		this.threads = threads;
		this.meter = meter;
		this.part = part(object.size(), memory);
		this.most = Math.max(memory / this.part, 2) - 1;
		fetchAhead();
	}

	/** Bytes of a part. */
	static long part(long size, long memory) {
		return (size <= memory) ? Math.max(size, 1) : Math.max(LEAST, Math.min(memory / PARTS, MOST));
	}

	/** What a stream holds at least, whatever it may. */
	static long leastMemory() {
		return 2L * LEAST;
	}

	/** One part fewer than may be held, as the current one is held, too. */
	private void fetchAhead() {
		while (this.ahead.size() < this.most && this.fetched < this.object.size()) {
			long from = this.fetched;
			long to = Math.min(from + this.part, this.object.size());
			this.ahead.add(this.threads.submit(() -> this.fetcher.fetch(this.object, from, to)));
			this.fetched = to;
		}
	}

	@Override
	public int read(byte[] bytes, int offset, int length) throws IOException {
		if (length == 0) {
			return 0;
		}
		while (this.at == this.current.length) {
			Future<byte[]> next = this.ahead.poll();
			if (next == null) {
				return -1;
			}
			this.current = new byte[0];
			this.at = 0;
			this.current = RestoreThreads.await(next, this.meter);
			fetchAhead();
		}
		int count = Math.min(length, this.current.length - this.at);
		System.arraycopy(this.current, this.at, bytes, offset, count);
		this.at += count;
		this.meter.advance(count);
		return count;
	}

	/** Ends what is still being fetched. */
	@Override
	public void close() {
		this.ahead.forEach((part) -> part.cancel(true));
		this.ahead.clear();
		this.current = new byte[0];
		this.at = 0;
		this.fetched = this.object.size();
	}

}
