package org.litestream4j.store.s3;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * A page of a listing, read from the little of XML that stores write: elements with or
 * without attributes, text, and the entities that every XML has. All else is not
 * understood, which is an {@link IOException}, and for the SDK to make something of: to
 * load a parser takes longer than to fetch a small database.
 *
 * @param objects with whole keys for names
 * @param directories common prefixes
 * @param next where the listing goes on, or null
 */
record S3PlainPage(List<Found> objects, List<String> directories, @Nullable String next) {

	private static final String SECONDS = "0000-00-00T00:00:00Z";

	private static final String MILLIS = "0000-00-00T00:00:00.000Z";

	private static final Set<String> GROUPS = Set.of("Contents", "CommonPrefixes");

	/** Elements within elements: twice as many as a listing has. */
	private static final int DEEPEST = 8;

	/**
	 * An object of a listing.
	 *
	 * @param key all of it
	 * @param size in bytes
	 * @param modified when it was stored
	 * @param eTag null if the listing does not say
	 */
	record Found(String key, long size, Instant modified, @Nullable String eTag) {
	}

	/**
	 * Reads a page.
	 * @param text the whole answer
	 * @param prefix what was asked for
	 * @throws IOException if it is not understood, or is not what was asked for
	 */
	static S3PlainPage parse(String text, String prefix) throws IOException {
		Parser parser = new Parser(text);
		parser.readRoot();
		Map<String, String> said = parser.root;
		boolean encoded = said.getOrDefault("EncodingType", "").equals("url");
		String saidPrefix = decode(said.getOrDefault("Prefix", ""), encoded);
		if (!said.containsKey("Name") || (!saidPrefix.isEmpty() && !saidPrefix.equals(prefix))) {
			throw new IOException("another listing");
		}
		boolean truncated = switch (said.getOrDefault("IsTruncated", "")) {
			case "true" -> true;
			case "false" -> false;
			default -> throw new IOException("a listing that does not say whether it is complete");
		};
		String next = said.get("NextContinuationToken");
		if (truncated && (next == null || next.isEmpty())) {
			throw new IOException("a listing that does not say where it goes on");
		}
		List<Found> objects = new ArrayList<>();
		for (Map<String, String> object : parser.objects) {
			objects.add(found(object, encoded));
		}
		List<String> directories = new ArrayList<>();
		for (Map<String, String> directory : parser.directories) {
			directories.add(decode(required(directory, "Prefix"), encoded));
		}
		return new S3PlainPage(objects, directories, truncated ? next : null);
	}

	private static Found found(Map<String, String> object, boolean encoded) throws IOException {
		try {
			long size = Long.parseLong(required(object, "Size"));
			if (size < 0) {
				throw new IOException("an object of a negative size");
			}
			return new Found(decode(required(object, "Key"), encoded), size, time(required(object, "LastModified")),
					object.get("ETag"));
		}
		catch (NumberFormatException | DateTimeException ex) {
			throw new IOException("a listing with a size or time that is none", ex);
		}
	}

	/**
	 * As {@link Instant#parse}, which makes a formatter of all that a time can look like:
	 * that takes more time than all the rest of a listing.
	 */
	private static Instant time(String text) {
		if (text.length() == MILLIS.length() && isLike(text, MILLIS)) {
			return Instant.ofEpochSecond(seconds(text), number(text, 20, 23) * 1_000_000L);
		}
		if (text.length() == SECONDS.length() && isLike(text, SECONDS)) {
			return Instant.ofEpochSecond(seconds(text));
		}
		return Instant.parse(text);
	}

	private static boolean isLike(String text, String pattern) {
		for (int i = 0; i < pattern.length(); i++) {
			char c = text.charAt(i);
			boolean digit = c >= '0' && c <= '9';
			if ((pattern.charAt(i) == '0') ? !digit : c != pattern.charAt(i)) {
				return false;
			}
		}
		return true;
	}

	private static long seconds(String text) {
		return LocalDateTime
			.of(number(text, 0, 4), number(text, 5, 7), number(text, 8, 10), number(text, 11, 13), number(text, 14, 16),
					number(text, 17, 19))
			.toEpochSecond(ZoneOffset.UTC);
	}

	private static int number(String text, int from, int to) {
		return Integer.parseInt(text, from, to, 10);
	}

	private static String required(Map<String, String> element, String name) throws IOException {
		String value = element.get(name);
		if (value == null) {
			throw new IOException("a listing without " + name);
		}
		return value;
	}

	private static String decode(String text, boolean encoded) throws IOException {
		try {
			return encoded ? URLDecoder.decode(text, StandardCharsets.UTF_8) : text;
		}
		catch (IllegalArgumentException ex) {
			throw new IOException("a listing with a key that is not encoded as it says", ex);
		}
	}

	/** Not thread-safe. */
	private static final class Parser {

		private final String text;

		private int at;

		private final Map<String, String> root = new HashMap<>();

		private final List<Map<String, String>> objects = new ArrayList<>();

		private final List<Map<String, String>> directories = new ArrayList<>();

		Parser(String text) {
			this.text = text;
		}

		void readRoot() throws IOException {
			skipSpace();
			if (this.text.startsWith("<?xml ", this.at)) {
				int end = this.text.indexOf("?>", this.at);
				require(end >= 0);
				this.at = end + 2;
				skipSpace();
			}
			Tag tag = tag();
			require(tag.name.equals("ListBucketResult") && !tag.empty);
			readElements(tag.name, this.root, 1);
			skipSpace();
			require(this.at == this.text.length());
		}

		/** Up to the end of the element that they are in. */
		private void readElements(String parent, Map<String, String> into, int depth) throws IOException {
			require(depth <= DEEPEST);
			while (true) {
				skipSpace();
				if (endsHere(parent)) {
					return;
				}
				Tag tag = tag();
				if (tag.empty) {
					into.put(tag.name, "");
				}
				else if (depth == 1 && GROUPS.contains(tag.name)) {
					Map<String, String> group = new HashMap<>();
					readElements(tag.name, group, depth + 1);
					(tag.name.equals("Contents") ? this.objects : this.directories).add(group);
				}
				else {
					readValue(tag.name, into, depth);
				}
			}
		}

		/** Of an element in which others are, such as an owner, nothing is kept. */
		private void readValue(String name, Map<String, String> into, int depth) throws IOException {
			int end = this.text.indexOf('<', this.at);
			require(end >= 0);
			String value = this.text.substring(this.at, end);
			this.at = end;
			if (endsHere(name)) {
				require(into.put(name, unescape(value)) == null || !name.equals("Key"));
				return;
			}
			require(value.isBlank());
			readElements(name, new HashMap<>(), depth + 1);
		}

		private boolean endsHere(String name) {
			String end = "</" + name + ">";
			if (!this.text.startsWith(end, this.at)) {
				return false;
			}
			this.at += end.length();
			return true;
		}

		/** A name, and attributes, which do not matter here. */
		private Tag tag() throws IOException {
			require(this.at < this.text.length() && this.text.charAt(this.at) == '<');
			int end = this.text.indexOf('>', this.at);
			require(end >= 0);
			boolean empty = this.text.charAt(end - 1) == '/';
			String inside = this.text.substring(this.at + 1, empty ? end - 1 : end);
			int nameEnd = 0;
			while (nameEnd < inside.length() && isNameCharacter(inside.charAt(nameEnd))) {
				nameEnd++;
			}
			require(nameEnd > 0 && (nameEnd == inside.length() || Character.isWhitespace(inside.charAt(nameEnd))));
			this.at = end + 1;
			return new Tag(inside.substring(0, nameEnd), empty);
		}

		private static boolean isNameCharacter(char c) {
			return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		}

		private static String unescape(String value) throws IOException {
			if (value.indexOf('&') < 0) {
				return value;
			}
			StringBuilder plain = new StringBuilder(value.length());
			int from = 0;
			for (int and = value.indexOf('&'); and >= 0; and = value.indexOf('&', from)) {
				int end = value.indexOf(';', and);
				require(end >= 0);
				plain.append(value, from, and).appendCodePoint(entity(value.substring(and + 1, end)));
				from = end + 1;
			}
			return plain.append(value, from, value.length()).toString();
		}

		private static int entity(String name) throws IOException {
			return switch (name) {
				case "amp" -> '&';
				case "lt" -> '<';
				case "gt" -> '>';
				case "quot" -> '"';
				case "apos" -> '\'';
				default -> number(name);
			};
		}

		private static int number(String name) throws IOException {
			try {
				require(name.startsWith("#"));
				int value = name.startsWith("#x") ? Integer.parseInt(name.substring(2), 16)
						: Integer.parseInt(name.substring(1));
				require(Character.isValidCodePoint(value));
				return value;
			}
			catch (NumberFormatException ex) {
				throw new IOException("XML that is not understood", ex);
			}
		}

		private void skipSpace() {
			while (this.at < this.text.length() && Character.isWhitespace(this.text.charAt(this.at))) {
				this.at++;
			}
		}

		private static void require(boolean understood) throws IOException {
			if (!understood) {
				throw new IOException("XML that is not understood");
			}
		}

	}

	/** The beginning of an element, or all of an empty one. */
	private record Tag(String name, boolean empty) {
	}

}
