package org.litestream4j.store;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Where a replica is, as a user writes it: a scheme, which names the kind of store, and
 * what a store of that kind makes of the rest, for example {@code file:///dir}.
 *
 * @param scheme in lower case
 * @param rest what comes after the colon
 */
public record ReplicaUrl(String scheme, String rest) {

	private static final Pattern SCHEME = Pattern.compile("[a-z][a-z0-9+.-]*");

	/**
	 * Reads a url as far as it is the same for all stores.
	 * @param url as the user wrote it
	 * @return the url, whose rest the store reads
	 * @throws IllegalArgumentException with one sentence that says what is wrong and what
	 * is allowed; what could be a secret is not repeated
	 */
	public static ReplicaUrl parse(String url) {
		String text = url.strip();
		requirePrintable(text);
		int colon = text.indexOf(':');
		String scheme = (colon < 0) ? "" : text.substring(0, colon).toLowerCase(Locale.ROOT);
		if (!SCHEME.matcher(scheme).matches()) {
			throw new IllegalArgumentException(
					"A replica's url begins with '%s': a scheme and a colon are expected, as in file:///directory"
						.formatted((colon < 0) ? shorten(text) : shorten(scheme) + ":"));
		}
		return new ReplicaUrl(scheme, text.substring(colon + 1));
	}

	/** What is in a url is shown in logs and on terminals. */
	static void requirePrintable(String text) {
		if (text.chars().anyMatch(Character::isISOControl)) {
			throw new IllegalArgumentException(
					"The replica url %s is not a path: it has a control character; leave that out"
						.formatted(shorten(text.replaceAll("\\p{Cc}", "?"))));
		}
	}

	/**
	 * {@return a part of a url, fit for a message: short, and without user and password}
	 * @param text a part of a url
	 */
	public static String shorten(String text) {
		int at = text.lastIndexOf('@');
		String safe = text.substring(at + 1);
		return (safe.length() <= 60) ? safe : safe.substring(0, 60) + "...";
	}

	@Override
	public String toString() {
		return this.scheme + ":" + this.rest;
	}

}
