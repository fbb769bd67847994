package org.litestream4j.history.diff;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.litestream4j.RestoreTarget;
import org.litestream4j.RestoreTime;
import org.litestream4j.format.Generation;
import org.litestream4j.format.TransactionId;
import org.litestream4j.format.WalPosition;

/**
 * A state of a replica, as people name it: by a time, a position, a generation, a
 * transaction, or {@code latest}.
 *
 * @param text as it was given
 * @param target what is restored
 * @param time if it is one
 */
public record Moment(String text, RestoreTarget target, @Nullable RestoreTime time) {

	/** The newest state. */
	public static final Moment LATEST = new Moment("latest", RestoreTarget.latest(), null);

	private static final Pattern GENERATION = Pattern.compile("[0-9a-f]{16}");

	private static final Pattern INDEX = Pattern.compile("([0-9a-f]{16})/([0-7]?[0-9a-f]{1,7})");

	private static final Pattern POSITION = Pattern.compile("[0-9a-f]{16}/.*:.*");

	private static final Pattern TRANSACTION = Pattern.compile("txid:([0-7]?[0-9a-f]{1,15})");

	/** As a log prints it. No generation begins so, as these are random. */
	private static final Pattern BARE_TRANSACTION = Pattern.compile("0{8}[0-9a-f]{8}");

	/**
	 * Reads one.
	 * @throws IllegalArgumentException with one sentence that says what is allowed
	 */
	public static Moment of(String text) {
		if (text.equals("latest")) {
			return LATEST;
		}
		if (BARE_TRANSACTION.matcher(text).matches()) {
			return new Moment(text, RestoreTarget.of(TransactionId.parse(text)), null);
		}
		if (GENERATION.matcher(text).matches()) {
			return new Moment(text, RestoreTarget.of(new Generation(text)), null);
		}
		Matcher index = INDEX.matcher(text);
		if (index.matches()) {
			return new Moment(text,
					RestoreTarget.of(new Generation(index.group(1)), Integer.parseInt(index.group(2), 16)), null);
		}
		if (POSITION.matcher(text).matches()) {
			return new Moment(text, RestoreTarget.at(WalPosition.parse(text)), null);
		}
		Matcher transaction = TRANSACTION.matcher(text);
		if (transaction.matches()) {
			return new Moment(text, RestoreTarget.of(new TransactionId(Long.parseLong(transaction.group(1), 16))),
					null);
		}
		try {
			RestoreTime time = RestoreTime.of(text);
			return new Moment(text, RestoreTarget.asOf(time.instant()), time);
		}
		catch (IllegalArgumentException ex) {
			throw new IllegalArgumentException(
					"%s; or a position such as 75949f9e3948e859/00000003:000020e0, an index or a generation alone, txid:3e8, or latest"
						.formatted(ex.getMessage()),
					ex);
		}
	}

}
