package org.litestream4j.engine;

import java.util.function.LongSupplier;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.io.OpenFiles;

/**
 * Warns, once, when the files that the process may open will soon not do for the
 * databases that are replicated. To run into the limit looks like a fault of anything: of
 * the application's own connections, its log, its sockets. Thread-safe.
 */
final class FileLimit {

	private static final Logger logger = LoggerFactory.getLogger(FileLimit.class);

	static final FileLimit OF_PROCESS = new FileLimit(OpenFiles::limit, OpenFiles::count);

	/**
	 * Of one database with one replica: 5 of ours, and up to 12 of the five connections
	 * to it. Not the application's own, which has two for each connection.
	 */
	static final int PER_DATABASE = 17;

	/** In percent of the limit. */
	private static final int ENOUGH = 80;

	private final LongSupplier limit;

	private final LongSupplier open;

	private int databases;

	/** At least what is open, by what was counted last and what was started since. */
	private long estimate;

	private boolean counted;

	private boolean warned;

	FileLimit(LongSupplier limit, LongSupplier open) {
		this.limit = limit;
		this.open = open;
	}

	/** Says that a database is replicated from now on. Counts only when it is close. */
	synchronized void started() {
		this.databases++;
		this.estimate += PER_DATABASE;
		if (this.warned) {
			return;
		}
		long most = this.limit.getAsLong();
		long enough = most / 100 * ENOUGH;
		if (!this.counted || this.estimate > enough) {
			this.estimate = this.open.getAsLong();
			this.counted = true;
		}
		if (this.estimate > enough) {
			this.warned = true;
			logger.warn(
					"This process may have {} files open, and has {} open while {} databases are replicated: each takes"
							+ " about {}, beside the application's own connections, and when there are no more left"
							+ " the application fails too. Raise the soft limit (ulimit -n, LimitNOFILE= of systemd,"
							+ " --ulimit nofile= of Docker) to {} at least",
					most, this.estimate, this.databases, PER_DATABASE, atLeast(this.estimate));
		}
	}

	/** Twice as much as is open, rounded up. */
	private static long atLeast(long files) {
		return (2 * files / 1024 + 1) * 1024;
	}

	/** Says that a database is replicated no longer. */
	synchronized void stopped() {
		this.databases--;
		this.estimate = Math.max(this.estimate - PER_DATABASE, 0);
	}

}
