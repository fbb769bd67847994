package org.litestream4j.replication;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * When a replica's thread works: at most once per interval while there is something to
 * ship, later and later while it fails, at once when somebody is in a hurry. Whoever
 * makes work says so afterwards, under the lock that the thread looks under, so that no
 * word is lost between its look and its sleep. Thread-safe.
 */
final class ShippingPace {

	private final Duration interval;

	private final Backoff backoff = new Backoff(Duration.ofMillis(500), Duration.ofSeconds(30));

	private final ReentrantLock lock = new ReentrantLock();

	private final Condition changed = this.lock.newCondition();

	private boolean hurry;

	private volatile boolean stopping;

	private long notBefore = System.nanoTime();

	private long retryAt = System.nanoTime();

	/**
	 * Creates it.
	 * @param interval least time between two segments
	 */
	ShippingPace(Duration interval) {
		this.interval = interval;
	}

	/** Says that there may be work. Quick. */
	void workArrived() {
		this.lock.lock();
		try {
			this.changed.signalAll();
		}
		finally {
			this.lock.unlock();
		}
	}

	/** Says that it is to work at once. */
	void hurry() {
		this.lock.lock();
		try {
			this.hurry = true;
			this.changed.signalAll();
		}
		finally {
			this.lock.unlock();
		}
	}

	/** Says that a segment was shipped just now. */
	void shipped() {
		this.lock.lock();
		try {
			this.notBefore = System.nanoTime() + this.interval.toNanos();
		}
		finally {
			this.lock.unlock();
		}
	}

	void succeeded() {
		this.lock.lock();
		try {
			this.backoff.succeeded();
		}
		finally {
			this.lock.unlock();
		}
	}

	void failed() {
		this.lock.lock();
		try {
			this.retryAt = System.nanoTime() + this.backoff.failed();
		}
		finally {
			this.lock.unlock();
		}
	}

	void stop() {
		this.lock.lock();
		try {
			this.stopping = true;
			this.changed.signalAll();
		}
		finally {
			this.lock.unlock();
		}
	}

	boolean isStopping() {
		return this.stopping;
	}

	/**
	 * Waits until it is time to work.
	 * @param hasWork asked under the lock; must be quick
	 * @return false when it is time to end
	 */
	boolean awaitWork(BooleanSupplier hasWork) {
		this.lock.lock();
		try {
			while (!this.stopping) {
				long now = System.nanoTime();
				long wait = this.hurry ? 0 : Math.max(this.retryAt - now, this.notBefore - now);
				if (wait <= 0 && (this.hurry || hasWork.getAsBoolean())) {
					this.hurry = false;
					return true;
				}
				awaitChange(hasWork.getAsBoolean() ? wait : Long.MAX_VALUE);
			}
			return false;
		}
		finally {
			this.lock.unlock();
		}
	}

	/** Waits for a time, less long if it is time to end. */
	void pause(Duration time) {
		long until = System.nanoTime() + time.toNanos();
		this.lock.lock();
		try {
			for (long left = time.toNanos(); left > 0 && !this.stopping; left = until - System.nanoTime()) {
				awaitChange(left);
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	@SuppressWarnings("WaitNotInLoop") // its callers loop
	private void awaitChange(long nanos) {
		try {
			this.changed.awaitNanos(nanos);
		}
		catch (InterruptedException ex) {
			// whoever that was: only stop() ends this thread
		}
	}

}
