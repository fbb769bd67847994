package org.litestream4j.format.ltx;

/**
 * The encoding of a file's index of pages: for each page its number, where in the file it
 * begins and how many bytes it takes, as varints, seven bits a byte from the lowest on.
 */
final class PageIndex {

	/** Numbers in an entry. */
	static final int NUMBERS = 3;

	/** Bytes that an entry takes at most. */
	static final int LONGEST_ENTRY = 5 + 10 + 5;

	private PageIndex() {
	}

	/**
	 * Encodes an entry.
	 * @param to has room for {@link #LONGEST_ENTRY} bytes
	 * @return where the entry ends
	 */
	static int put(byte[] to, int offset, int page, long begin, long size) {
		return putVarint(to, putVarint(to, putVarint(to, offset, page), begin), size);
	}

	/** Counts the numbers that end in a part of an index. */
	static int numbers(byte[] index, int from, int to) {
		int count = 0;
		for (int i = from; i < to; i++) {
			count += (index[i] >= 0) ? 1 : 0;
		}
		return count;
	}

	private static int putVarint(byte[] to, int offset, long value) {
		int at = offset;
		long rest = value;
		while ((rest & ~0x7fL) != 0) {
			to[at++] = (byte) (rest | 0x80);
			rest >>>= 7;
		}
		to[at++] = (byte) rest;
		return at;
	}

}
