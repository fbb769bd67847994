package org.litestream4j.replication;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Durations;
import org.litestream4j.format.WalPosition;
import org.litestream4j.shadow.WalShadower;

/**
 * Repeats the shadower's step, when it is told of a commit and otherwise at the monitor
 * interval, on a thread of its own, and keeps the shadow WAL small.
 */
public final class ReplicationLoop {

	private static final Logger logger = LoggerFactory.getLogger(ReplicationLoop.class);

	/** Under load commits are copied in batches; a lone one is copied at once. */
	private static final long LEAST_PAUSE_NANOS = Duration.ofMillis(20).toNanos();

	private static final long WARN_SPACING_NANOS = Duration.ofMinutes(1).toNanos();

	private final String database;

	private final WalShadower shadower;

	private final List<Replicator> replicators;

	private final long monitorNanos;

	private final long maxShadowWalSize;

	private final Clock clock;

	private final Thread thread;

	private final AtomicBoolean signalled = new AtomicBoolean();

	private volatile boolean stopping;

	@Nullable private volatile String lastError;

	@Nullable private volatile Instant failingSince;

	private long lastWarning;

	private long lastTrimWarning = System.nanoTime() - WARN_SPACING_NANOS;

	private long lastMonitored = System.nanoTime();

	public ReplicationLoop(String database, WalShadower shadower, List<Replicator> replicators,
			Duration monitorInterval, long maxShadowWalSize, Clock clock) {
		this.database = database;
		this.shadower = shadower;
		this.replicators = replicators;
		this.monitorNanos = Durations.nanos(monitorInterval);
		this.maxShadowWalSize = maxShadowWalSize;
		this.clock = clock;
		this.thread = new Thread(this::run, "litestream-" + database);
		this.thread.setDaemon(true);
	}

	public void start() {
		this.thread.start();
	}

	/** Says that something may have been committed. Next to free, never blocks. */
	public void changed() {
		if (!this.signalled.get() && this.signalled.compareAndSet(false, true)) {
			LockSupport.unpark(this.thread);
		}
	}

	/**
	 * Copies what was committed, on the caller's thread; a checkpoint that is due is left
	 * to the loop's.
	 * @return false if the time has passed before its turn came
	 * @throws IOException if the live WAL cannot be copied
	 */
	public boolean copyNow(Duration timeout) throws IOException, InterruptedException {
		try {
			boolean copied = this.shadower.copy(timeout);
			if (copied) {
				succeeded();
				changed();
			}
			return copied;
		}
		catch (IOException | RuntimeException ex) {
			failed(ex);
			throw ex;
		}
	}

	private void run() {
		while (!this.stopping) {
			long start = System.nanoTime();
			try {
				step();
				succeeded();
			}
			catch (IOException | RuntimeException | Error ex) {
				failed(ex); // the thread goes on, as nobody would start it again
			}
			pause(start);
		}
	}

	/** What the thread repeats. */
	void step() throws IOException {
		this.signalled.set(false);
		this.shadower.step();
		long now = System.nanoTime();
		if (now - this.lastMonitored >= this.monitorNanos) {
			this.lastMonitored = now;
			this.shadower.checkLocks();
			this.shadower.letOthersCheckpoint();
			trim();
			this.replicators.forEach(Replicator::checkAnswers);
		}
		else if (isFull()) {
			abandonSlowest(false);
		}
	}

	private void pause(long start) {
		while (!this.stopping) {
			long passed = System.nanoTime() - start;
			long wait = (this.signalled.get() ? LEAST_PAUSE_NANOS : this.monitorNanos) - passed;
			if (wait <= 0) {
				return;
			}
			LockSupport.parkNanos(this, wait);
			// Only stop() ends this thread; left set, parking would not wait
			Thread.interrupted();
		}
	}

	/** Deletes what every replica has, and gives up on those that are away too long. */
	private void trim() {
		WalPosition needed = this.shadower.shadowWal().requirePosition();
		boolean unknown = false;
		for (Replicator replicator : this.replicators) {
			WalPosition position = replicator.position();
			if (!replicator.isAbandoned()) {
				if (position == null || !position.generation().equals(needed.generation())) {
					unknown = true;
				}
				else if (needed.isAfter(position)) {
					needed = position;
				}
			}
		}
		if (!unknown) {
			delete(needed);
		}
		if (isFull()) {
			abandonSlowest(true);
		}
	}

	private boolean isFull() {
		return this.shadower.shadowWal().size() > this.maxShadowWalSize;
	}

	/** Replication goes on where that fails: it only takes more and more room. */
	private void delete(WalPosition neededFrom) {
		try {
			this.shadower.trim(neededFrom);
		}
		catch (IOException ex) {
			long now = System.nanoTime();
			if (now - this.lastTrimWarning >= WARN_SPACING_NANOS) {
				this.lastTrimWarning = now;
				logger.warn("Database '{}': WAL that every replica has cannot be deleted from the meta directory,"
						+ " which grows until it can: {}", this.database, ex.getMessage(), ex);
			}
		}
	}

	/**
	 * Whether one fails or is only slow: the bound holds. When none is left that wants
	 * the rest of the generation, nothing more of it is copied.
	 * @param always whether also one is looked at that may only not have begun yet
	 */
	private void abandonSlowest(boolean always) {
		WalPosition now = this.shadower.shadowWal().requirePosition();
		for (Replicator replicator : this.replicators) {
			WalPosition position = replicator.position();
			boolean known = position != null && position.generation().equals(now.generation());
			if (known || always || replicator.lastError() != null) {
				int oldest = this.shadower.shadowWal().oldestIndex();
				WalPosition needsFrom = (known && position != null) ? position
						: new WalPosition(now.generation(), oldest, 0);
				long needs = this.shadower.shadowWal().bytesAfter(needsFrom);
				if (needs > this.maxShadowWalSize) {
					replicator.abandon(now.generation());
				}
			}
		}
		if (this.replicators.stream().allMatch(Replicator::isAbandoned)) {
			this.shadower.suspend(now.generation());
		}
	}

	private synchronized void succeeded() {
		if (this.lastError != null) {
			this.lastError = null;
			this.failingSince = null;
			logger.info("Database '{}': the WAL can be copied again", this.database);
		}
	}

	private synchronized void failed(Throwable failure) {
		long now = System.nanoTime();
		boolean first = this.lastError == null;
		if (first) {
			this.failingSince = this.clock.instant();
		}
		this.lastError = describe(failure);
		if (first || now - this.lastWarning >= WARN_SPACING_NANOS) {
			this.lastWarning = now;
			logger.warn("Database '{}': the WAL cannot be copied, replication stands still until it can: {}",
					this.database, this.lastError, failure);
		}
	}

	private static String describe(Throwable failure) {
		String said = ReplicaHealth.describe(failure);
		boolean gone = failure instanceof NoSuchFileException || failure instanceof FileNotFoundException;
		return gone
				? "a file of the meta directory is gone (%s): restart the application, which begins a new generation"
					.formatted(said)
				: said;
	}

	/** Why the live WAL cannot be copied; null while it can. */
	@Nullable public String lastError() {
		return this.lastError;
	}

	/** Since when; null while it can. */
	@Nullable public Instant failingSince() {
		return this.failingSince;
	}

	/** Ends the thread. */
	public void stop() {
		this.stopping = true;
		LockSupport.unpark(this.thread);
		try {
			this.thread.join();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
