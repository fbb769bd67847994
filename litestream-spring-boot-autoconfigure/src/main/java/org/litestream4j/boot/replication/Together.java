package org.litestream4j.boot.replication;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does one thing to many databases at the same time, as each may wait for its store.
 */
final class Together {

	private static final Logger logger = LoggerFactory.getLogger(Together.class);

	private static final int IDLE_SECONDS = 5;

	private Together() {
	}

	/**
	 * Returns when all is done, whatever fails. One alone is done by the caller.
	 * @param name of the threads
	 * @param threads how many at most
	 * @param action must not throw; if it does all the same, that is logged
	 */
	static <T> void run(String name, int threads, Collection<T> all, Consumer<T> action) {
		if (all.size() <= 1) {
			all.forEach((each) -> runQuietly(each, action));
			return;
		}
		ExecutorService executor = executor(name, Math.min(threads, all.size()));
		all.forEach((each) -> executor.execute(() -> runQuietly(each, action)));
		executor.shutdown();
		boolean interrupted = false;
		while (true) {
			try {
				if (executor.awaitTermination(1, TimeUnit.DAYS)) {
					break;
				}
			}
			catch (InterruptedException ex) {
				interrupted = true; // each then ends at once, as it would alone
				List<Runnable> left = executor.shutdownNow();
				Thread.currentThread().interrupt();
				left.forEach(Runnable::run);
				Thread.interrupted();
			}
		}
		if (interrupted) {
			Thread.currentThread().interrupt();
		}
	}

	/** Waits until nothing runs in an executor that was shut down, interrupted or not. */
	static void awaitEnd(ExecutorService executor) {
		boolean interrupted = false;
		while (true) {
			try {
				if (executor.awaitTermination(1, TimeUnit.DAYS)) {
					break;
				}
			}
			catch (InterruptedException ex) {
				interrupted = true;
				executor.shutdownNow();
			}
		}
		if (interrupted) {
			Thread.currentThread().interrupt();
		}
	}

	/** Of daemon threads that end when they have nothing to do. */
	static ExecutorService executor(String name, int threads) {
		AtomicInteger number = new AtomicInteger();
		ThreadPoolExecutor executor = new ThreadPoolExecutor(threads, threads, IDLE_SECONDS, TimeUnit.SECONDS,
				new LinkedBlockingQueue<>(), (task) -> {
					Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
					thread.setDaemon(true);
					return thread;
				});
		executor.allowCoreThreadTimeOut(true);
		return executor;
	}

	private static <T> void runQuietly(T each, Consumer<T> action) {
		try {
			action.accept(each);
		}
		catch (RuntimeException ex) {
			logger.error("Replication of {} could not be stopped or resumed", each, ex);
		}
	}

}
