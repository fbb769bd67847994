package org.litestream4j.boot.jdbc;

import org.jspecify.annotations.Nullable;

/**
 * What a statement does to transactions by itself, past the methods of the connection.
 */
enum TransactionSql {

	/** Begins one, so that none was open. */
	BEGIN,
	/** Begins one if none is open. */
	SAVEPOINT,
	/** Commits the one that began with the savepoint. */
	RELEASE,
	/** Commits it. */
	COMMIT,
	/** Rolls it back, and ends it. */
	ROLLBACK,
	/** Nothing. */
	NONE;

	private static final TransactionSql[] KINDS = { BEGIN, SAVEPOINT, RELEASE, COMMIT, COMMIT, ROLLBACK };

	private static final String[] WORDS = { "BEGIN", "SAVEPOINT", "RELEASE", "COMMIT", "END", "ROLLBACK" };

	/** By its first word. Makes nothing, as each statement is looked at. */
	static TransactionSql of(@Nullable String sql) {
		int start = (sql != null) ? first(sql) : -1;
		if (sql == null || start < 0) {
			return NONE;
		}
		for (int i = 0; i < WORDS.length; i++) {
			if (isWord(sql, start, WORDS[i])) {
				return (KINDS[i] == ROLLBACK && isToSavepoint(sql, start + WORDS[i].length())) ? NONE : KINDS[i];
			}
		}
		return NONE;
	}

	/** Where the first word begins, behind white space, semicolons and comments. */
	private static int first(String sql) {
		int at = 0;
		while (at < sql.length()) {
			if (isSpace(sql.charAt(at)) || sql.charAt(at) == ';') {
				at++;
			}
			else if (sql.startsWith("--", at)) {
				int end = sql.indexOf('\n', at);
				at = (end < 0) ? sql.length() : end;
			}
			else if (sql.startsWith("/*", at)) {
				int end = sql.indexOf("*/", at + 2);
				at = (end < 0) ? sql.length() : end + 2;
			}
			else {
				return at;
			}
		}
		return -1;
	}

	private static boolean isToSavepoint(String sql, int end) {
		int next = space(sql, end);
		if (isWord(sql, next, "TRANSACTION")) {
			next = space(sql, next + "TRANSACTION".length());
		}
		return isWord(sql, next, "TO");
	}

	private static int space(String sql, int from) {
		int at = from;
		while (at < sql.length() && isSpace(sql.charAt(at))) {
			at++;
		}
		return at;
	}

	private static boolean isWord(String sql, int start, String word) {
		int end = start + word.length();
		return sql.regionMatches(true, start, word, 0, word.length())
				&& (end >= sql.length() || !isPart(sql.charAt(end)));
	}

	private static boolean isPart(char character) {
		return Character.isLetterOrDigit(character) || character == '_';
	}

	private static boolean isSpace(char character) {
		return character == ' ' || (character >= '\t' && character <= '\r');
	}

}
