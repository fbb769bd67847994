package org.litestream4j.format;

/**
 * A place in a generation's WAL: everything before it has been copied. Thread-safe, as it
 * is immutable.
 *
 * @param generation the generation
 * @param index counts the WALs of the generation, from 0
 * @param offset bytes from the start of that WAL, its 32-byte header included; 0 means
 * that nothing of it was copied. Object names hold eight hexadecimal digits, so it is
 * below 4 GiB
 */
public record WalPosition(Generation generation, int index, long offset) {

	/** The largest offset that an object name can hold. */
	public static final long MAX_OFFSET = 0xffff_ffffL;

	public WalPosition {
		if (index < 0) {
			throw new IllegalArgumentException("WAL index %d: 0 or more is expected".formatted(index));
		}
		if (offset < 0 || offset > MAX_OFFSET) {
			throw new IllegalArgumentException("WAL offset %d: 0 to %d is expected".formatted(offset, MAX_OFFSET));
		}
	}

	/**
	 * Whether this position lies behind another of the same generation.
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

	/** The same WAL at another offset. */
	public WalPosition at(long newOffset) {
		return new WalPosition(this.generation, this.index, newOffset);
	}

	@Override
	public String toString() {
		return "%s/%08x:%08x".formatted(this.generation, this.index, this.offset);
	}

}
