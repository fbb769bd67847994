package org.litestream4j;

import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Durations;

/**
 * A moment, as people write it: {@code 5m} (ago), {@code 12:02}, {@code yesterday 12:02},
 * {@code 2026-11-26 12:02:03.5}, or in full, {@code 2026-11-26T12:02:03.5+01:00}. What is
 * left out is taken from the machine's clock and zone, and {@link #note()} says how it
 * was understood, since whoever restores at night has one guess only. What can be
 * understood in two ways is refused: a time that the clocks showed twice, or never, when
 * they were changed. Immutable.
 */
public final class RestoreTime {

	/** What may stand around a duration. */
	private static final Pattern AGO = Pattern.compile("^-|\\s*ago$", Pattern.CASE_INSENSITIVE);

	private static final Pattern TIME = Pattern.compile(
			"(?:(?<day>\\d{4}-\\d{2}-\\d{2}|today|yesterday)[T\\s]\\s*)?"
					+ "(?<hour>\\d{1,2}):(?<minute>\\d{2})(?::(?<second>\\d{2})(?:[.,](?<fraction>\\d{1,9}))?)?"
					+ "\\s*(?<zone>Z|[+-]\\d{2}(?::?\\d{2})?|\\[?[A-Z][A-Z0-9_+-]*(?:/[A-Z0-9_+-]+)*\\]?)?",
			Pattern.CASE_INSENSITIVE);

	/** To the millisecond, or as exactly as it is. */
	private static final DateTimeFormatter FULL = new DateTimeFormatterBuilder().appendPattern("uuuu-MM-dd'T'HH:mm:ss")
		.appendFraction(ChronoField.NANO_OF_SECOND, 3, 9, true)
		.appendOffsetId()
		.toFormatter(Locale.ROOT);

	private final Instant instant;

	@Nullable private final String note;

	private RestoreTime(Instant instant, @Nullable String note) {
		this.instant = instant;
		this.note = note;
	}

	/**
	 * {@return the moment that a text means now, in this machine's zone}
	 * @param text as people write it
	 * @throws IllegalArgumentException with one sentence that says what is allowed
	 */
	public static RestoreTime of(String text) {
		return parse(text, Clock.system(ZoneId.systemDefault()));
	}

	/**
	 * {@return the moment that a text means}
	 * @param text as people write it
	 * @param clock says what "now" is, and in which zone times without one are
	 * @throws IllegalArgumentException with one sentence that says what is allowed
	 */
	public static RestoreTime parse(String text, Clock clock) {
		String trimmed = text.strip();
		try {
			RestoreTime time = parseAny(trimmed, clock);
			if (time != null) {
				return time;
			}
		}
		catch (DateTimeException | ArithmeticException ex) {
			throw new IllegalArgumentException(notUnderstood(trimmed, clock.getZone()), ex);
		}
		throw new IllegalArgumentException(notUnderstood(trimmed, clock.getZone()));
	}

	private static @Nullable RestoreTime parseAny(String text, Clock clock) {
		Instant now = clock.instant();
		if (text.equalsIgnoreCase("now")) {
			return ofClock(text, now, clock.getZone());
		}
		String bare = AGO.matcher(text).replaceAll("");
		Duration amount = Durations.parse(bare);
		if (amount != null) {
			Instant then = now.minus(amount);
			return then.isBefore(Instant.EPOCH) ? null : ofClock(bare + " ago", then, clock.getZone());
		}
		Instant exact = exact(text);
		if (exact != null) {
			return new RestoreTime(exact, null);
		}
		Matcher time = TIME.matcher(text);
		return time.matches() ? ofParts(text, time, now, clock.getZone()) : null;
	}

	private static @Nullable Instant exact(String text) {
		try {
			return OffsetDateTime.parse(text).toInstant();
		}
		catch (DateTimeException ex) {
			return null; // the other ways are tried
		}
	}

	private static RestoreTime ofParts(String text, Matcher parts, Instant now, ZoneId machine) {
		ZoneId zone = zone(parts.group("zone"), machine);
		LocalTime time = LocalTime.of(Integer.parseInt(parts.group("hour")), Integer.parseInt(parts.group("minute")),
				(parts.group("second") != null) ? Integer.parseInt(parts.group("second")) : 0,
				nanos(parts.group("fraction")));
		LocalDate today = now.atZone(zone).toLocalDate();
		String day = parts.group("day");
		if (day == null) {
			List<Instant> passed = moments(today.atTime(time), zone).stream()
				.filter((moment) -> !moment.isAfter(now))
				.toList();
			return !passed.isEmpty() ? noted(text, only(text, today.atTime(time), passed, zone), zone, "")
					: noted(text, only(text, today.minusDays(1).atTime(time), zone), zone,
							", which was yesterday, as today's is still to come");
		}
		LocalDate date = switch (day.toLowerCase(Locale.ROOT)) {
			case "today" -> today;
			case "yesterday" -> today.minusDays(1);
			default -> LocalDate.parse(day);
		};
		Instant instant = only(text, date.atTime(time), zone);
		return noted(text, instant, zone, instant.isAfter(now) ? ", which is still to come" : "");
	}

	private static ZoneId zone(@Nullable String text, ZoneId machine) {
		if (text == null) {
			return machine;
		}
		String name = text.replaceAll("[\\[\\]]", "");
		return ZoneId.getAvailableZoneIds()
			.stream()
			.filter(name::equalsIgnoreCase)
			.findFirst()
			.map(ZoneId::of)
			.orElseGet(() -> ZoneId.of(name.toUpperCase(Locale.ROOT)));
	}

	private static int nanos(@Nullable String fraction) {
		return (fraction != null) ? Integer.parseInt((fraction + "00000000").substring(0, 9)) : 0;
	}

	/** None where the clocks were put forward, two where they were put back. */
	private static List<Instant> moments(LocalDateTime time, ZoneId zone) {
		return zone.getRules().getValidOffsets(time).stream().map(time::toInstant).toList();
	}

	private static Instant only(String text, LocalDateTime time, ZoneId zone) {
		return only(text, time, moments(time, zone), zone);
	}

	private static Instant only(String text, LocalDateTime time, List<Instant> moments, ZoneId zone) {
		if (moments.isEmpty()) {
			throw new IllegalArgumentException(
					"'%s' never was: in %s the clocks were put forward over %s; give a time before or after that"
						.formatted(text, zone, time));
		}
		if (moments.size() > 1) {
			throw new IllegalArgumentException("'%s' was twice: in %s the clocks were put back over %s; give %s or %s"
				.formatted(text, zone, time, full(moments.get(0), zone), full(moments.get(1), zone)));
		}
		return moments.get(0);
	}

	/** Nobody means a nanosecond of what the clock of this machine says. */
	private static RestoreTime ofClock(String text, Instant instant, ZoneId zone) {
		return new RestoreTime(instant, noted(text, instant.truncatedTo(ChronoUnit.MILLIS), zone, "").note());
	}

	private static RestoreTime noted(String text, Instant instant, ZoneId zone, String more) {
		String where = (zone instanceof ZoneOffset) ? "" : " (%s)".formatted(zone);
		return new RestoreTime(instant, "%s is %s%s%s".formatted(text, full(instant, zone), where, more));
	}

	private static String full(Instant instant, ZoneId zone) {
		return FULL.format(instant.atZone(zone));
	}

	private static String notUnderstood(String text, ZoneId zone) {
		return ("'%s' is no time: allowed are 5m or 2h30m (ago), 12:02 or 12:02:03.5, yesterday 12:02, 2026-11-26 12:02"
				+ " (these in the zone %s, or with another behind them), and 2026-11-26T12:02:03.5Z or +01:00")
			.formatted(shown(text), zone);
	}

	/** Whoever wrote it: it goes to logs and terminals. */
	private static String shown(String text) {
		String safe = text.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", "?");
		return (safe.length() <= 80) ? safe : safe.substring(0, 80) + "...";
	}

	/**
	 * {@return the moment}
	 */
	public Instant instant() {
		return this.instant;
	}

	/**
	 * {@return how the text was understood, to be shown to whoever wrote it; null if it
	 * could mean nothing else}
	 */
	public @Nullable String note() {
		return this.note;
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return other instanceof RestoreTime that && this.instant.equals(that.instant);
	}

	@Override
	public int hashCode() {
		return this.instant.hashCode();
	}

	/** The moment in UTC, to the millisecond or as exactly as it is. */
	@Override
	public String toString() {
		return full(this.instant, ZoneOffset.UTC);
	}

}
