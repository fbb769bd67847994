package org.litestream4j.format;

import java.util.regex.Pattern;

/**
 * The id of a transaction in one LTX replica: everything up to and including it was
 * copied. A transaction here is what was replicated at once, which is one commit or many.
 * Ids of different replicas have nothing to do with each other. Immutable.
 *
 * @param value from 1
 */
public record TransactionId(long value) implements ReplicaPosition, Comparable<TransactionId> {

	private static final Pattern NOTATION = Pattern.compile("[0-9a-f]{16}");

	/**
	 * Creates an id.
	 * @param value from 1
	 * @throws IllegalArgumentException if it is less
	 */
	public TransactionId {
		if (value < 1) {
			throw new IllegalArgumentException("transaction %d: 1 or more is expected".formatted(value));
		}
	}

	/**
	 * Reads what {@link #toString()} wrote.
	 * @param text sixteen lower-case hexadecimal digits, as in the names of LTX files
	 * @return the id
	 * @throws IllegalArgumentException if it is anything else
	 */
	public static TransactionId parse(String text) {
		if (!NOTATION.matcher(text).matches() || text.charAt(0) > '7') {
			throw new IllegalArgumentException(
					"'%s' is not a transaction id: 16 hexadecimal digits such as 00000000000003e8 are expected"
						.formatted((text.length() <= 80) ? text : text.substring(0, 80) + "..."));
		}
		return new TransactionId(Long.parseLong(text, 16));
	}

	@Override
	public int compareTo(TransactionId other) {
		return Long.compare(this.value, other.value);
	}

	/**
	 * The notation of ids in names of files, in logs and in messages: sixteen hexadecimal
	 * digits.
	 */
	@Override
	public String toString() {
		return "%016x".formatted(this.value);
	}

}
