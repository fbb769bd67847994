package org.litestream4j.restore;

import java.io.IOException;

/**
 * Takes the pages of a WAL: a database that is being restored, or who only looks at them.
 */
public interface PageTarget {

	/** Takes whole pages. */
	void write(long position, byte[] bytes, int offset, int length) throws IOException;

	/** Hears of the size that the database has, in bytes. */
	void truncate(long size) throws IOException;

}
