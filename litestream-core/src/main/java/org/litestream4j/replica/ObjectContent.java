package org.litestream4j.replica;

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
	 * @throws IOException if the source cannot be read, or the stream not written
	 */
	void writeTo(OutputStream out) throws IOException;

}
