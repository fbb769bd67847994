package org.litestream4j.live;

import java.time.Duration;

/**
 * When to checkpoint, and how hard. Pure.
 *
 * @param minPages WAL pages at which a gentle checkpoint is tried, now and then
 * @param truncatePages WAL file pages past which the file is cut
 * @param truncateBytes bytes past which it is cut in any case, as pages can be large
 * @param interval longest time between two WAL indexes while there are changes
 */
record CheckpointPolicy(int minPages, int truncatePages, long truncateBytes, Duration interval) {

	/** Least time between two gentle checkpoints: they cost a pass over the WAL. */
	private static final long GENTLE_SPACING_NANOS = Duration.ofMillis(500).toNanos();

	/** What to do. */
	enum Action {

		NONE,
		/** Without the write lock. The WAL restarts if no writer is in between. */
		GENTLE,
		/** With the write lock for its last part. */
		FIRM

	}

	/** Whether the engine itself keeps the WAL from being checkpointed to its end. */
	enum Pin {

		/** It does not. */
		NONE,
		/** It does, for a view or a copy of the database. */
		OWN_VIEW

	}

	/**
	 * How the WAL stands.
	 *
	 * @param log frames published
	 * @param backfilled frames in the database file
	 * @param nanosSinceAttempt since the last checkpoint ended, in nanoseconds
	 * @param nanosSinceRestart since the first commit of this WAL was seen
	 * @param changed whether something was committed since it was last looked at: an idle
	 * database is left in peace
	 * @param pin whether the engine itself pins the WAL: taking the write lock would be
	 * in vain
	 */
	record Situation(int log, int backfilled, long nanosSinceAttempt, long nanosSinceRestart, boolean changed,
			Pin pin) {
	}

	/**
	 * Decides what to do now.
	 * @param firmPages WAL pages at which a firm one is tried at every sync
	 */
	Action decide(Situation now, int firmPages) {
		if (now.log <= 0 || now.backfilled >= now.log) {
			return Action.NONE; // the next writer restarts the WAL
		}
		boolean due = now.nanosSinceAttempt >= GENTLE_SPACING_NANOS;
		if (now.log >= firmPages) {
			return (now.pin == Pin.OWN_VIEW) ? (due ? Action.GENTLE : Action.NONE) : Action.FIRM;
		}
		if (!due) {
			return Action.NONE;
		}
		if (now.changed && now.nanosSinceRestart >= this.interval.toNanos()
				&& now.nanosSinceAttempt >= Math.min(this.interval.toNanos(), Duration.ofSeconds(10).toNanos())) {
			return (now.pin == Pin.OWN_VIEW) ? Action.GENTLE : Action.FIRM;
		}
		return (now.log >= this.minPages) ? Action.GENTLE : Action.NONE;
	}

	/** Whether a WAL file that is wholly in the database should be cut. */
	boolean shouldTruncate(long walFileSize, int pageSize) {
		return walFileSize / pageSize > this.truncatePages || walFileSize > this.truncateBytes;
	}

}
