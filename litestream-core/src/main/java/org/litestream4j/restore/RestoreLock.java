package org.litestream4j.restore;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BooleanSupplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.RestoreException;
import org.litestream4j.RestoreProgress;
import org.litestream4j.io.DirectoryLock;
import org.litestream4j.io.WaitingLock;

/**
 * Lets one process after another look whether a database is missing, and restore it: who
 * comes second waits, and finds it restored. Refused while an engine replicates the
 * database, whose file was then taken from under it.
 */
public final class RestoreLock implements Closeable {

	private static final Logger logger = LoggerFactory.getLogger(RestoreLock.class);

	private static final Duration LOG_INTERVAL = Duration.ofSeconds(10);

	/** The database whose engine is being started by a thread, and so has its lock. */
	private static final ThreadLocal<@Nullable Started> STARTING = new ThreadLocal<>();

	private final Path database;

	private final WaitingLock lock;

	@Nullable private final DirectoryLock engine;

	private RestoreLock(Path database, WaitingLock lock, @Nullable DirectoryLock engine) {
		this.database = database;
		this.lock = lock;
		this.engine = engine;
	}

	/** The start for which a database is restored. */
	public interface Starting {

		/** Whether the start has failed already; asked often. */
		boolean isCancelled();

		/**
		 * Called right before the restored database appears.
		 * @throws IOException if it must not, as the start has failed
		 */
		void requireWanted() throws IOException;

	}

	/** What is started on a thread. */
	private record Started(Path database, Starting starting) {
	}

	/** Work that may restore a database. */
	@FunctionalInterface
	public interface Work<T> {

		/** Does it. */
		T run() throws IOException;

	}

	/**
	 * Does work, which may restore a database on this thread although the engine's lock
	 * is held: by the engine that starts, for which it is restored.
	 * @param database absolute
	 * @param starting may end the restore
	 */
	public static <T> T whileStarting(Path database, Starting starting, Work<T> work) throws IOException {
		STARTING.set(new Started(database, starting));
		try {
			return work.run();
		}
		finally {
			STARTING.remove();
		}
	}

	/**
	 * Waits for other restores of a database.
	 * @param database absolute, in a directory that exists
	 * @param progress may end the waiting
	 * @throws RestoreException if it did
	 * @throws IOException if the lock cannot be created, or the database is in use
	 */
	public static RestoreLock acquire(Path database, RestoreProgress progress) throws IOException {
		Path file = database.resolveSibling(RestoreDraft.hiddenName(database, ".restore-lock"));
		WaitingLock lock;
		try {
			lock = WaitingLock.acquire(file, new Waiting(database, progress));
		}
		catch (IOException ex) {
			if (progress.isCancelled() || Thread.currentThread().isInterrupted()) {
				throw RestoreMeter.cancelled();
			}
			throw new DraftException(database.getParent(), ex);
		}
		try {
			return new RestoreLock(database, lock, lockOfEngine(database));
		}
		catch (IOException | RuntimeException ex) {
			lock.close();
			throw ex;
		}
	}

	/** At its usual place; where it is another one, the file's absence has to do. */
	private static @Nullable DirectoryLock lockOfEngine(Path database) throws IOException {
		Path directory = database.resolveSibling(".%s-litestream".formatted(database.getFileName()));
		boolean mayRun = Files.isRegularFile(directory.resolve("lock"), LinkOption.NOFOLLOW_LINKS);
		if (!mayRun || startOf(database) != null || !RestoreOutput.isMissing(database)) {
			return null; // the first one may already have started what it restored
		}
		DirectoryLock engine = DirectoryLock.tryAcquire(directory);
		if (engine == null) {
			throw new IOException(
					"%s is in use by an application that replicates it and still has its former file open: stop the application before its database is restored"
						.formatted(database));
		}
		return engine;
	}

	private static @Nullable Starting startOf(Path database) {
		Started started = STARTING.get();
		return (started != null && started.database().equals(database)) ? started.starting() : null;
	}

	/** The same progress, ended by the start for which the database is restored, too. */
	public RestoreProgress ending(RestoreProgress progress) {
		Starting starting = startOf(this.database);
		return (starting == null) ? progress : new RestoreProgress() {

			@Override
			public void advanced(long done, long total) {
				progress.advanced(done, total);
			}

			@Override
			public boolean isCancelled() {
				return progress.isCancelled() || starting.isCancelled();
			}

		};
	}

	/**
	 * Called right before the restored database appears.
	 * @throws IOException if it must not, as the start that it is for has failed
	 */
	static void requireWanted(Path database) throws IOException {
		Starting starting = startOf(database);
		if (starting != null) {
			starting.requireWanted();
		}
	}

	@Override
	public void close() throws IOException {
		try (WaitingLock held = this.lock) {
			logger.trace("{} is given back", held);
			if (this.engine != null) {
				this.engine.close();
			}
		}
	}

	private static final class Waiting implements BooleanSupplier {

		private final Path database;

		private final RestoreProgress progress;

		private long loggedAt = System.nanoTime() - LOG_INTERVAL.toNanos();

		Waiting(Path database, RestoreProgress progress) {
			this.database = database;
			this.progress = progress;
		}

		@Override
		public boolean getAsBoolean() {
			if (System.nanoTime() - this.loggedAt >= LOG_INTERVAL.toNanos()) {
				this.loggedAt = System.nanoTime();
				logger.info("Another process restores {}: waiting for it", this.database);
			}
			return this.progress.isCancelled();
		}

	}

}
