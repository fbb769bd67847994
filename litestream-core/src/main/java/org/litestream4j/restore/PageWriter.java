package org.litestream4j.restore;

import java.io.IOException;

/**
 * Writes pages, and those that lie side by side at once: SQLite writes a transaction's
 * pages in their order. Not thread-safe.
 */
public final class PageWriter {

	private final byte[] run = new byte[1 << 18];

	private final PageTarget file;

	private long position;

	private int length;

	public PageWriter(PageTarget file) {
		this.file = file;
	}

	/**
	 * Writes a page.
	 * @param number from 1
	 * @param bytes holds the page
	 * @param offset where it begins
	 * @param pageSize bytes in it
	 */
	public void write(long number, byte[] bytes, int offset, int pageSize) throws IOException {
		long target = (number - 1) * pageSize;
		if (target != this.position + this.length || this.length + pageSize > this.run.length) {
			flush();
			this.position = target;
		}
		System.arraycopy(bytes, offset, this.run, this.length, pageSize);
		this.length += pageSize;
	}

	public void flush() throws IOException {
		if (this.length > 0) {
			this.file.write(this.position, this.run, 0, this.length);
			this.length = 0;
		}
	}

}
