package org.litestream4j.restore;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * What WAL changes in a snapshot that has not been written yet: the newest version of
 * each page, and the size. Not thread-safe.
 */
final class PageOverlay {

	/** What a page on the heap costs beside its bytes. */
	private static final int OVERHEAD = 120;

	private final int pageSize;

	private final long capacity;

	/** By position in the file. */
	private final TreeMap<Long, byte[]> pages = new TreeMap<>();

	/** What the snapshot has from here on was cut off, even if the file grew again. */
	private long cut = Long.MAX_VALUE;

	/** Whether the size is known; if not, it is at least that. */
	private boolean sized;

	private long size;

	/**
	 * Creates an overlay of nothing.
	 * @param pageSize of the database
	 * @param capacity bytes of memory that it may take
	 */
	PageOverlay(int pageSize, long capacity) {
		this.pageSize = pageSize;
		this.capacity = capacity;
	}

	/** Takes whole pages, which replace older versions. */
	void write(long position, byte[] bytes, int offset, int length) {
		for (int at = 0; at < length; at += this.pageSize) {
			byte[] page = this.pages.computeIfAbsent(position + at, (unused) -> new byte[this.pageSize]);
			System.arraycopy(bytes, offset + at, page, 0, this.pageSize);
		}
		this.size = Math.max(this.size, position + length);
	}

	/** Cuts the file, or grows it with zeros. */
	void truncate(long newSize) {
		this.pages.tailMap(newSize).clear();
		this.cut = Math.min(this.cut, newSize);
		this.size = newSize;
		this.sized = true;
	}

	/** Whether the size is known, and is more than that. */
	boolean endsBehind(long position) {
		return this.sized && this.size > position;
	}

	/** The size of the file, or the least that it can be. */
	long size() {
		return this.size;
	}

	/** Where the last page ends that was written and not cut off again. */
	long end() {
		return this.pages.isEmpty() ? 0 : this.pages.lastKey() + this.pageSize;
	}

	boolean isFull() {
		return this.pages.size() * (long) (this.pageSize + OVERHEAD) > this.capacity;
	}

	/**
	 * Turns a chunk of the snapshot into a chunk of the file.
	 * @param position where it begins; a multiple of all page sizes
	 * @param chunk as the snapshot has it
	 * @param length what the snapshot has in it; less than the whole chunk at its end,
	 * and behind
	 * @return how many bytes of the chunk belong to the file; less than the whole chunk
	 * at its end, and behind
	 */
	int lay(long position, byte[] chunk, int length) {
		int wanted = clamp(size(position, chunk, length) - position, chunk.length);
		int kept = Math.min(length, clamp(this.cut - position, chunk.length));
		if (kept < wanted) {
			Arrays.fill(chunk, kept, wanted, (byte) 0);
		}
		for (Map.Entry<Long, byte[]> page : this.pages.subMap(position, position + wanted).entrySet()) {
			System.arraycopy(page.getValue(), 0, chunk, (int) (page.getKey() - position), this.pageSize);
		}
		return wanted;
	}

	/** The size of the file, as far as it is known in the middle of the snapshot. */
	private long size(long position, byte[] chunk, int length) {
		if (this.sized) {
			return this.size;
		}
		return (length < chunk.length) ? Math.max(position + length, this.size) : Long.MAX_VALUE;
	}

	private static int clamp(long value, int highest) {
		return (int) Math.max(0, Math.min(value, highest));
	}

}
