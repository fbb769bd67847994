package org.litestream4j.format;

import java.time.Duration;

/**
 * Durations as people write them, and as clocks count them. Pure.
 */
public final class Durations {

	/** {@link Duration#toNanos()} fails beyond it. */
	private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE);

	private static final long DAY = Duration.ofDays(1).toSeconds();

	private Durations() {
	}

	/**
	 * In the largest unit that needs no fraction: {@code 300 ms}, {@code 30 s},
	 * {@code 24 h}. Fractions of a second are told of less than a day.
	 */
	public static String describe(Duration duration) {
		boolean underADay = duration.getSeconds() > -DAY && duration.getSeconds() < DAY;
		if (underADay && duration.getNano() != 0) {
			long nanos = duration.toNanos();
			return (nanos % 1_000_000 == 0) ? nanos / 1_000_000 + " ms" : nanos + " ns";
		}
		long seconds = duration.toSeconds();
		if (seconds == 0 || seconds % 60 != 0) {
			return seconds + " s";
		}
		return (seconds % 3600 != 0) ? seconds / 60 + " min" : seconds / 3600 + " h";
	}

	/** In nanoseconds; what is longer than 292 years is taken for that. */
	public static long nanos(Duration duration) {
		return (duration.compareTo(LONGEST) < 0) ? duration.toNanos() : Long.MAX_VALUE;
	}

}
