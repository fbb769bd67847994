package org.litestream4j.history;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How queries of past states are run. Immutable.
 *
 * @param directory where the restored state is kept while it is looked at, in a directory
 * of its own that only this user can read; takes as much space as the database, and a
 * little more for {@code bisect}
 * @param timeout how long one query may take; more than zero
 * @param rows how many rows of an answer are kept, from 1. The others count all the same
 * when answers are compared
 */
public record QueryOptions(Path directory, Duration timeout, int rows) {

	/** In the machine's temporary directory, five minutes, and ten thousand rows. */
	public static final QueryOptions DEFAULTS = new QueryOptions(Path.of(System.getProperty("java.io.tmpdir")),
			Duration.ofMinutes(5), 10_000);

	/**
	 * Creates options.
	 * @param directory where the restored state is kept while it is looked at
	 * @param timeout how long one query may take; more than zero
	 * @param rows how many rows of an answer are kept, from 1
	 * @throws IllegalArgumentException if one is out of its range
	 */
	public QueryOptions {
		if (timeout.isNegative() || timeout.isZero()) {
			throw new IllegalArgumentException("timeout is %s: more than zero is expected".formatted(timeout));
		}
		if (rows < 1) {
			throw new IllegalArgumentException("rows is %d: 1 or more is expected".formatted(rows));
		}
	}

}
