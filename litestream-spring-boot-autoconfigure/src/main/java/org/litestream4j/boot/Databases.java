package org.litestream4j.boot;

import java.util.Map;
import java.util.stream.Collectors;

/**
 * Words about a set of databases.
 */
final class Databases {

	/** There may be thousands. */
	private static final int LISTED = 10;

	private Databases() {
	}

	static String listed(Map<String, ?> databases) {
		if (databases.isEmpty()) {
			return "no database is replicated; see the startup log";
		}
		String first = databases.keySet().stream().limit(LISTED).collect(Collectors.joining(", "));
		return (databases.size() > LISTED) ? "%s and %d others".formatted(first, databases.size() - LISTED) : first;
	}

}
