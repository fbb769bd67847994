package org.litestream4j.replication;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * When a replica is shipped to: at most once per interval while there is something to
 * ship, later and later while it fails, at once when somebody is in a hurry, but not more
 * often than once a second while it fails: who asks in a loop must not storm a store that
 * is in trouble. Whoever makes work says so afterwards, and wakes who ships. Thread-safe.
 */
final class ShippingPace {

	/** After a failure nobody's hurry makes it try again sooner. */
	private static final long HURRY_SPACING_NANOS = Duration.ofSeconds(1).toNanos();

	private final Duration interval;

	private final LongSupplier time;

	private final Backoff backoff = new Backoff(Duration.ofMillis(500), Duration.ofSeconds(30));

	private final ReentrantLock lock = new ReentrantLock();

	private final Condition changed = this.lock.newCondition();

	private Runnable waker = () -> {
	};

	private boolean hurry;

	private volatile boolean stopping;

	/* Times as the supplier counts them, so only differences mean something. */

	private long notBefore;

	private long retryAt;

	private long hurriedRetryAt;

	/**
	 * Creates it.
	 * @param interval least time between two segments
	 */
	ShippingPace(Duration interval) {
		this(interval, System::nanoTime);
	}

	/**
	 * Creates it with another clock.
	 * @param interval least time between two segments
	 * @param time in nanoseconds from any start
	 */
	ShippingPace(Duration interval, LongSupplier time) {
		this.interval = interval;
		this.time = time;
		this.notBefore = time.getAsLong();
		this.retryAt = this.notBefore;
		this.hurriedRetryAt = this.notBefore;
	}

	/** Sets what is run when it may be time to work. */
	void wakenBy(Runnable newWaker) {
		this.waker = newWaker;
	}

	/** Says that there may be work. Quick. */
	void workArrived() {
		this.waker.run();
	}

	/** Says that it is to work at once, or a second after its last failure. */
	void hurry() {
		this.lock.lock();
		try {
			this.hurry = true;
		}
		finally {
			this.lock.unlock();
		}
		this.waker.run();
	}

	/** Says that a segment was shipped just now. */
	void shipped() {
		this.lock.lock();
		try {
			this.notBefore = this.time.getAsLong() + this.interval.toNanos();
		}
		finally {
			this.lock.unlock();
		}
	}

	void succeeded() {
		this.lock.lock();
		try {
			this.backoff.succeeded();
			this.retryAt = this.time.getAsLong(); // hurry may have come before it
			this.hurriedRetryAt = this.retryAt;
		}
		finally {
			this.lock.unlock();
		}
	}

	void failed() {
		this.lock.lock();
		try {
			long now = this.time.getAsLong();
			long wait = this.backoff.failed();
			this.retryAt = now + wait;
			this.hurriedRetryAt = now + Math.min(wait, HURRY_SPACING_NANOS);
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
	 * Begins to work, if it is time to: whoever is in a hurry from now on means the next
	 * time.
	 * @param hasWork asked under the lock; must be quick
	 */
	boolean beginWork(BooleanSupplier hasWork) {
		this.lock.lock();
		try {
			boolean due = dueIn(hasWork) <= 0;
			if (due) {
				this.hurry = false;
			}
			return due;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * How long to wait before there is something to do, in nanoseconds: as
	 * {@link RepeatedWork#dueIn()}.
	 * @param hasWork asked under the lock; must be quick
	 */
	long dueIn(BooleanSupplier hasWork) {
		this.lock.lock();
		try {
			boolean wanted = !this.stopping && (this.hurry || hasWork.getAsBoolean());
			return wanted ? untilDue() : RepeatedWork.WHEN_WOKEN;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * How long to wait before it works if there is work, in nanoseconds; not positive if
	 * it is time.
	 */
	long untilDue() {
		this.lock.lock();
		try {
			long now = this.time.getAsLong();
			return this.hurry ? this.hurriedRetryAt - now : Math.max(this.retryAt - now, this.notBefore - now);
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
