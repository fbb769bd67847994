package org.litestream4j.sqlite;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The header of a database file.
 *
 * @param pageSize bytes in a page: a power of two, 512 to 65536
 * @param pages how many there are; 0 if whoever wrote last did not count them
 */
public record DatabaseHeader(int pageSize, long pages) {

	/*-
	 * 100 bytes, big-endian; what is looked at:
	 *    0  "SQLite format 3", 0
	 *   16  page size, 2 bytes; 1 means 65536
	 *   24  change counter
	 *   28  pages
	 *   92  change counter when the pages were counted
	 * Source: SQLite's file format, section 1.3.
	 */

	/** Bytes in a header. */
	public static final int SIZE = 100;

	/** Bytes in the smallest page. */
	public static final int SMALLEST_PAGE = 512;

	/** Bytes in the largest page. */
	public static final int LARGEST_PAGE = 65536;

	private static final byte[] MAGIC = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);

	/**
	 * Reads a header.
	 * @param bytes the beginning of a file
	 * @param length how many of the bytes are the file's
	 * @param source begins the sentence of an error
	 * @throws NotADatabaseException if they are not the beginning of a database
	 */
	public static DatabaseHeader parse(byte[] bytes, int length, String source) throws NotADatabaseException {
		if (length == 0) {
			throw new NotADatabaseException("%s is empty, and not a SQLite database".formatted(source));
		}
		if (length < SIZE || !Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
			throw new NotADatabaseException("%s is not a SQLite database".formatted(source));
		}
		int stored = (bytes[16] & 0xff) << 8 | (bytes[17] & 0xff);
		int pageSize = (stored == 1) ? LARGEST_PAGE : stored;
		if (pageSize < SMALLEST_PAGE || Integer.bitCount(pageSize) != 1) {
			throw new NotADatabaseException(("%s is not a SQLite database: its header says pages of %d bytes, and a"
					+ " power of two from 512 to 65536 is expected")
				.formatted(source, pageSize));
		}
		ByteBuffer fields = ByteBuffer.wrap(bytes);
		boolean counted = fields.getInt(24) == fields.getInt(92);
		return new DatabaseHeader(pageSize, counted ? Integer.toUnsignedLong(fields.getInt(28)) : 0);
	}

}
