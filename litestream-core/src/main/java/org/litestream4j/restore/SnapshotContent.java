package org.litestream4j.restore;

import java.io.Closeable;
import java.io.IOException;

/**
 * A database file that is read from its beginning to its end. Not thread-safe.
 */
public interface SnapshotContent extends Closeable {

	/** Bytes in a chunk: a multiple of all page sizes. */
	int CHUNK = 1 << 20;

	/** The database's page size in bytes. */
	int pageSize();

	/**
	 * Reads the next chunk.
	 * @param chunk of {@link #CHUNK} bytes
	 * @return how many bytes it got: fewer than all at the end, 0 after it
	 * @throws UnusableSnapshotException if it is damaged
	 */
	int read(byte[] chunk) throws IOException;

}
