package org.litestream4j.engine;

import java.util.concurrent.atomic.AtomicBoolean;

import org.jspecify.annotations.Nullable;

import org.litestream4j.replication.RepeatedWork;

/**
 * Work of one database that the workers of a pool share. It never runs twice at a time.
 * Thread-safe.
 */
final class ScheduledTask {

	final RepeatedWork work;

	/** The name of its thread while it runs; null if that is not worth the change. */
	@Nullable final String threadName;

	final Lane lane;

	@Nullable final Turn turn;

	private final WorkerPool pool;

	private final AtomicBoolean awake = new AtomicBoolean();

	/** The next in the stack of those that were woken; written before it is published. */
	@Nullable ScheduledTask nextWoken;

	/* What follows is guarded by the pool's lock. */

	/** Where it is among those that wait for a time; -1 if it does not. */
	int place = -1;

	/** By {@link System#nanoTime()}. */
	long due;

	boolean queued;

	boolean running;

	/** Woken while it ran. */
	boolean again;

	boolean stopped;

	/** Whether it counts no longer, as nobody waits for it to return. */
	boolean leftBehind;

	/** Its last run took longer than stores usually take. */
	boolean suspect;

	boolean startedAsSuspect;

	long startedAt;

	/** The thread that runs it; guarded by this. */
	@Nullable private Thread runner;

	ScheduledTask(WorkerPool pool, RepeatedWork work, @Nullable String threadName, Lane lane, @Nullable Turn turn) {
		this.pool = pool;
		this.work = work;
		this.threadName = threadName;
		this.lane = lane;
		this.turn = turn;
	}

	/**
	 * Has it looked at soon. While it is awake already this is one read: no lock, no
	 * allocation.
	 */
	void wake() {
		if (!this.awake.get() && this.awake.compareAndSet(false, true)) {
			this.pool.push(this);
		}
	}

	/** Says that it is going to be looked at: whoever wakes it now means another look. */
	void heard() {
		this.awake.set(false);
	}

	/** Lets nobody wake it any more. */
	void deafen() {
		this.awake.set(true);
	}

	/** Says that this thread runs it from now on. */
	synchronized void begin() {
		this.runner = Thread.currentThread();
	}

	/**
	 * Says that this thread runs it no longer. An interrupt that was meant for it ends
	 * here, and the next task on this thread knows nothing of it.
	 */
	synchronized void end() {
		this.runner = null;
		Thread.interrupted();
	}

	/** Interrupts it if it runs, and never what runs on that thread after it. */
	synchronized void interrupt() {
		Thread thread = this.runner;
		if (thread != null) {
			thread.interrupt();
		}
	}

	/** Whether the asking thread runs it. */
	synchronized boolean isMine() {
		return this.runner == Thread.currentThread();
	}

	/** Lets no further run begin; does not wait for one that runs. Safe to call again. */
	void stop() {
		this.pool.stop(this);
	}

	/**
	 * Waits until it has ended, after {@link #stop()}. One that has not by then is left
	 * behind: it keeps its thread until it returns, and is counted no longer. Does not
	 * wait for itself.
	 * @param deadline by {@link System#nanoTime()}
	 * @return false if it runs still
	 */
	boolean awaitEnd(long deadline) throws InterruptedException {
		return this.pool.awaitEnd(this, deadline);
	}

	/** As {@link #awaitEnd(long)}, however long it takes. */
	void awaitEnd() throws InterruptedException {
		this.pool.awaitEnd(this);
	}

}
