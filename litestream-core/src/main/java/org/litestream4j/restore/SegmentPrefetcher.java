package org.litestream4j.restore;

import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.WalSegment;

/**
 * Fetches segments ahead of their use, many at once, in bounded memory. A large segment
 * is not held in memory but streamed when its turn has come. Not thread-safe: one thread
 * takes what others fetch.
 */
final class SegmentPrefetcher implements Closeable {

	/** What an object on the heap costs beside its bytes. */
	private static final long OVERHEAD = 512;

	private final Iterator<WalSegment> segments;

	private final ObjectFetcher fetcher;

	private final RestoreThreads threads;

	private final Deque<Fetch> ahead = new ArrayDeque<>();

	/** Bytes of segments that may be held in memory, or on their way there. */
	private final long limit;

	/** What is held now. */
	private long memory;

	@Nullable private WalSegment tooMuchForNow;

	/**
	 * Begins to fetch.
	 * @param limit bytes of segments that may be held in memory; one larger than a
	 * quarter of it is streamed
	 */
	SegmentPrefetcher(List<WalSegment> segments, ObjectFetcher fetcher, RestoreThreads threads, long limit) {
		this.segments = segments.iterator();
		this.fetcher = fetcher;
		this.threads = threads;
		this.limit = limit;
		fetchAhead();
	}

	/**
	 * The next segment as stored. What was returned before is no longer used.
	 * @param meter asked while waiting whether to go on
	 */
	InputStream next(RestoreMeter meter) throws IOException {
		Fetch fetch = this.ahead.remove();
		this.memory -= fetch.memory();
		InputStream in = RestoreThreads.await(fetch.content(), meter);
		fetchAhead();
		return in;
	}

	private void fetchAhead() {
		while (this.tooMuchForNow != null || this.segments.hasNext()) {
			WalSegment segment = (this.tooMuchForNow != null) ? this.tooMuchForNow : this.segments.next();
			boolean large = segment.size() > this.limit / 4;
			long needed = (large ? 0 : segment.size()) + OVERHEAD;
			if (this.memory + needed > this.limit) {
				this.tooMuchForNow = segment;
				return;
			}
			this.tooMuchForNow = null;
			this.memory += needed;
			Future<InputStream> content = large ? CompletableFuture.completedFuture(this.fetcher.open(segment))
					: this.threads.submit(() -> new ByteArrayInputStream(this.fetcher.fetch(segment)));
			this.ahead.add(new Fetch(content, needed));
		}
	}

	/** Ends what is still being fetched. */
	@Override
	public void close() {
		this.ahead.forEach((fetch) -> fetch.content().cancel(true));
	}

	private record Fetch(Future<InputStream> content, long memory) {
	}

}
