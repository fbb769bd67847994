package org.litestream4j.database;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * Lets those who want to write wait while the engine has the write lock, and wakes them
 * when it gives that back. SQLite would have them sleep for 1, 2, 5, 10, 15 … ms in turn,
 * and so for up to twice as long as the lock is held. Whoever has the lock himself never
 * waits, as the engine has not. Proves nothing: SQLite's lock alone decides who writes.
 * Thread-safe.
 */
public final class WriteTurns {

	private static final long MOST_NANOS = Duration.ofMillis(100).toNanos();

	private final Queue<Thread> waiting = new ConcurrentLinkedQueue<>();

	private volatile boolean taken;

	WriteTurns() {
	}

	/** The engine has the write lock. */
	void taken() {
		this.taken = true;
	}

	/** It has it no longer. */
	void givenBack() {
		this.taken = false;
		for (Thread thread = this.waiting.poll(); thread != null; thread = this.waiting.poll()) {
			LockSupport.unpark(thread);
		}
	}

	boolean isTaken() {
		return this.taken;
	}

	/**
	 * Waits while the engine has the write lock, but no longer than a tenth of a second,
	 * and not if the thread is interrupted. Costs next to nothing when it has not. To be
	 * called before a statement that may write.
	 */
	public void await() {
		if (this.taken) {
			awaitGivenBack();
		}
	}

	private void awaitGivenBack() {
		long start = System.nanoTime();
		Thread me = Thread.currentThread();
		this.waiting.add(me);
		try {
			long left = MOST_NANOS;
			while (this.taken && left > 0 && !me.isInterrupted()) {
				LockSupport.parkNanos(this, left);
				left = MOST_NANOS - (System.nanoTime() - start);
			}
		}
		finally {
			this.waiting.remove(me);
		}
	}

}
