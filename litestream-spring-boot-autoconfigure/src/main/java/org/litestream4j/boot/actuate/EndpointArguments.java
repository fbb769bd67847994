package org.litestream4j.boot.actuate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.convert.DurationStyle;

import org.litestream4j.RestoreTarget;
import org.litestream4j.RestoreTime;
import org.litestream4j.format.Durations;
import org.litestream4j.format.Generation;
import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.format.TransactionId;
import org.litestream4j.format.WalPosition;

/**
 * Reads the body of a request.
 *
 * @param values by name; what is absent is null or missing
 */
record EndpointArguments(Map<String, @Nullable Object> values) {

	/** A name, and the comma behind it. */
	private static final Pattern NAME = Pattern.compile("\\s*(?:\"((?:[^\"]|\"\")+)\"\\s*|([^\",]+))(,|$)");

	/** Whatever any operation takes. */
	static EndpointArguments of(@Nullable Object timeout, @Nullable Object replica, @Nullable Object outputPath,
			@Nullable Object timestamp, @Nullable Object generation, @Nullable Object index, @Nullable Object txid,
			@Nullable Object dryRun, @Nullable Object from, @Nullable Object to, @Nullable Object tables) {
		Map<String, @Nullable Object> values = new HashMap<>();
		values.put("tables", tables);
		values.put("timeout", timeout);
		values.put("replica", replica);
		values.put("outputPath", outputPath);
		values.put("timestamp", timestamp);
		values.put("generation", generation);
		values.put("index", index);
		values.put("txid", txid);
		values.put("dryRun", dryRun);
		values.put("from", from);
		values.put("to", to);
		return new EndpointArguments(values);
	}

	/** One that no operation takes. */
	static EndpointArguments unknown(String name) {
		return new EndpointArguments(Map.of(name, true));
	}

	/** What a page is bounded by. */
	static EndpointArguments of(@Nullable Object limit, @Nullable Object before) {
		Map<String, @Nullable Object> values = new HashMap<>();
		values.put("limit", limit);
		values.put("before", before);
		return new EndpointArguments(values);
	}

	/** Whatever any listing takes. */
	static EndpointArguments of(@Nullable Object limit, @Nullable Object before, @Nullable Object replica,
			@Nullable Object from, @Nullable Object to, @Nullable Object transactions, @Nullable Object tables) {
		Map<String, @Nullable Object> values = new HashMap<>();
		values.put("limit", limit);
		values.put("before", before);
		values.put("replica", replica);
		values.put("from", from);
		values.put("to", to);
		values.put("transactions", transactions);
		values.put("tables", tables);
		return new EndpointArguments(values);
	}

	/** What an operation takes. */
	void requireOnly(String operation, Set<String> allowed) {
		this.values.forEach((name, value) -> {
			if (value != null && !allowed.contains(name)) {
				throw EndpointRequestException.badRequest("%s does not take '%s': %s".formatted(operation, shown(name),
						allowed.isEmpty() ? "nothing is expected"
								: "allowed are " + allowed.stream().sorted().collect(Collectors.joining(", "))));
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

	/**
	 * Names in one text, as the web server's part of an endpoint takes no arrays: with
	 * commas between them, and in double quotes, as in SQL, where one has a comma itself.
	 * @return none if nothing is given
	 */
	List<String> names(String name) {
		String text = text(name);
		if (text == null) {
			return List.of();
		}
		List<String> names = new ArrayList<>();
		Matcher next = NAME.matcher(text);
		while (next.lookingAt()) {
			String quoted = next.group(1);
			String found = (quoted != null) ? quoted.replace("\"\"", "\"") : next.group(2).strip();
			if (found.isBlank()) {
				break;
			}
			names.add(found);
			if (next.group(3).isEmpty()) {
				return names;
			}
			next.region(next.end(), text.length());
		}
		throw invalid(name, text, "names with commas between them, in double quotes where one has a comma itself,");
	}

	boolean flag(String name) {
		return flag(name, false);
	}

	boolean flag(String name, boolean byDefault) {
		String text = text(name);
		if (text == null) {
			return byDefault;
		}
		if (text.equalsIgnoreCase("false")) {
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

	/** The start of a restore point, in whichever format. */
	@Nullable ReplicaPosition point(String name) {
		String text = text(name);
		if (text == null || text.indexOf('/') >= 0) {
			return position(name);
		}
		try {
			return TransactionId.parse(text);
		}
		catch (IllegalArgumentException ex) {
			throw invalid(name, text,
					"a position such as 75949f9e3948e859/00000003:000020e0, or a transaction such as 00000000000003e8,");
		}
	}

	/** Generation, index, txid, and a timestamp that was read before. */
	RestoreTarget target(@Nullable RestoreTime timestamp) {
		try {
			return RestoreTarget.builder()
				.generation(generation())
				.index(index())
				.timestamp((timestamp != null) ? timestamp.instant() : null)
				.txid(txid())
				.build();
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

	/** As listed, which is a decimal number, or as in names of files. */
	private @Nullable TransactionId txid() {
		String text = text("txid");
		try {
			return (text == null) ? null
					: (text.length() == 16) ? TransactionId.parse(text) : new TransactionId(Long.parseLong(text));
		}
		catch (IllegalArgumentException ex) {
			throw invalid("txid", text, "a number from 1 on, or 16 hexadecimal digits");
		}
	}

	/**
	 * A time as people write it, in the zone of this machine. What is given in another
	 * request a moment later may mean another time, so it is read once for each.
	 */
	@Nullable RestoreTime time(String name) {
		String text = text(name);
		try {
			return (text != null) ? RestoreTime.of(text) : null;
		}
		catch (IllegalArgumentException ex) {
			throw EndpointRequestException.badRequest(name + ": " + ex.getMessage());
		}
	}

	static EndpointRequestException invalid(String name, @Nullable Object value, String expected) {
		return EndpointRequestException
			.badRequest("%s is '%s': %s is expected".formatted(name, shown(value), expected));
	}

	private static String shown(@Nullable Object value) {
		String shown = String.valueOf(value).replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", "?");
		return (shown.length() <= 80) ? shown : shown.substring(0, 80) + "...";
	}

}
