package org.litestream4j.replication;

import java.io.IOException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.observe.LitestreamListener;

/**
 * Whether the work for one replica succeeds, with every cause why not, and what is shown
 * of that. Each cause is said once: a warning at the first failure, then at most one a
 * minute, and a line when it is gone; the replica works again when nothing fails any
 * more. Thread-safe; calls the listener without holding its lock.
 */
final class ReplicaHealth {

	private static final Logger logger = LoggerFactory.getLogger(ReplicaHealth.class);

	private static final long WARN_SPACING_NANOS = Duration.ofMinutes(1).toNanos();

	private static final String AWAY = "unreachable for longer than max-shadow-wal-size can buffer";

	/** What can fail while the rest works. */
	enum Cause {

		/** Segments cannot be stored. */
		SHIPPING("shipping"),
		/** Snapshots cannot be stored, or the replica cannot be audited. */
		SNAPSHOTS("snapshots"),
		/** A request hangs. */
		ANSWERS("answering"),
		/** The backup is whole without it, so it is no failure of the replica. */
		RETENTION("retention"),
		/** Nor without this. */
		COMPACTION("compaction");

		private final String label;

		Cause(String label) {
			this.label = label;
		}

		private boolean matters() {
			return this != RETENTION && this != COMPACTION;
		}

	}

	/** What is wrong at this moment, whether or not any work has failed of it yet. */
	interface Look {

		/** Whether the replica was given up until it is back. */
		boolean isAway();

		/** What a request that hangs is waiting for; empty if none does. */
		Optional<String> waiting();

	}

	private static final class Failing {

		private final long since;

		private String error;

		private long lastWarning;

		private int failures;

		Failing(String error, long since) {
			this.error = error;
			this.since = since;
			this.lastWarning = since;
		}

	}

	private final String database;

	private final String replica;

	private final String url;

	private final LitestreamListener listener;

	private final Look look;

	/** Guarded by this, as is the next. */
	private final Map<Cause, Failing> causes = new EnumMap<>(Cause.class);

	private long failingSince;

	ReplicaHealth(String database, String replica, String url, LitestreamListener listener, Look look) {
		this.database = database;
		this.replica = replica;
		this.url = url;
		this.listener = listener;
		this.look = look;
	}

	/** What failed last for one cause, until that works again. */
	synchronized @Nullable String error(Cause cause) {
		Failing failing = this.causes.get(cause);
		return (failing != null) ? failing.error : null;
	}

	/** Why nothing is shipped; null if something is. */
	@Nullable String shippingError() {
		String error = error(Cause.SHIPPING);
		return (error == null && this.look.isAway()) ? AWAY : error;
	}

	/** Whether what fails matters to the backup: without retention it only grows. */
	boolean isFailing() {
		return failure() != null;
	}

	/** The worst of what fails now; null if nothing does. */
	@Nullable String shown() {
		String failure = failure();
		return (failure != null) ? failure : error(Cause.RETENTION);
	}

	private @Nullable String failure() {
		String error = shippingError();
		if (error == null) {
			error = error(Cause.SNAPSHOTS);
		}
		return (error != null) ? error : this.look.waiting().orElse(null);
	}

	/** Work has failed. */
	void failed(Cause cause, Throwable failure) {
		boolean news;
		synchronized (this) {
			long now = System.nanoTime();
			news = cause.matters() && !anyMatters();
			if (news) {
				this.failingSince = now;
			}
			String error = describe(failure);
			Failing known = this.causes.get(cause);
			Failing failing = (known != null) ? known : new Failing(error, now);
			this.causes.put(cause, failing);
			failing.error = error;
			failing.failures++;
			boolean saidAlready = failure instanceof FencedException;
			if (!saidAlready && (known == null || now - failing.lastWarning >= WARN_SPACING_NANOS)) {
				failing.lastWarning = now;
				logger.warn("Database '{}': replica '{}' ({}) is failing at {}, {} time(s) so far: {}", this.database,
						this.replica, this.url, cause.label, failing.failures, error);
				logger.debug("The failure", failure);
			}
		}
		if (news) {
			this.listener.replicaFailing(this.database, this.replica, failure);
		}
	}

	/** Work has succeeded. Quick where it has not failed before. */
	void succeeded(Cause cause) {
		Duration after;
		boolean recovered;
		synchronized (this) {
			Failing ended = this.causes.get(cause);
			if (ended == null) {
				return;
			}
			if (cause.matters()) {
				noteWhatIsSeen(cause);
			}
			this.causes.remove(cause);
			recovered = cause.matters() && !anyMatters();
			long now = System.nanoTime();
			after = Duration.ofNanos(now - this.failingSince);
			say(cause, recovered, ended.failures, Duration.ofNanos(now - ended.since));
		}
		if (recovered) {
			this.listener.replicaRecovered(this.database, this.replica, after);
		}
	}

	/**
	 * What is shown as failing, but has not failed any work yet, must fail here too: else
	 * "works again" would be said too early, and not when it is true.
	 */
	private void noteWhatIsSeen(Cause succeeded) {
		long now = System.nanoTime();
		if (succeeded != Cause.SHIPPING && this.look.isAway()) {
			this.causes.computeIfAbsent(Cause.SHIPPING, (cause) -> new Failing(AWAY, now));
		}
		if (succeeded != Cause.ANSWERS) {
			this.look.waiting()
				.ifPresent(
						(waiting) -> this.causes.computeIfAbsent(Cause.ANSWERS, (cause) -> new Failing(waiting, now)));
		}
	}

	private boolean anyMatters() {
		return this.causes.keySet().stream().anyMatch(Cause::matters);
	}

	private void say(Cause cause, boolean recovered, int failures, Duration after) {
		if (recovered) {
			logger.info("Database '{}': replica '{}' works again after {} failure(s) in {} s", this.database,
					this.replica, failures, after.toSeconds());
			return;
		}
		StringBuilder rest = new StringBuilder();
		this.causes.forEach((other, failing) -> {
			if (other.matters()) {
				rest.append("; it is still failing at %s: %s".formatted(other.label, failing.error));
			}
		});
		logger.info("Database '{}': replica '{}': {} succeeds again after {} failure(s) in {} s{}", this.database,
				this.replica, cause.label, failures, after.toSeconds(), rest);
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
		boolean saysEnough = type == IOException.class || type.getName().startsWith("org.litestream4j.");
		return saysEnough ? message : type.getSimpleName() + ": " + message;
	}

}
