package org.litestream4j.restore;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads that work for one restore, and end with it. */
public final class RestoreThreads implements AutoCloseable {

	private static final AtomicInteger NUMBER = new AtomicInteger();

	private final ExecutorService executor;

	public RestoreThreads(int count) {
		this.executor = Executors.newFixedThreadPool(count, (task) -> {
			Thread thread = new Thread(task, "litestream-restore-" + NUMBER.incrementAndGet());
			thread.setDaemon(true);
			return thread;
		});
	}

	/**
	 * Does something on one of the threads, as soon as one is free.
	 * @param task what to do
	 * @return what comes of it
	 */
	public <T> Future<T> submit(Callable<T> task) {
		return this.executor.submit(task);
	}

	/**
	 * Waits for a task, and passes on what it throws.
	 * @param meter asked meanwhile whether to go on
	 */
	public static <T> T await(Future<T> future, RestoreMeter meter) throws IOException {
		try {
			while (true) {
				meter.checkCancelled();
				try {
					return future.get(100, TimeUnit.MILLISECONDS);
				}
				catch (TimeoutException ex) {
					// it takes its time: look whether the restore was cancelled
				}
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw RestoreMeter.cancelled();
		}
		catch (ExecutionException | CancellationException ex) {
			throw failure(ex);
		}
	}

	private static IOException failure(Exception ended) {
		if (ended instanceof CancellationException) {
			return RestoreMeter.cancelled();
		}
		if (ended.getCause() instanceof IOException cause) {
			return cause;
		}
		throw new IllegalStateException(ended.getCause());
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
