package org.litestream4j.sqlite.btree;

import java.io.IOException;
import java.util.Arrays;

/** Reads what a cell holds, with what is on overflow pages. */
public final class Payload {

	private Payload() {
	}

	/**
	 * Reads a payload.
	 * @param page the page with the cell
	 * @param cell which of its cells
	 * @param source where overflow pages are
	 * @param most how many bytes are wanted; the rest is not read
	 * @return the payload, or its beginning
	 * @throws DamagedPageException if the chain of overflow pages is not what it has to
	 * be
	 * @throws IOException if a page cannot be read
	 */
	public static byte[] read(TreePage page, int cell, PageSource source, int most) throws IOException {
		int size = (int) Math.min(page.payloadSize(cell), most);
		int local = Math.min(page.localSize(cell), size);
		int begin = page.payloadOffset(cell);
		byte[] begun = Arrays.copyOfRange(page.bytes(), begin, begin + local);
		if (local == size) {
			return begun;
		}
		// what a damaged cell says of its size must not decide what memory is taken
		long there = local + source.pages() * source.pageSize();
		if (size > there) {
			throw new DamagedPageException(page.number(), "has a cell of %d bytes".formatted(size));
		}
		byte[] payload = Arrays.copyOf(begun, size);
		int at = local;
		long next = page.overflow(cell);
		int usable = page.usable();
		while (at < size) {
			byte[] overflow = source.page(next);
			int length = Math.min(usable - 4, size - at);
			System.arraycopy(overflow, 4, payload, at, length);
			at += length;
			next = PageBytes.u32(overflow, 0);
		}
		return payload;
	}

}
