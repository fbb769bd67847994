package org.litestream4j.benchmarks.workload;

import java.util.Locale;

/**
 * What the application does.
 */
enum Kind {

	/** Rows of some sixty bytes, one in each transaction. */
	INSERTS("inserts"),

	/**
	 * A row of a kilobyte at a random place of a large table, one in each transaction.
	 */
	UPDATES("updates at random"),

	/** Nine reads of such a row for each update. */
	MIXED("nine reads for each update"),

	/** Inserts, beside one transaction of 50 MB a minute. */
	LARGE("inserts, and 50 MB at once");

	private final String title;

	Kind(String title) {
		this.title = title;
	}

	String id() {
		return name().toLowerCase(Locale.ROOT);
	}

	String title() {
		return this.title;
	}

	/** Whether there is a large table from the start. */
	boolean needsTable() {
		return this == UPDATES || this == MIXED;
	}

	static Kind of(String id) {
		try {
			return valueOf(id.toUpperCase(Locale.ROOT));
		}
		catch (IllegalArgumentException ex) {
			throw new IllegalArgumentException(
					"kinds=%s is not known, only inserts, updates, mixed and large".formatted(id), ex);
		}
	}

}
