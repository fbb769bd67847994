package org.litestream4j.sqlite;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The running checksum of a WAL, as SQLite's file format defines it: two 32-bit sums that
 * feed on each other, over pairs of 32-bit words in the byte order that the WAL's magic
 * number names. Both sums travel in one {@code long}, the first in its upper half.
 */
public final class WalChecksum {

	private static final VarHandle BIG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

	private static final VarHandle LITTLE = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

	private WalChecksum() {
	}

	/**
	 * Continues a checksum.
	 * @param bigEndian the byte order of the words
	 * @param seed the checksum so far, 0 at the start of a WAL
	 * @param bytes holds the data
	 * @param offset where the data begins
	 * @param length bytes of data, a multiple of 8
	 * @return the checksum of everything so far
	 */
	public static long update(boolean bigEndian, long seed, byte[] bytes, int offset, int length) {
		if (length % 8 != 0) {
			throw new IllegalArgumentException("length %d is not a multiple of 8".formatted(length));
		}
		int sum1 = (int) (seed >>> 32);
		int sum2 = (int) seed;
		int end = offset + length;
		if (bigEndian) {
			for (int i = offset; i < end; i += 8) {
				long words = (long) BIG.get(bytes, i);
				sum1 += (int) (words >>> 32) + sum2;
				sum2 += (int) words + sum1;
			}
		}
		else {
			for (int i = offset; i < end; i += 8) {
				long words = (long) LITTLE.get(bytes, i);
				sum1 += (int) words + sum2;
				sum2 += (int) (words >>> 32) + sum1;
			}
		}
		return ((long) sum1 << 32) | (sum2 & 0xffff_ffffL);
	}

}
