package org.litestream4j.sqlite.btree;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Reads the numbers in a page. Whoever calls has made sure that they lie within it. */
final class PageBytes {

	private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

	/** Bytes in the longest variable-length integer. */
	static final int LONGEST_VARINT = 9;

	private PageBytes() {
	}

	static int u8(byte[] bytes, int offset) {
		return bytes[offset] & 0xff;
	}

	static int u16(byte[] bytes, int offset) {
		return (bytes[offset] & 0xff) << 8 | (bytes[offset + 1] & 0xff);
	}

	static long u32(byte[] bytes, int offset) {
		return Integer.toUnsignedLong((int) INT.get(bytes, offset));
	}

	/**
	 * A variable-length integer: seven bits in each of eight bytes, and eight in a ninth.
	 * @param end where the bytes end; an integer that goes on behind is cut there
	 */
	static long varint(byte[] bytes, int offset, int end) {
		long value = 0;
		for (int i = 0; i < LONGEST_VARINT && offset + i < end; i++) {
			int next = bytes[offset + i];
			if (i == LONGEST_VARINT - 1) {
				return value << 8 | (next & 0xff);
			}
			value = value << 7 | (next & 0x7f);
			if (next >= 0) {
				return value;
			}
		}
		return value;
	}

	/** How many bytes that integer has, cut or not. */
	static int varintLength(byte[] bytes, int offset, int end) {
		for (int i = 0; i < LONGEST_VARINT && offset + i < end; i++) {
			if (bytes[offset + i] >= 0 || i == LONGEST_VARINT - 1) {
				return i + 1;
			}
		}
		return end - offset;
	}

}
