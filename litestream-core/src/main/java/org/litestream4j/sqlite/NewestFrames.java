package org.litestream4j.sqlite;

import java.util.Arrays;

/**
 * Which frame of a WAL has the newest version of each page, by ascending page. Takes 8
 * bytes for each page. Immutable.
 */
public final class NewestFrames {

	/**
	 * Each the page's number above the frame's, with the sign turned so that high pages
	 * are not sorted before low ones.
	 */
	private final long[] entries;

	private NewestFrames(long[] entries) {
		this.entries = entries;
	}

	/**
	 * Finds them.
	 * @param pages which page each frame is of, up to 2<sup>32</sup> - 1, from the WAL's
	 * first frame on
	 * @param count how many frames there are; what the array holds after them is ignored
	 * @param most pages with a higher number are left out
	 */
	public static NewestFrames of(long[] pages, int count, long most) {
		long[] frames = new long[count];
		for (int i = 0; i < count; i++) {
			frames[i] = (pages[i] << 32 | i) ^ Long.MIN_VALUE;
		}
		Arrays.sort(frames);
		int kept = 0;
		for (int i = 0; i < count; i++) {
			boolean newest = i + 1 == count || pageOf(frames[i + 1]) != pageOf(frames[i]);
			if (newest && pageOf(frames[i]) <= most) {
				frames[kept++] = frames[i];
			}
		}
		return new NewestFrames(Arrays.copyOf(frames, kept));
	}

	private static long pageOf(long entry) {
		return (entry ^ Long.MIN_VALUE) >>> 32;
	}

	/** How many pages have a frame. */
	public int size() {
		return this.entries.length;
	}

	/** The number of a page, from 1; pages are in ascending order. */
	public long page(int i) {
		return pageOf(this.entries[i]);
	}

	/** The newest frame of that page, counted from 0. */
	public int frame(int i) {
		return (int) this.entries[i];
	}

	/** The newest frame of a page, counted from 0; -1 if it has none. */
	public int frameOf(long page) {
		int found = Arrays.binarySearch(this.entries, (page << 32) ^ Long.MIN_VALUE);
		int at = (found >= 0) ? found : -found - 1;
		return (at < this.entries.length && page(at) == page) ? frame(at) : -1;
	}

}
