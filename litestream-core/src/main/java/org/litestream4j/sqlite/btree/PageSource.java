package org.litestream4j.sqlite.btree;

import java.io.IOException;

/**
 * The pages of a database in one state. Not thread-safe.
 */
public interface PageSource {

	/** Bytes in a page: a power of two, 512 to 65536. */
	int pageSize();

	/** How many pages there are. */
	long pages() throws IOException;

	/**
	 * Reads a page.
	 * @param page its number, from 1 to {@link #pages()}
	 * @param into at least {@link #pageSize()} bytes
	 * @throws IOException if it cannot be read
	 */
	void read(long page, byte[] into) throws IOException;

	/**
	 * Reads a page into an array of its own.
	 * @throws DamagedPageException if there is no page of that number
	 * @throws IOException if it cannot be read
	 */
	default byte[] page(long page) throws IOException {
		if (page < 1 || page > pages()) {
			throw new DamagedPageException(page, "does not exist: there are %d".formatted(pages()));
		}
		byte[] bytes = new byte[pageSize()];
		read(page, bytes);
		return bytes;
	}

}
