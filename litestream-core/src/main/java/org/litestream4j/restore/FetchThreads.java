package org.litestream4j.restore;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The threads of one restore. They end with it. */
final class FetchThreads implements AutoCloseable {

	private static final AtomicInteger NUMBER = new AtomicInteger();

	private final ExecutorService executor;

	FetchThreads(int count) {
		this.executor = Executors.newFixedThreadPool(count, (task) -> {
			Thread thread = new Thread(task, "litestream-restore-" + NUMBER.incrementAndGet());
			thread.setDaemon(true);
			return thread;
		});
	}

	<T> Future<T> submit(Callable<T> task) {
		return this.executor.submit(task);
	}

	/** Interrupts what still runs, and waits a while for its end. */
	@Override
	public void close() {
		this.executor.shutdownNow();
		try {
			this.executor.awaitTermination(10, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
