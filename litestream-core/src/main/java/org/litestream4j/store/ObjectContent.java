package org.litestream4j.store;

import java.io.IOException;
import java.io.OutputStream;

/**
 * What an object is to contain: compressed bytes, written on demand. Asked a second time
 * it writes the same bytes again, so a store can retry.
 */
@FunctionalInterface
public interface ObjectContent {

	/**
	 * Writes all bytes. Does not close the stream.
	 * @param out where they go
	 * @throws IOException if the source cannot be read, or the stream not written
	 */
	void writeTo(OutputStream out) throws IOException;

	/**
	 * Writes all bytes to nowhere.
	 * @return how many they are
	 * @throws IOException if the source cannot be read
	 */
	default long size() throws IOException {
		ByteCounter counter = new ByteCounter();
		writeTo(counter);
		return counter.bytes();
	}

}
