package org.litestream4j.restore;

/**
 * What a restore may keep on the heap: a share of the most that the heap can have, so
 * that a small one suffices, and a large one is made use of.
 *
 * @param segments bytes of segments, fetched or being fetched
 * @param pages bytes of pages to be written over the snapshot
 */
record RestoreMemory(long segments, long pages) {

	private static final long MEGABYTE = 1 << 20;

	/** For a heap of at most so many bytes. */
	static RestoreMemory of(long maxHeap) {
		return new RestoreMemory(between(4 * MEGABYTE, maxHeap / 8, 32 * MEGABYTE),
				between(2 * MEGABYTE, maxHeap / 16, 32 * MEGABYTE));
	}

	/** For the heap of this process. */
	static RestoreMemory ofThisProcess() {
		return of(Runtime.getRuntime().maxMemory());
	}

	private static long between(long least, long value, long most) {
		return Math.max(least, Math.min(value, most));
	}

}
