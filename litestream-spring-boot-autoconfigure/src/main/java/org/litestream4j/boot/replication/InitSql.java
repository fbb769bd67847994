package org.litestream4j.boot.replication;

import java.util.Collection;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The pragmas in the SQL that a pool runs on each new connection. Pure.
 */
final class InitSql {

	/*
	 * PRAGMA [schema.]name = value | PRAGMA [schema.]name(value), the value maybe quoted
	 */
	private static final Pattern PRAGMA = Pattern.compile(
			"\\bpragma\\s+(?:\\w+\\s*\\.\\s*)?(\\w+)\\s*(?:=|\\()\\s*['\"]?([\\w+-]+)['\"]?", Pattern.CASE_INSENSITIVE);

	private InitSql() {
	}

	/** The values by lower-case name; of several for one name the last. */
	static Map<String, String> pragmas(Collection<String> statements) {
		Map<String, String> pragmas = new HashMap<>();
		for (String statement : statements) {
			Matcher matcher = PRAGMA.matcher(statement);
			while (matcher.find()) {
				pragmas.put(matcher.group(1).toLowerCase(Locale.ROOT), matcher.group(2));
			}
		}
		return pragmas;
	}

}
