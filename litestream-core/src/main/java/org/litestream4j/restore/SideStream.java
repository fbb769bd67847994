package org.litestream4j.restore;

import java.io.IOException;
import java.io.InputStream;

/**
 * One of several objects that are read side by side. What was read of it is judged by its
 * content alone, so that closing it tells nothing and never fails.
 */
abstract class SideStream extends InputStream {

	@Override
	public final int read() throws IOException {
		byte[] one = new byte[1];
		return (read(one, 0, 1) < 0) ? -1 : one[0] & 0xff;
	}

	@Override
	public abstract int read(byte[] bytes, int offset, int length) throws IOException;

	/** Ends what is still being fetched. */
	@Override
	public abstract void close();

}
