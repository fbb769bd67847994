package org.litestream4j.history;

import java.util.Locale;
import java.util.Set;

/**
 * Requires that a text is one statement that reads. SQLite would let none write to the
 * file, but some write elsewhere.
 */
final class QueryText {

	private static final Set<String> READING = Set.of("SELECT", "WITH", "VALUES", "EXPLAIN", "PRAGMA");

	private final String text;

	private int at;

	private QueryText(String text) {
		this.text = text;
	}

	/**
	 * Requires it.
	 * @return the statement
	 * @throws IllegalArgumentException with one sentence, if it is something else
	 */
	static String require(String text) {
		QueryText query = new QueryText(text);
		query.skipBlank();
		int begin = query.at;
		while (query.at < text.length() && Character.isLetter(text.charAt(query.at))) {
			query.at++;
		}
		String first = text.substring(begin, query.at).toUpperCase(Locale.ROOT);
		if (!READING.contains(first)) {
			throw new IllegalArgumentException(
					"The query begins with '%s': a statement that only reads is expected, one of SELECT, WITH, VALUES, EXPLAIN and PRAGMA"
						.formatted(first.isEmpty() ? shortened(text) : first));
		}
		query.skipStatement();
		String statement = text.substring(begin, Math.min(query.at, text.length()));
		query.at++;
		query.skipBlank();
		if (query.at < text.length()) {
			throw new IllegalArgumentException(
					"The query has a second statement after a semicolon: a single one is expected");
		}
		return statement;
	}

	private static String shortened(String text) {
		String blank = text.strip().replaceAll("\\s+", " ");
		return (blank.length() <= 20) ? blank : blank.substring(0, 20) + "...";
	}

	/** To what is neither white space nor a comment. */
	private void skipBlank() {
		while (this.at < this.text.length() && (Character.isWhitespace(this.text.charAt(this.at))
				|| this.text.charAt(this.at) == '\uFEFF' || skipComment())) {
			this.at++;
		}
	}

	/** To the last character of a comment, if there is one here. */
	private boolean skipComment() {
		String end = this.text.startsWith("--", this.at) ? "\n" : this.text.startsWith("/*", this.at) ? "*/" : null;
		if (end == null) {
			return false;
		}
		int found = this.text.indexOf(end, this.at + 2);
		this.at = ((found >= 0) ? found + end.length() : this.text.length()) - 1;
		return true;
	}

	/** To the semicolon that ends it, or to the end. */
	private void skipStatement() {
		for (; this.at < this.text.length() && this.text.charAt(this.at) != ';'; this.at++) {
			char quote = this.text.charAt(this.at);
			if (quote == '\'' || quote == '"' || quote == '`' || quote == '[') {
				int end = this.text.indexOf((quote == '[') ? ']' : quote, this.at + 1);
				this.at = (end >= 0) ? end : this.text.length() - 1;
			}
			else {
				skipComment();
			}
		}
	}

}
