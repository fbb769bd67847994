package org.litestream4j.restore;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What SQLite's check of a database came to. A live database and a restored copy of it
 * come to the same.
 */
public sealed interface IntegrityResult {

	/** Nothing was found. */
	record Passed() implements IntegrityResult {
	}

	/**
	 * SQLite could not run the check, as the schema needs a function, collation or module
	 * that only the application has: no sign of damage.
	 *
	 * @param reason what SQLite said
	 */
	record Unchecked(String reason) implements IntegrityResult {
	}

	/**
	 * Every page is as it should be, but some contents are not what the schema says: an
	 * index for full text search that is out of step, or a NULL where a later change of
	 * the schema forbids it. Applications live with that without noticing it.
	 *
	 * @param problems what SQLite said, without control characters, of bounded length
	 */
	record ContentOnly(String problems) implements IntegrityResult {
	}

	/**
	 * The database is damaged.
	 *
	 * @param problems what SQLite said, without control characters, of bounded length
	 */
	record Damaged(String problems) implements IntegrityResult {
	}

	/** What SQLite says of contents, where the pages themselves are sound. */
	Pattern CONTENT = Pattern.compile(
			"(?:NULL|NUMERIC|TEXT|non-\\w+) value in .*|CHECK constraint failed in .*"
					+ "|(?:malformed|unable to validate the) inverted index for FTS\\d table .*|In RTree .*",
			Pattern.DOTALL);

	/** How much of what SQLite says is reported; names in it are the database's. */
	int LONGEST = 300;

	/**
	 * Reads the answer of {@code PRAGMA quick_check} or {@code integrity_check}.
	 * @param rows the first column
	 */
	static IntegrityResult of(List<String> rows) {
		if (rows.equals(List.of("ok"))) {
			return new Passed();
		}
		String problems = rows.stream().map(IntegrityResult::printable).collect(Collectors.joining("; "));
		boolean contentOnly = !rows.isEmpty() && rows.stream().allMatch((row) -> CONTENT.matcher(row).matches());
		return contentOnly ? new ContentOnly(problems) : new Damaged(problems);
	}

	/** Without control characters, and not too long. */
	static String printable(String text) {
		String shortened = (text.length() <= LONGEST) ? text : text.substring(0, LONGEST) + "...";
		return shortened.replaceAll("\\p{Cc}", " ");
	}

}
