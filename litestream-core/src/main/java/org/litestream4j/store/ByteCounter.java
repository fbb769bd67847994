package org.litestream4j.store;

import java.io.OutputStream;

/** Counts bytes, and forgets them. Not thread-safe. */
final class ByteCounter extends OutputStream {

	private long bytes;

	@Override
	public void write(int b) {
		this.bytes++;
	}

	@Override
	public void write(byte[] b, int offset, int length) {
		this.bytes += length;
	}

	long bytes() {
		return this.bytes;
	}

}
