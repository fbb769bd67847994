package org.litestream4j.replication;

import java.util.concurrent.locks.LockSupport;

/**
 * Repeats work on a thread of its own, as simply as can be.
 */
final class Repeater {

	private final RepeatedWork work;

	private final Thread thread = new Thread(this::run, "repeater");

	private volatile boolean stopping;

	private Repeater(RepeatedWork work) {
		this.work = work;
	}

	/** Repeats work while something else is done. */
	static void during(RepeatedWork work, Body body) throws Exception {
		Repeater repeater = new Repeater(work);
		work.wakenBy(() -> LockSupport.unpark(repeater.thread));
		repeater.thread.start();
		try {
			body.run();
		}
		finally {
			repeater.stop();
		}
	}

	/** What is done meanwhile. */
	@FunctionalInterface
	interface Body {

		void run() throws Exception;

	}

	private void run() {
		try {
			while (!this.stopping) {
				long wait = this.work.dueIn();
				if (wait <= 0) {
					this.work.work();
				}
				else {
					LockSupport.parkNanos(wait);
				}
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void stop() throws InterruptedException {
		this.stopping = true;
		LockSupport.unpark(this.thread);
		this.thread.join();
	}

}
