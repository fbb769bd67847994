package org.litestream4j.cli;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

/** Times, sizes and numbers as users of {@code litestream} know them. */
final class Text {

	private static final int LONGEST_LINE = 4000;

	private Text() {
	}

	/** To the second, for example {@code 2026-01-01T00:00:00Z}. */
	static String time(Instant time) {
		return time.truncatedTo(ChronoUnit.SECONDS).toString();
	}

	/** To the second, for example {@code 1h19m38s}. */
	static String duration(Duration duration) {
		long seconds = Math.max(duration.toSeconds(), 0);
		if (seconds >= 3600) {
			return "%dh%dm%ds".formatted(seconds / 3600, seconds / 60 % 60, seconds % 60);
		}
		return (seconds >= 60) ? "%dm%ds".formatted(seconds / 60, seconds % 60) : seconds + "s";
	}

	/** With a unit, for example {@code 12.3 MB}. */
	static String bytes(long bytes) {
		String[] units = { "B", "kB", "MB", "GB", "TB" };
		double value = bytes;
		int unit = 0;
		while (value >= 1000 && unit < units.length - 1) {
			value /= 1000;
			unit++;
		}
		return (unit == 0) ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
	}

	/** On one line, and not endless, whoever's words are in it. */
	static String line(@Nullable String message) {
		String text = String.valueOf(message);
		String bounded = (text.length() <= LONGEST_LINE) ? text : text.substring(0, LONGEST_LINE) + "...";
		return bounded.replaceAll("[\\p{Cntrl}\\p{Zl}\\p{Zp}]+", " ");
	}

	/** As in the names of objects, and as {@code -index} takes it. */
	static String index(int index) {
		return "%08x".formatted(index);
	}

	/** Reads a hexadecimal index. */
	static int parseIndex(String text) {
		try {
			int index = Integer.parseInt(text.startsWith("0x") ? text.substring(2) : text, 16);
			if (index >= 0) {
				return index;
			}
		}
		catch (NumberFormatException ex) {
			// told below
		}
		throw new IllegalArgumentException(
				"-index is '%s': a hexadecimal number as in the listings is expected, for example 0000001a or 1a"
					.formatted(text));
	}

	/** Reads a time with its offset. */
	static Instant parseTime(String text) {
		try {
			return OffsetDateTime.parse(text).toInstant();
		}
		catch (DateTimeException ex) {
			throw new IllegalArgumentException(
					"-timestamp is '%s': a time with its offset is expected, for example 2026-01-31T12:00:00Z"
						.formatted(text),
					ex);
		}
	}

}
