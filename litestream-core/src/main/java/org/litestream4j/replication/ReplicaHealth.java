package org.litestream4j.replication;

import java.io.IOException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.observe.LitestreamListener;

/**
 * Whether one part of a replica's work succeeds, said once: a warning at the first
 * failure, then at most one a minute, and a line when it works again. The parts of one
 * replica know of each other: it has recovered when nothing fails any more. Thread-safe.
 */
final class ReplicaHealth {

	private static final Logger logger = LoggerFactory.getLogger(ReplicaHealth.class);

	private static final long WARN_SPACING_NANOS = Duration.ofMinutes(1).toNanos();

	/** What can fail while the rest works. */
	enum Part {

		SHIPPING("shipping"), SNAPSHOTS("snapshots"), ANSWERS("answering"),

		/** The backup is whole without it, so it is no failure of the replica. */
		RETENTION("retention");

		private final String label;

		Part(String label) {
			this.label = label;
		}

	}

	private final Replica replica;

	private final Part part;

	@Nullable private volatile String lastError;

	private long failingSince;

	private long lastWarning;

	private int failures;

	/** What the parts share, and their lock. */
	private static final class Replica {

		private final String database;

		private final String name;

		private final String url;

		private final LitestreamListener listener;

		private final Map<Part, String> failing = new EnumMap<>(Part.class);

		private long failingSince;

		Replica(String database, String name, String url, LitestreamListener listener) {
			this.database = database;
			this.name = name;
			this.url = url;
			this.listener = listener;
		}

	}

	/** The health of a replica's {@link Part#SHIPPING}. */
	ReplicaHealth(String database, String replica, String url, LitestreamListener listener) {
		this(new Replica(database, replica, url, listener), Part.SHIPPING);
	}

	private ReplicaHealth(Replica replica, Part part) {
		this.replica = replica;
		this.part = part;
	}

	/** The health of another part of the same replica's work. */
	ReplicaHealth of(Part other) {
		return new ReplicaHealth(this.replica, other);
	}

	/** What failed last, until it works again. */
	@Nullable String lastError() {
		return this.lastError;
	}

	void failed(Throwable failure) {
		boolean news;
		synchronized (this.replica) {
			long now = System.nanoTime();
			String error = describe(failure);
			boolean first = this.lastError == null;
			this.lastError = error;
			this.failures++;
			if (first) {
				this.failingSince = now;
			}
			if (first || now - this.lastWarning >= WARN_SPACING_NANOS) {
				this.lastWarning = now;
				logger.warn("Database '{}': replica '{}' ({}) is failing at {}, {} time(s) so far: {}",
						this.replica.database, this.replica.name, this.replica.url, this.part.label, this.failures,
						error);
				logger.debug("The failure", failure);
			}
			news = this.part != Part.RETENTION && this.replica.failing.isEmpty();
			if (news) {
				this.replica.failingSince = now;
			}
			if (this.part != Part.RETENTION) {
				this.replica.failing.put(this.part, error);
			}
		}
		if (news) {
			this.replica.listener.replicaFailing(this.replica.database, this.replica.name, failure);
		}
	}

	/**
	 * One sentence. What this project throws is one already; the JDK's messages are often
	 * no more than a path, and only their kind says what is wrong with it.
	 */
	static String describe(Throwable failure) {
		String message = failure.getMessage();
		Class<?> type = failure.getClass();
		if (message == null) {
			return type.getSimpleName();
		}
		boolean tellsEnough = type == IOException.class || type.getName().startsWith("org.litestream4j.");
		return tellsEnough ? message : type.getSimpleName() + ": " + message;
	}

	void succeeded() {
		if (this.lastError == null) {
			return;
		}
		Duration after = Duration.ZERO;
		boolean recovered;
		synchronized (this.replica) {
			if (this.lastError == null) {
				return;
			}
			long now = System.nanoTime();
			this.lastError = null;
			this.replica.failing.remove(this.part);
			recovered = this.part != Part.RETENTION && this.replica.failing.isEmpty();
			after = Duration.ofNanos(now - this.replica.failingSince);
			say(Duration.ofNanos(now - this.failingSince));
			this.failures = 0;
		}
		if (recovered) {
			this.replica.listener.replicaRecovered(this.replica.database, this.replica.name, after);
		}
	}

	private void say(Duration after) {
		if (this.part != Part.RETENTION && this.replica.failing.isEmpty()) {
			logger.info("Database '{}': replica '{}' works again after {} failure(s) in {} s", this.replica.database,
					this.replica.name, this.failures, after.toSeconds());
			return;
		}
		StringBuilder rest = new StringBuilder();
		this.replica.failing
			.forEach((other, error) -> rest.append("; it is still failing at %s: %s".formatted(other.label, error)));
		logger.info("Database '{}': replica '{}': {} succeeds again after {} failure(s) in {} s{}",
				this.replica.database, this.replica.name, this.part.label, this.failures, after.toSeconds(), rest);
	}

}
