package org.litestream4j.history.diff;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.util.Collection;
import java.util.HexFormat;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * Writes values and names as SQL that means exactly them, whatever version of SQLite
 * reads it, and without a character that would steer a terminal. Immutable.
 *
 * @param encoding of the text in the database
 */
record SqlText(Charset encoding) {

	/** Up to here an integer is a double without a loss. */
	private static final long EXACT = 1L << 53;

	/** 2^62, the largest power of two that SQLite has as an integer. */
	private static final int STEP = 62;

	private static final int CHUNK = 1 << 14;

	/** A name in quotes. */
	static String name(String name) {
		return '"' + name.replace("\"", "\"\"") + '"';
	}

	/** Names in quotes, with commas between. */
	static String names(Collection<String> names) {
		return names.stream().map(SqlText::name).collect(Collectors.joining(", "));
	}

	/** Text that has nothing that it would not be told by. */
	static String text(String text) {
		return '\'' + text.replace("'", "''") + '\'';
	}

	/** Appends a value of {@link RowCursor}. */
	void append(Appendable out, @Nullable Object value) throws IOException {
		if (value == null) {
			out.append("NULL");
		}
		else if (value instanceof Long) {
			out.append(value.toString());
		}
		else if (value instanceof Double real) {
			out.append(real(real));
		}
		else if (value instanceof RawText raw) {
			appendText(out, raw.bytes());
		}
		else {
			appendBlob(out, (byte[]) value);
		}
	}

	/** One value by itself. */
	String literal(@Nullable Object value) {
		StringBuilder out = new StringBuilder();
		try {
			append(out, value);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex); // a StringBuilder throws none
		}
		return out.toString();
	}

	/**
	 * Up to 15 digits and a small exponent any reader gets right, as both are doubles
	 * without a loss and only one operation is rounded. SQLite's gets others wrong by the
	 * last bit in some of its versions: these are written as an integer, multiplied or
	 * divided by powers of two, which loses nothing.
	 */
	static String real(double value) {
		if (Double.isInfinite(value)) {
			return (value > 0) ? "9e999" : "-9e999";
		}
		String shortest = Double.toString(value);
		int digits = (int) shortest.chars().takeWhile((c) -> c != 'E').filter(Character::isDigit).count();
		int at = shortest.indexOf('E');
		int exponent = (at < 0) ? 0 : Integer.parseInt(shortest.substring(at + 1));
		if (value == 0 || (digits <= 15 && Math.abs(exponent) + digits <= 22)) {
			return shortest;
		}
		return "%s/*%s*/".formatted(exact(value), shortest);
	}

	private static String exact(double value) {
		long bits = Double.doubleToRawLongBits(value);
		int biased = (int) (bits >> 52) & 0x7ff;
		long mantissa = (bits & (EXACT / 2 - 1)) | ((biased == 0) ? 0 : EXACT / 2);
		int exponent = Math.max(biased, 1) - 1075;
		int zeros = Long.numberOfTrailingZeros(mantissa);
		mantissa >>= zeros;
		exponent += zeros;
		StringBuilder out = new StringBuilder((value < 0) ? "-1.0*" : "1.0*").append(mantissa);
		char operation = (exponent < 0) ? '/' : '*';
		for (int left = Math.abs(exponent); left > 0; left -= STEP) {
			out.append(operation).append(1L << Math.min(left, STEP));
		}
		return out.toString();
	}

	private void appendText(Appendable out, byte[] bytes) throws IOException {
		String text = decode(bytes);
		if (text == null || !isPlain(text)) {
			out.append("CAST(");
			appendBlob(out, bytes);
			out.append(" AS TEXT)");
			return;
		}
		out.append('\'');
		int from = 0;
		for (int quote = text.indexOf('\''); quote >= 0; quote = text.indexOf('\'', quote + 1)) {
			out.append(text, from, quote + 1).append('\'');
			from = quote + 1;
		}
		out.append(text, from, text.length()).append('\'');
	}

	/** Null if it is no text of the encoding, which SQLite does not look at. */
	private @Nullable String decode(byte[] bytes) {
		try {
			return this.encoding.newDecoder()
				.onMalformedInput(CodingErrorAction.REPORT)
				.onUnmappableCharacter(CodingErrorAction.REPORT)
				.decode(ByteBuffer.wrap(bytes))
				.toString();
		}
		catch (CharacterCodingException ex) {
			return null;
		}
	}

	/**
	 * A byte order mark would be taken off; a carriage return does not survive all tools.
	 */
	static boolean isPlain(String text) {
		return text.chars()
			.noneMatch((c) -> (Character.isISOControl(c) && c != '\n' && c != '\t')
					|| Character.getType(c) == Character.FORMAT || c == '\u2028' || c == '\u2029');
	}

	private static void appendBlob(Appendable out, byte[] bytes) throws IOException {
		out.append("x'");
		for (int from = 0; from < bytes.length; from += CHUNK) {
			out.append(HexFormat.of().formatHex(bytes, from, Math.min(from + CHUNK, bytes.length)));
		}
		out.append('\'');
	}

}
