package org.litestream4j.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

/** Times, sizes and numbers as users of {@code litestream} know them. */
final class Text {

	private static final int LONGEST_LINE = 4000;

	/** Always with three digits, so that columns are as wide as they are. */
	private static final DateTimeFormatter MILLIS = new DateTimeFormatterBuilder().appendInstant(3).toFormatter();

	private static final DateTimeFormatter LOCAL = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSXXX",
			Locale.ROOT);

	private Text() {
	}

	/**
	 * To the millisecond, rounded up: for example {@code 2026-01-01T00:00:00.001Z}. Given
	 * to {@code -timestamp} it reaches what it stands beside, whose own time may be
	 * finer.
	 */
	static String time(Instant time) {
		return MILLIS.format(millis(time));
	}

	/** The same for JSON. */
	static Instant millis(Instant time) {
		return time.plusNanos(999_999).truncatedTo(ChronoUnit.MILLIS);
	}

	/**
	 * The same, but in full where a millisecond does not tell it from what comes next.
	 */
	static Instant before(Instant time, @Nullable Instant next) {
		return (next != null && time.isBefore(next) && !millis(time).isBefore(next)) ? time : millis(time);
	}

	/** As {@link #before} has it, in this machine's zone, with its offset. */
	static String localTime(Instant time, @Nullable Instant next) {
		Instant shown = before(time, next);
		return shown.equals(millis(time)) ? localTime(time)
				: DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(shown.atZone(ZoneId.systemDefault()));
	}

	/** To the millisecond in this machine's zone, with its offset. */
	static String localTime(Instant time) {
		return LOCAL.format(millis(time).atZone(ZoneId.systemDefault()));
	}

	/** To the second, for example {@code 1h19m38s}. */
	static String duration(Duration duration) {
		long seconds = Math.max(duration.toSeconds(), 0);
		if (seconds >= 3600) {
			return "%dh%dm%ds".formatted(seconds / 3600, seconds / 60 % 60, seconds % 60);
		}
		return (seconds >= 60) ? "%dm%ds".formatted(seconds / 60, seconds % 60) : seconds + "s";
	}

	/** For example: {@code 1 file}, {@code 2 files}. */
	static String count(long count, String one) {
		return "%d %s%s".formatted(count, one, (count == 1) ? "" : "s");
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

}
