package org.litestream4j.boot.jdbc;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Tells statements that surely write nothing. A wrong "may write" costs the engine one
 * look at the WAL; a wrong "only reads" would delay a commit by the monitor interval.
 */
final class ReadOnlySql {

	private static final List<String> KEYWORDS = List.of("SELECT", "EXPLAIN", "VALUES");

	private ReadOnlySql() {
	}

	static boolean onlyReads(@Nullable String sql) {
		if (sql == null) {
			return false;
		}
		int start = 0;
		while (start < sql.length() && Character.isWhitespace(sql.charAt(start))) {
			start++;
		}
		for (String keyword : KEYWORDS) {
			if (sql.regionMatches(true, start, keyword, 0, keyword.length())) {
				return !isFollowed(sql);
			}
		}
		return false;
	}

	/** Whether another statement may come after the first. */
	private static boolean isFollowed(String sql) {
		int end = sql.indexOf(';');
		while (end >= 0 && ++end < sql.length()) {
			if (!Character.isWhitespace(sql.charAt(end))) {
				return true;
			}
		}
		return false;
	}

}
