package org.litestream4j.restore;

import java.io.Closeable;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.litestream4j.store.StoreCapabilities;
import org.litestream4j.store.StoredObject;

/**
 * Objects that are read at the same time, each from its beginning to its end, in bounded
 * memory. What is larger is read faster, as all are read through. Not thread-safe.
 * <p>
 * One whose share of the memory is too little for parts that are worth a request is
 * fetched by a single one, if its store can let it wait: otherwise each few kilobytes
 * would cost the store's latency. The largest come first, as few of that kind are open at
 * once. All others are fetched part by part, several at once.
 */
public final class SideBySide implements Closeable {

	/** A part of fewer bytes takes less time than to ask for it. */
	private static final long WORTH_A_REQUEST = 512 << 10;

	private final List<SideStream> streams = new ArrayList<>();

	/**
	 * Begins to fetch.
	 * @param objects as listed
	 * @param memory bytes of them that may be held, or on their way; at least
	 * {@link #leastMemory()} of each
	 * @param capabilities of their store
	 * @param parallelism how many may be open at once
	 * @param fetcher fetches them
	 * @param threads do that
	 * @param meter asked while waiting whether to go on, and hears of bytes that were
	 * read
	 */
	@SuppressWarnings("StreamResourceLeak") // closed with this
	public SideBySide(List<StoredObject> objects, long memory, StoreCapabilities capabilities, int parallelism,
			ObjectFetcher fetcher, RestoreThreads threads, RestoreMeter meter) {
		Set<StoredObject> through = new HashSet<>();
		if (capabilities.reads() == StoreCapabilities.Reads.STREAMED) {
			// Something else is to be fetched meanwhile
			int most = Math.min(parallelism - 1, capabilities.concurrentReads() / 2);
			long all = total(objects);
			objects.stream()
				.filter((object) -> isTooLarge(object, share(object, memory, all)))
				.sorted(Comparator.comparingLong(StoredObject::size).reversed())
				.limit(most)
				.forEach(through::add);
		}
		long partwise = total(objects.stream().filter((object) -> !through.contains(object)).toList());
		for (StoredObject object : objects) {
			this.streams.add(through.contains(object) ? new ThroughStream(object, fetcher, threads, meter)
					: new PartwiseStream(object, share(object, memory, partwise), fetcher, threads, meter));
		}
	}

	private static long total(List<StoredObject> objects) {
		return Math.max(1, objects.stream().mapToLong(StoredObject::size).sum());
	}

	private static long share(StoredObject object, long memory, long total) {
		return Math.max((long) (memory * ((double) object.size() / total)), leastMemory());
	}

	private static boolean isTooLarge(StoredObject object, long share) {
		return object.size() > share && PartwiseStream.part(object.size(), share) < WORTH_A_REQUEST;
	}

	/** What an object takes at least, whatever it may. */
	public static long leastMemory() {
		return PartwiseStream.leastMemory();
	}

	/** An object as a stream, which is closed with all the others. */
	public InputStream stream(int object) {
		return this.streams.get(object);
	}

	/** Ends what is still being fetched. */
	@Override
	public void close() {
		this.streams.forEach(SideStream::close);
	}

}
