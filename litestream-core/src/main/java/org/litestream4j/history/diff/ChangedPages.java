package org.litestream4j.history.diff;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;

/** Which pages of two files are not the same. */
final class ChangedPages {

	private static final int CHUNK = 1 << 20;

	private ChangedPages() {
	}

	/**
	 * Compares byte for byte.
	 * @return the numbers of pages, from 1, that differ or that only one of them has
	 */
	static BitSet of(Path first, Path second, int pageSize, Cancellation cancellation) throws IOException {
		BitSet changed = new BitSet();
		byte[] left = new byte[CHUNK];
		byte[] right = new byte[CHUNK];
		try (RandomAccessFile a = new RandomAccessFile(first.toFile(), "r");
				RandomAccessFile b = new RandomAccessFile(second.toFile(), "r")) {
			long common = Math.min(a.length(), b.length()) / pageSize * pageSize;
			for (long position = 0; position < common; position += CHUNK) {
				cancellation.check();
				int length = (int) Math.min(CHUNK, common - position);
				a.readFully(left, 0, length);
				b.readFully(right, 0, length);
				note(changed, left, right, length, position, pageSize);
			}
			int pages = (int) (Math.max(a.length(), b.length()) / pageSize);
			changed.set((int) (common / pageSize) + 1, Math.max(pages, (int) (common / pageSize)) + 1);
		}
		return changed;
	}

	private static void note(BitSet changed, byte[] left, byte[] right, int length, long position, int pageSize) {
		int at = 0;
		while (at < length) {
			int different = Arrays.mismatch(left, at, length, right, at, length);
			if (different < 0) {
				return;
			}
			int page = (at + different) / pageSize;
			changed.set((int) (position / pageSize) + page + 1);
			at = (page + 1) * pageSize;
		}
	}

}
