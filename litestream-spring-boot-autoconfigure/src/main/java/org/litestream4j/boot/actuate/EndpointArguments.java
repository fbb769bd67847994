package org.litestream4j.boot.actuate;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.convert.DurationStyle;

import org.litestream4j.format.Durations;
import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.restore.RestoreTarget;

/**
 * Reads the body of a request.
 *
 * @param values by name; what is absent is null or missing
 */
record EndpointArguments(Map<String, @Nullable Object> values) {

	/** Whatever any operation takes. */
	static EndpointArguments of(@Nullable Object timeout, @Nullable Object replica, @Nullable Object outputPath,
			@Nullable Object timestamp, @Nullable Object generation, @Nullable Object index, @Nullable Object dryRun) {
		Map<String, @Nullable Object> values = new HashMap<>();
		values.put("timeout", timeout);
		values.put("replica", replica);
		values.put("outputPath", outputPath);
		values.put("timestamp", timestamp);
		values.put("generation", generation);
		values.put("index", index);
		values.put("dryRun", dryRun);
		return new EndpointArguments(values);
	}

	/** Whatever any listing takes. */
	static EndpointArguments of(@Nullable Object limit, @Nullable Object before) {
		Map<String, @Nullable Object> values = new HashMap<>();
		values.put("limit", limit);
		values.put("before", before);
		return new EndpointArguments(values);
	}

	/** What an operation takes. */
	void requireOnly(String operation, Set<String> allowed) {
		this.values.forEach((name, value) -> {
			if (value != null && !allowed.contains(name)) {
				throw EndpointRequestException.badRequest("%s does not take '%s': %s".formatted(operation, name,
						allowed.isEmpty() ? "nothing is expected" : "allowed are " + String.join(", ", allowed)));
			}
		});
	}

	@Nullable String text(String name) {
		Object value = this.values.get(name);
		if (value == null) {
			return null;
		}
		if (!(value instanceof String || value instanceof Number || value instanceof Boolean)) {
			throw invalid(name, value, "a single value");
		}
		return value.toString();
	}

	boolean flag(String name) {
		String text = text(name);
		if (text == null || text.equalsIgnoreCase("false")) {
			return false;
		}
		if (text.equalsIgnoreCase("true")) {
			return true;
		}
		throw invalid(name, text, "true or false");
	}

	/** At most {@code max}, whether it is given or not. */
	Duration duration(String name, Duration byDefault, Duration max) {
		String text = text(name);
		if (text == null) {
			return (byDefault.compareTo(max) < 0) ? byDefault : max;
		}
		String expected = "a duration such as 30s or PT30S, of at most %s (litestream.endpoint.max-timeout),"
			.formatted(Durations.describe(max));
		try {
			Duration duration = DurationStyle.detectAndParse(text);
			if (!duration.isNegative() && !duration.isZero() && duration.compareTo(max) <= 0) {
				return duration;
			}
		}
		catch (IllegalArgumentException | ArithmeticException ex) {
			throw invalid(name, text, expected);
		}
		throw invalid(name, text, expected);
	}

	/** From 1 to {@code max}. */
	int number(String name, int byDefault, int max) {
		String text = text(name);
		try {
			int number = (text != null) ? Integer.parseInt(text) : byDefault;
			if (number >= 1 && number <= max) {
				return number;
			}
		}
		catch (NumberFormatException ex) {
			throw invalid(name, text, "a number from 1 to " + max);
		}
		throw invalid(name, text, "a number from 1 to " + max);
	}

	/** As answered in {@code next}. */
	@Nullable WalPosition position(String name) {
		String text = text(name);
		try {
			return (text != null) ? WalPosition.parse(text) : null;
		}
		catch (IllegalArgumentException ex) {
			throw invalid(name, text, "a position such as 75949f9e3948e859/00000003:000020e0");
		}
	}

	/** Timestamp, generation and index. */
	RestoreTarget target() {
		try {
			return new RestoreTarget(generation(), index(), null, timestamp());
		}
		catch (IllegalArgumentException ex) {
			throw EndpointRequestException.badRequest(String.valueOf(ex.getMessage()));
		}
	}

	private @Nullable Generation generation() {
		String text = text("generation");
		return (text != null) ? new Generation(text) : null;
	}

	private @Nullable Integer index() {
		String text = text("index");
		try {
			return (text != null) ? Integer.valueOf(text) : null;
		}
		catch (NumberFormatException ex) {
			throw invalid("index", text, "a number from 0 to " + Integer.MAX_VALUE);
		}
	}

	private @Nullable Instant timestamp() {
		String text = text("timestamp");
		try {
			return (text != null) ? OffsetDateTime.parse(text).toInstant() : null;
		}
		catch (DateTimeException ex) {
			throw invalid("timestamp", text, "a time with its offset, such as 2026-11-22T10:15:30Z,");
		}
	}

	static EndpointRequestException invalid(String name, @Nullable Object value, String expected) {
		String shown = String.valueOf(value).replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", "?");
		return EndpointRequestException.badRequest("%s is '%s': %s is expected".formatted(name,
				(shown.length() <= 80) ? shown : shown.substring(0, 80) + "...", expected));
	}

}
