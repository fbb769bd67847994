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

	private final WaitingLock lock;

	@Nullable private final DirectoryLock engine;

	private RestoreLock(WaitingLock lock, @Nullable DirectoryLock engine) {
		this.lock = lock;
		this.engine = engine;
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
			return new RestoreLock(lock, lockOfEngine(database));
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
		if (!mayRun || !RestoreOutput.isMissing(database)) {
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
