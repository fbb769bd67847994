package org.litestream4j.replication;

import java.time.Duration;

/**
 * How long to wait after failures: twice as long each time, between two bounds. Not
 * thread-safe.
 */
final class Backoff {

	private final long least;

	private final long most;

	private int failures;

	Backoff(Duration least, Duration most) {
		this.least = least.toNanos();
		this.most = most.toNanos();
	}

	/** Counts a failure and answers how long to wait, in nanoseconds. */
	long failed() {
		long wait = this.least << Math.min(this.failures, 20);
		this.failures++;
		return Math.min(wait, this.most);
	}

	void succeeded() {
		this.failures = 0;
	}

}
