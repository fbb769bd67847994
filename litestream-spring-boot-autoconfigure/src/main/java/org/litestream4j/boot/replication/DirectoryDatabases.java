package org.litestream4j.boot.replication;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the databases in directories replicated: looks at intervals which have appeared
 * and which have disappeared. Nothing is asked of the file system in between, as its
 * notices are lost when there are many, do not come from network file systems, and are to
 * be had for one directory at a time; to look costs a millisecond for a thousand files.
 * Thread-safe.
 */
public class DirectoryDatabases {

	private static final Logger logger = LoggerFactory.getLogger(DirectoryDatabases.class);

	/** Each of them may wait for its store or its disk. */
	private static final int MAX_AT_ONCE = 8;

	private final List<DirectoryWatch> watches = new ArrayList<>();

	/** Looks. Guarded by this object's lock. */
	private @Nullable ScheduledExecutorService timer;

	/** The looks of each. As {@code timer}. */
	private final List<Future<?>> scheduled = new ArrayList<>();

	/** Starts and stops, so that one that hangs holds up no look. As {@code timer}. */
	private @Nullable ExecutorService workers;

	/**
	 * Creates it. Does not look yet.
	 * @param configured says which directories
	 * @param starter starts what is found
	 * @param databases where each is noted
	 */
	public DirectoryDatabases(ConfiguredDatabases configured, DatabaseStarter starter, ReplicatedDatabases databases) {
		configured.directories()
			.forEach((directory) -> this.watches
				.add(new DirectoryWatch(directory, starter, databases, configured::isExcluded)));
	}

	/** Whether there are any. */
	boolean areWatched() {
		return !this.watches.isEmpty();
	}

	/**
	 * Looks once, and returns when everything that was found is replicated, and
	 * everything that has disappeared is let go. The first of them is done by the caller,
	 * who may be the only one that can create beans now, as those that make replicas.
	 */
	public void scan() {
		List<Runnable> tasks = new ArrayList<>();
		this.watches.forEach((watch) -> tasks.addAll(watch.look()));
		if (!tasks.isEmpty()) {
			tasks.get(0).run();
			Together.run("litestream-directory", MAX_AT_ONCE, tasks.subList(1, tasks.size()), Runnable::run);
		}
	}

	/** Looks again and again. Does nothing if it does already. */
	synchronized void start() {
		if (this.timer != null || this.watches.isEmpty()) {
			return;
		}
		ExecutorService executor = Together.executor("litestream-directory", MAX_AT_ONCE);
		ScheduledExecutorService looks = Executors.newSingleThreadScheduledExecutor((task) -> {
			Thread thread = new Thread(task, "litestream-directories");
			thread.setDaemon(true);
			return thread;
		});
		for (DirectoryWatch watch : this.watches) {
			long interval = watch.interval().toNanos();
			this.scheduled.add(looks.scheduleWithFixedDelay(() -> lookQuietly(watch, executor), interval, interval,
					TimeUnit.NANOSECONDS));
		}
		this.timer = looks;
		this.workers = executor;
	}

	/** A look that fails is followed by others. */
	private static void lookQuietly(DirectoryWatch watch, ExecutorService executor) {
		try {
			watch.look().forEach(executor::execute);
		}
		catch (RuntimeException ex) {
			logger.error("Databases could not be looked for; that is tried again", ex);
		}
	}

	/** Looks no more; what it has begun is ended. */
	void stop() {
		ScheduledExecutorService looks;
		ExecutorService executor;
		synchronized (this) {
			looks = this.timer;
			executor = this.workers;
			this.timer = null;
			this.workers = null;
			this.scheduled.clear();
		}
		if (looks != null && executor != null) {
			looks.shutdownNow();
			Together.awaitEnd(looks);
			executor.shutdown();
			Together.awaitEnd(executor);
		}
	}

	/** Has a file left alone until it has disappeared. */
	void leaveAlone(Path file) {
		this.watches.forEach((watch) -> watch.leaveAlone(file));
	}

	/** Why some are not replicated, in sentences. */
	List<String> problems() {
		return this.watches.stream().flatMap((watch) -> watch.problems().stream()).toList();
	}

}
