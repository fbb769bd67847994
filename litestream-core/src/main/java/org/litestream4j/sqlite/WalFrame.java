package org.litestream4j.sqlite;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Reads the fields of a frame's header in place, as frames are too many to be objects.
 */
public final class WalFrame {

	/*-
	 * Frame header, 24 bytes, big-endian:
	 *    0  page number
	 *    4  database pages after the commit, or 0 if the frame does not commit
	 *    8  salt 1, salt 2                as in the WAL's header
	 *   16  checksum 1, checksum 2        of bytes 0 to 7 and the page, going on from
	 *                                     the frame before
	 * Source: SQLite's file format, section 4.1.
	 */

	/** Bytes in a frame's header. */
	public static final int HEADER_SIZE = 24;

	private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

	private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

	private WalFrame() {
	}

	/** The number of the page in the frame, from 1; unsigned. */
	public static long pageNumber(byte[] bytes, int offset) {
		return Integer.toUnsignedLong((int) INT.get(bytes, offset));
	}

	/** The database's size in pages if the frame ends a transaction, else 0; unsigned. */
	public static long databasePages(byte[] bytes, int offset) {
		return Integer.toUnsignedLong((int) INT.get(bytes, offset + 4));
	}

	/** Both salts, as in {@link WalHeader#salts()}. */
	public static long salts(byte[] bytes, int offset) {
		return (long) LONG.get(bytes, offset + 8);
	}

	/** The running checksum up to and including this frame. */
	public static long checksum(byte[] bytes, int offset) {
		return (long) LONG.get(bytes, offset + 16);
	}

}
