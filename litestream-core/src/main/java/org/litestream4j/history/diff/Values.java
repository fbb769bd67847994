package org.litestream4j.history.diff;

import java.math.BigDecimal;
import java.util.Arrays;

import org.jspecify.annotations.Nullable;

/** Values as {@link RowCursor} has them: which are the same, and which come first. */
final class Values {

	private Values() {
	}

	/**
	 * Whether two are one and the same, to the last bit: 1 and 1.0 are not, nor 0.0 and
	 * -0.0.
	 */
	static boolean same(@Nullable Object a, @Nullable Object b) {
		if (a instanceof byte[] left) {
			return b instanceof byte[] right && Arrays.equals(left, right);
		}
		return (a == null) ? b == null : a.equals(b);
	}

	/** In the order of SQLite's {@code BINARY} collation. */
	static int compare(@Nullable Object a, @Nullable Object b) {
		int rank = rank(a);
		int order = Integer.compare(rank, rank(b));
		if (order != 0 || a == null || b == null) {
			return order;
		}
		return switch (rank) {
			case 1 -> compareNumbers(a, b);
			case 2 -> Arrays.compareUnsigned(((RawText) a).bytes(), ((RawText) b).bytes());
			default -> Arrays.compareUnsigned((byte[]) a, (byte[]) b);
		};
	}

	private static int rank(@Nullable Object value) {
		if (value == null) {
			return 0;
		}
		if (value instanceof Long || value instanceof Double) {
			return 1;
		}
		return (value instanceof RawText) ? 2 : 3;
	}

	private static int compareNumbers(Object a, Object b) {
		if (a instanceof Long left && b instanceof Long right) {
			return Long.compare(left, right);
		}
		double left = ((Number) a).doubleValue();
		double right = ((Number) b).doubleValue();
		if ((a instanceof Double && b instanceof Double) || Double.isInfinite(left) || Double.isInfinite(right)) {
			return (left < right) ? -1 : (left > right) ? 1 : 0;
		}
		return exact(a).compareTo(exact(b));
	}

	private static BigDecimal exact(Object number) {
		return (number instanceof Long integer) ? BigDecimal.valueOf(integer) : new BigDecimal((Double) number);
	}

}
