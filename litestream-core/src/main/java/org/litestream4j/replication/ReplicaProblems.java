package org.litestream4j.replication;

import java.util.EnumMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.Problem;

/**
 * Why the backup in one replica cannot be relied on, said once when it is found and once
 * when it is solved. Thread-safe.
 * <p>
 * What a listing lacked, or a snapshot that failed, is solved by a snapshot that was
 * stored since; what a validation found, only by a validation that passes; a foreign
 * writer, by an audit that sees nothing of it.
 */
final class ReplicaProblems {

	private static final Logger logger = LoggerFactory.getLogger(ReplicaProblems.class);

	private final String database;

	private final String replica;

	private final LitestreamListener listener;

	private final Map<Problem, Known> known = new EnumMap<>(Problem.class);

	ReplicaProblems(String database, String replica, LitestreamListener listener) {
		this.database = database;
		this.replica = replica;
		this.listener = listener;
	}

	private record Known(String detail, boolean validationDecides) {
	}

	/**
	 * One was found.
	 * @param detail one sentence: what is wrong
	 */
	void found(Problem problem, String detail) {
		found(problem, new Known(detail, false));
	}

	/** A validation has found that nothing can be restored. */
	void notRestorable(String detail) {
		found(Problem.NOT_RESTORABLE, new Known(detail, true));
	}

	private void found(Problem problem, Known found) {
		synchronized (this) {
			Known before = this.known.get(problem);
			this.known.put(problem,
					new Known(found.detail, found.validationDecides || (before != null && before.validationDecides)));
			if (before != null) {
				logAgain(found);
				return;
			}
		}
		logger.error("Database '{}': the backup in replica '{}' cannot be relied on: {}", this.database, this.replica,
				found.detail);
		this.listener.problemFound(this.database, this.replica, problem, found.detail);
	}

	/** Others than validations find the same again and again, without any news. */
	private void logAgain(Known found) {
		if (found.validationDecides) {
			logger.warn("Database '{}': the backup in replica '{}' still cannot be restored: {}", this.database,
					this.replica, found.detail);
		}
	}

	/** A snapshot was stored, and all WAL up to it. */
	void snapshotStored() {
		if (!isValidationAwaited()) {
			solved(Problem.NOT_RESTORABLE);
		}
	}

	/** Whether only a validation that passes solves the problem. */
	synchronized boolean isValidationAwaited() {
		Known problem = this.known.get(Problem.NOT_RESTORABLE);
		return problem != null && problem.validationDecides;
	}

	/** One is gone, if it was there. */
	void solved(Problem problem) {
		synchronized (this) {
			if (this.known.remove(problem) == null) {
				return;
			}
		}
		logger.info("Database '{}': the backup in replica '{}' is sound again", this.database, this.replica);
		this.listener.problemSolved(this.database, this.replica, problem);
	}

	/** The worst one; null if none is known. */
	synchronized @Nullable String current() {
		return this.known.values().stream().map(Known::detail).findFirst().orElse(null);
	}

}
