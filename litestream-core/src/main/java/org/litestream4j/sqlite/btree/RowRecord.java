package org.litestream4j.sqlite.btree;

import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.jspecify.annotations.Nullable;

/** Reads the record format, in which rows and keys are written. */
public final class RowRecord {

	private RowRecord() {
	}

	/**
	 * Reads the values of a record. A column that is an alias of the rowid is null in it.
	 * @param payload the whole record
	 * @param page where it is, for errors
	 * @param text how text is written
	 * @return for each column null, a {@link Long}, a {@link Double}, a {@link String} or
	 * a byte array
	 * @throws DamagedPageException if it is no record
	 */
	public static List<@Nullable Object> values(byte[] payload, long page, Charset text) throws DamagedPageException {
		long headerSize = PageBytes.varint(payload, 0, payload.length);
		if (payload.length == 0 || headerSize < 1 || headerSize > payload.length) {
			throw new DamagedPageException(page, "has a record with a header of %d bytes".formatted(headerSize));
		}
		List<@Nullable Object> values = new ArrayList<>();
		int header = PageBytes.varintLength(payload, 0, payload.length);
		int at = (int) headerSize;
		while (header < headerSize) {
			long type = PageBytes.varint(payload, header, (int) headerSize);
			header += PageBytes.varintLength(payload, header, (int) headerSize);
			long size = size(type);
			if (size < 0 || size > payload.length - at) {
				throw new DamagedPageException(page, "has a record that ends before its values do");
			}
			values.add(value(type, payload, at, (int) size, text));
			at += (int) size;
		}
		return values;
	}

	/** Bytes of a value of a type; negative for one that there is not. */
	private static long size(long type) {
		if (type >= 12) {
			return (type - 12) / 2;
		}
		return switch ((int) type) {
			case 0, 8, 9 -> 0;
			case 1, 2, 3, 4 -> type;
			case 5 -> 6;
			case 6, 7 -> 8;
			default -> -1;
		};
	}

	private static @Nullable Object value(long type, byte[] payload, int at, int size, Charset text) {
		if (type >= 12) {
			return (type % 2 == 0) ? Arrays.copyOfRange(payload, at, at + size) : new String(payload, at, size, text);
		}
		return switch ((int) type) {
			case 0 -> null;
			case 7 -> ByteBuffer.wrap(payload).getDouble(at);
			case 8 -> 0L;
			case 9 -> 1L;
			default -> integer(payload, at, size);
		};
	}

	private static long integer(byte[] payload, int at, int size) {
		long value = payload[at];
		for (int i = 1; i < size; i++) {
			value = value << 8 | (payload[at + i] & 0xff);
		}
		return value;
	}

}
