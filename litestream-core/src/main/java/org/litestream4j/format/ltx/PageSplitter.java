package org.litestream4j.format.ltx;

import java.io.IOException;
import java.io.OutputStream;

/**
 * Takes a database's bytes in order, and writes each page of them but the lock page. Not
 * thread-safe.
 */
final class PageSplitter extends OutputStream {

	private final LtxWriter writer;

	private final int lockPage;

	private final byte[] page;

	private int filled;

	private int number = 1;

	PageSplitter(LtxWriter writer, LtxHeader header) {
		this.writer = writer;
		this.lockPage = header.lockPage();
		this.page = new byte[header.pageSize()];
	}

	@Override
	public void write(int value) throws IOException {
		write(new byte[] { (byte) value }, 0, 1);
	}

	@Override
	public void write(byte[] bytes, int offset, int length) throws IOException {
		int at = offset;
		int left = length;
		while (left > 0) {
			if (this.filled == 0 && left >= this.page.length) {
				page(bytes, at);
				at += this.page.length;
				left -= this.page.length;
				continue;
			}
			int count = Math.min(left, this.page.length - this.filled);
			System.arraycopy(bytes, at, this.page, this.filled, count);
			this.filled += count;
			at += count;
			left -= count;
			if (this.filled == this.page.length) {
				this.filled = 0;
				page(this.page, 0);
			}
		}
	}

	private void page(byte[] bytes, int offset) throws IOException {
		if (this.number != this.lockPage) {
			this.writer.page(this.number, bytes, offset);
		}
		this.number++;
	}

}
