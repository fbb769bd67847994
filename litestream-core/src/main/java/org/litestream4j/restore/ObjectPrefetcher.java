package org.litestream4j.restore;

import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;

import org.jspecify.annotations.Nullable;

import org.litestream4j.store.StoredObject;

/**
 * Fetches objects ahead of their use, many at once, in bounded memory. A large object is
 * not held in memory but streamed when its turn has come. Not thread-safe: one thread
 * takes what others fetch.
 */
public final class ObjectPrefetcher implements Closeable {

	/** What an object on the heap costs beside its bytes. */
	private static final long OVERHEAD = 512;

	private final Iterator<StoredObject> objects;

	private final ObjectFetcher fetcher;

	private final RestoreThreads threads;

	private final Deque<Fetch> ahead = new ArrayDeque<>();

	/** Bytes of objects that may be held in memory, or on their way there. */
	private final long limit;

	/** What is held now. */
	private long memory;

	@Nullable private StoredObject tooMuchForNow;

	/**
	 * Begins to fetch.
	 * @param limit bytes of objects that may be held in memory; one larger than a quarter
	 * of it is streamed
	 */
	public ObjectPrefetcher(Iterator<StoredObject> objects, ObjectFetcher fetcher, RestoreThreads threads, long limit) {
		this.objects = objects;
		this.fetcher = fetcher;
		this.threads = threads;
		this.limit = limit;
		fetchAhead();
	}

	/**
	 * The next object as stored. What was returned before is no longer used.
	 * @param meter asked while waiting whether to go on
	 */
	public InputStream next(RestoreMeter meter) throws IOException {
		Fetch fetch = this.ahead.remove();
		this.memory -= fetch.memory();
		try {
			return RestoreThreads.await(fetch.content(), meter);
		}
		finally {
			fetchAhead(); // whoever looks at all objects goes on after one that failed
		}
	}

	private void fetchAhead() {
		while (this.tooMuchForNow != null || this.objects.hasNext()) {
			StoredObject object = (this.tooMuchForNow != null) ? this.tooMuchForNow : this.objects.next();
			boolean large = object.size() > this.limit / 4;
			long needed = (large ? 0 : object.size()) + OVERHEAD;
			if (this.memory + needed > this.limit) {
				this.tooMuchForNow = object;
				return;
			}
			this.tooMuchForNow = null;
			this.memory += needed;
			Future<InputStream> content = large ? CompletableFuture.completedFuture(this.fetcher.open(object))
					: this.threads.submit(() -> new ByteArrayInputStream(this.fetcher.fetch(object)));
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
