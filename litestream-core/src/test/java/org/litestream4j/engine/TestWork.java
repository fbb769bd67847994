package org.litestream4j.engine;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import org.litestream4j.replication.RepeatedWork;

/**
 * Work that is due when somebody says so, and counts how often it was done.
 */
final class TestWork implements RepeatedWork {

	private final Body body;

	private final AtomicBoolean due = new AtomicBoolean();

	private final AtomicInteger running = new AtomicInteger();

	private final AtomicInteger done = new AtomicInteger();

	private volatile boolean overlapped;

	private volatile Runnable waker = () -> {
	};

	/** What is done. */
	@FunctionalInterface
	interface Body {

		void run() throws InterruptedException;

	}

	TestWork(Body body) {
		this.body = body;
	}

	/** Makes it due. */
	void request() {
		this.due.set(true);
		this.waker.run();
	}

	@Override
	public void work() throws InterruptedException {
		this.due.set(false);
		this.overlapped |= this.running.incrementAndGet() > 1;
		try {
			this.body.run();
		}
		finally {
			this.running.decrementAndGet();
			this.done.incrementAndGet();
		}
	}

	@Override
	public long dueIn() {
		return this.due.get() ? 0 : WHEN_WOKEN;
	}

	@Override
	public void wakenBy(Runnable newWaker) {
		this.waker = newWaker;
	}

	int done() {
		return this.done.get();
	}

	boolean isRunning() {
		return this.running.get() > 0;
	}

	/** Whether it ever ran twice at a time. */
	boolean hasOverlapped() {
		return this.overlapped;
	}

}
