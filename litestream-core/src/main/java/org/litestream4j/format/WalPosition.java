package org.litestream4j.format;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place in a generation's WAL: everything before it has been copied. Thread-safe, as it
 * is immutable.
 *
 * @param generation the generation
 * @param index counts the WALs of the generation, from 0
 * @param offset bytes from the start of that WAL, its 32-byte header included; 0 means
 * that nothing of it was copied. Beyond {@link #MAX_OFFSET} only where Litestream v0.3.13
 * wrote a WAL that large: its objects are read, and none is written
 */
public record WalPosition(Generation generation, int index, long offset) implements ReplicaPosition {

	/** The largest offset that the eight digits of an object name can hold. */
	public static final long MAX_OFFSET = 0xffff_ffffL;

	/** The largest offset that makes any sense: twelve digits. */
	private static final long LARGEST = 0xffff_ffff_ffffL;

	private static final Pattern NOTATION = Pattern.compile("([0-9a-f]{16})/([0-7][0-9a-f]{7}):([0-9a-f]{8,12})");

	/**
	 * Creates a position.
	 * @param generation the generation
	 * @param index counts the WALs of the generation, from 0
	 * @param offset bytes from the start of that WAL, its 32-byte header included; 0
	 * means that nothing of it was copied. Beyond {@link #MAX_OFFSET} only where
	 * Litestream v0.3.13 wrote a WAL that large: its objects are read, and none is
	 * written
	 * @throws IllegalArgumentException if the index is negative, or the offset is
	 * negative or of more than twelve hexadecimal digits
	 */
	public WalPosition {
		if (index < 0) {
			throw new IllegalArgumentException("WAL index %d: 0 or more is expected".formatted(index));
		}
		if (offset < 0 || offset > LARGEST) {
			throw new IllegalArgumentException("WAL offset %d: 0 to %d is expected".formatted(offset, LARGEST));
		}
	}

	/**
	 * Compares with another position of the same generation.
	 * @param other the other position
	 * @return whether this one is after it
	 * @throws IllegalArgumentException for positions of different generations, which have
	 * no order
	 */
	public boolean isAfter(WalPosition other) {
		if (!this.generation.equals(other.generation)) {
			throw new IllegalArgumentException(
					"generations %s and %s have no order".formatted(this.generation, other.generation));
		}
		return (this.index != other.index) ? this.index > other.index : this.offset > other.offset;
	}

	/**
	 * {@return the same WAL at another offset}
	 * @param newOffset bytes from the start of the WAL
	 * @throws IllegalArgumentException if the offset is out of range
	 */
	public WalPosition at(long newOffset) {
		return new WalPosition(this.generation, this.index, newOffset);
	}

	/**
	 * Reads what {@link #toString()} wrote.
	 * @param text a generation's name, a slash, the index, a colon, and the offset, both
	 * as eight lower-case hexadecimal digits
	 * @return the position
	 * @throws IllegalArgumentException if it is anything else
	 */
	public static WalPosition parse(String text) {
		Matcher matcher = NOTATION.matcher(text);
		if (!matcher.matches()) {
			throw new IllegalArgumentException(
					"'%s' is not a position: one such as 75949f9e3948e859/00000003:000020e0 is expected"
						.formatted((text.length() <= 80) ? text : text.substring(0, 80) + "..."));
		}
		return new WalPosition(new Generation(matcher.group(1)), Integer.parseInt(matcher.group(2), 16),
				Long.parseLong(matcher.group(3), 16));
	}

	/**
	 * The notation of positions in logs, messages, the endpoint's parameters and the
	 * sample's page.
	 */
	@Override
	public String toString() {
		return "%s/%08x:%08x".formatted(this.generation, this.index, this.offset);
	}

}
