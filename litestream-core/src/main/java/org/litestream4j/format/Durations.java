package org.litestream4j.format;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.litestream4j.Internal;

/**
 * Durations as people write them, and as clocks count them. Pure.
 */
@Internal
public final class Durations {

	/** {@link Duration#toNanos()} fails beyond it. */
	private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE);

	private static final long DAY = Duration.ofDays(1).toSeconds();

	private static final Pattern NOTATION = Pattern.compile("(?:\\d{1,9}(?:\\.\\d{1,9})?(?:ms|s|m|h|d|w)\\s*)+",
			Pattern.CASE_INSENSITIVE);

	private static final Pattern AMOUNT = Pattern.compile("(\\d+)(?:\\.(\\d+))?(ms|s|m|h|d|w)",
			Pattern.CASE_INSENSITIVE);

	private static final Map<String, Duration> UNITS = Map.of("ms", Duration.ofMillis(1), "s", Duration.ofSeconds(1),
			"m", Duration.ofMinutes(1), "h", Duration.ofHours(1), "d", Duration.ofDays(1), "w", Duration.ofDays(7));

	private Durations() {
	}

	/**
	 * Reads a duration as people write it: {@code 90s}, {@code 2h30m}, {@code 1.5d}.
	 * @param text a number and a unit, of ms, s, m, h, d and w, or several of them
	 * @return the duration; null if it is none
	 */
	public static @Nullable Duration parse(String text) {
		if (!NOTATION.matcher(text).matches()) {
			return null;
		}
		Duration sum = Duration.ZERO;
		Matcher amount = AMOUNT.matcher(text);
		while (amount.find()) {
			Duration unit = Objects.requireNonNull(UNITS.get(amount.group(3).toLowerCase(Locale.ROOT)));
			sum = sum.plus(unit.multipliedBy(Long.parseLong(amount.group(1))));
			String fraction = amount.group(2);
			if (fraction != null) {
				sum = sum.plus(
						unit.multipliedBy(Long.parseLong(fraction)).dividedBy((long) Math.pow(10, fraction.length())));
			}
		}
		return sum;
	}

	/**
	 * In the largest unit that needs no fraction: {@code 300 ms}, {@code 30 s},
	 * {@code 24 h}. Fractions of a second are told of less than a day.
	 * @param duration what to describe; may be negative
	 * @return the description, in English
	 */
	public static String describe(Duration duration) {
		boolean underADay = duration.getSeconds() > -DAY && duration.getSeconds() < DAY;
		if (underADay && duration.getNano() != 0) {
			long nanos = duration.toNanos();
			return (nanos % 1_000_000 == 0 || Math.abs(nanos) >= 1_000_000_000) ? nanos / 1_000_000 + " ms"
					: nanos + " ns";
		}
		long seconds = duration.toSeconds();
		if (seconds == 0 || seconds % 60 != 0) {
			return seconds + " s";
		}
		return (seconds % 3600 != 0) ? seconds / 60 + " min" : seconds / 3600 + " h";
	}

	/**
	 * {@return the nanoseconds of a duration; what is longer than 292 years is taken for
	 * that}
	 * @param duration zero or more
	 */
	public static long nanos(Duration duration) {
		return (duration.compareTo(LONGEST) < 0) ? duration.toNanos() : Long.MAX_VALUE;
	}

}
