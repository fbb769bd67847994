package org.litestream4j.boot;

import java.util.Map;

/**
 * Words about a set of databases.
 */
final class Databases {

	private Databases() {
	}

	static String listed(Map<String, ?> databases) {
		return databases.isEmpty() ? "none is, see the log of the start" : String.join(", ", databases.keySet());
	}

}
