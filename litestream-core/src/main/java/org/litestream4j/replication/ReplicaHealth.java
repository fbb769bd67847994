package org.litestream4j.replication;

import java.io.IOException;
import java.time.Duration;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.observe.LitestreamListener;

/**
 * Whether a replica works, said once: a warning at the first failure, then at most one a
 * minute, and a line when it works again. Thread-safe.
 */
final class ReplicaHealth {

	private static final Logger logger = LoggerFactory.getLogger(ReplicaHealth.class);

	private static final long WARN_SPACING_NANOS = Duration.ofMinutes(1).toNanos();

	private final String database;

	private final String replica;

	private final String url;

	private final LitestreamListener listener;

	@Nullable private volatile String lastError;

	private long failingSince;

	private long lastWarning;

	private int failures;

	ReplicaHealth(String database, String replica, String url, LitestreamListener listener) {
		this.database = database;
		this.replica = replica;
		this.url = url;
		this.listener = listener;
	}

	/** What failed last, until it works again. */
	@Nullable String lastError() {
		return this.lastError;
	}

	synchronized void failed(Throwable failure) {
		boolean first = this.lastError == null;
		long now = System.nanoTime();
		this.lastError = describe(failure);
		this.failures++;
		if (first) {
			this.failingSince = now;
		}
		if (first || now - this.lastWarning >= WARN_SPACING_NANOS) {
			this.lastWarning = now;
			logger.warn("Database '{}': replica '{}' ({}) is failing, {} time(s) so far: {}", this.database,
					this.replica, this.url, this.failures, this.lastError);
			logger.debug("The failure", failure);
		}
		if (first) {
			this.listener.replicaFailing(this.database, this.replica, failure);
		}
	}

	/**
	 * One sentence. What this project throws is one already; the JDK's messages are often
	 * no more than a path, and only their kind says what is wrong with it.
	 */
	private static String describe(Throwable failure) {
		String message = failure.getMessage();
		Class<?> type = failure.getClass();
		if (message == null) {
			return type.getSimpleName();
		}
		boolean tellsEnough = type == IOException.class || type.getName().startsWith("org.litestream4j.");
		return tellsEnough ? message : type.getSimpleName() + ": " + message;
	}

	synchronized void succeeded() {
		if (this.lastError == null) {
			return;
		}
		Duration after = Duration.ofNanos(System.nanoTime() - this.failingSince);
		logger.info("Database '{}': replica '{}' works again after {} failure(s) in {} s", this.database, this.replica,
				this.failures, after.toSeconds());
		this.lastError = null;
		this.failures = 0;
		this.listener.replicaRecovered(this.database, this.replica, after);
	}

}
