package org.litestream4j.replication;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.database.DatabaseFileLocks;
import org.litestream4j.format.Durations;
import org.litestream4j.format.WalPosition;
import org.litestream4j.live.WalShadower;

/**
 * Repeats the shadower's step, when it is told of a commit and otherwise at the monitor
 * interval, and keeps the shadow WAL small. Any thread may call what is public, but for
 * {@link #work()}, which one does at a time.
 */
public final class ReplicationLoop implements RepeatedWork {

	private static final Logger logger = LoggerFactory.getLogger(ReplicationLoop.class);

	/** Under load commits are copied in batches; a lone one is copied at once. */
	private static final long LEAST_PAUSE_NANOS = Duration.ofMillis(20).toNanos();

	/**
	 * So many times as long as a step takes is paused after it while a replica has
	 * nothing to ship: it waits for what is copied next, and copying has an eighth of a
	 * processor at most. A step that takes 2.5 ms or more has copied a batch.
	 */
	private static final long LEAST_PAUSE_IN_STEPS = 8;

	private static final long WARN_SPACING_NANOS = Duration.ofMinutes(1).toNanos();

	private static final long MOST_LOCKS_AGE_NANOS = Duration.ofSeconds(1).toNanos();

	private final String database;

	private final WalShadower shadower;

	private final List<Replicator> replicators;

	private final long monitorNanos;

	/** How old what the kernel says of locks may be. */
	private final long locksAge;

	private final long maxShadowWalSize;

	private final Clock clock;

	private final ShadowTrim trim;

	private final AtomicBoolean signalled = new AtomicBoolean();

	private Runnable waker = () -> {
	};

	/** Whether there was a step yet. */
	private boolean begun;

	/** When the newest step began, by {@link System#nanoTime()}. */
	private long lastStep;

	/** How long it took, in nanoseconds. */
	private long stepTook;

	/** How long the one before took. */
	private long stepBeforeTook;

	@Nullable private volatile String lastError;

	@Nullable private volatile Instant failingSince;

	private long lastWarning;

	private long lastMonitored = System.nanoTime();

	public ReplicationLoop(String database, WalShadower shadower, List<Replicator> replicators,
			Duration monitorInterval, long maxShadowWalSize, Clock clock) {
		this.database = database;
		this.shadower = shadower;
		this.replicators = replicators;
		this.monitorNanos = Durations.nanos(monitorInterval);
		this.locksAge = Math.min(this.monitorNanos, MOST_LOCKS_AGE_NANOS);
		this.maxShadowWalSize = maxShadowWalSize;
		this.clock = clock;
		this.trim = new ShadowTrim(database, shadower);
		this.replicators.forEach((replicator) -> replicator.whenReady(this::replicaIsReady));
	}

	/** Deletes what is needed no more; to be repeated beside this. */
	public RepeatedWork trim() {
		return this.trim;
	}

	@Override
	public void wakenBy(Runnable newWaker) {
		this.waker = newWaker;
	}

	/** Says that something may have been committed. Next to free, never blocks. */
	public void changed() {
		if (!this.signalled.get() && this.signalled.compareAndSet(false, true)) {
			this.waker.run();
		}
	}

	/** Waits, but not for long, while a checkpoint has the write lock. */
	public void awaitTurn() {
		this.shadower.awaitTurn();
	}

	/**
	 * Copies what was committed, on the caller's thread; a checkpoint that is due is left
	 * to the next step.
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

	/**
	 * As {@link #copyNow(Duration)}, however long its turn takes to come, and vouches for
	 * what was copied.
	 * @return the position before which everything is that was committed before the call
	 * @throws IOException as {@link WalShadower#copyAll()} has it
	 */
	WalPosition copyAll() throws IOException {
		try {
			WalPosition copied = this.shadower.copyAll();
			succeeded();
			changed();
			return copied;
		}
		catch (IOException | RuntimeException ex) {
			failed(ex);
			throw ex;
		}
	}

	@Override
	public void work() {
		this.begun = true;
		this.lastStep = System.nanoTime();
		try {
			step();
			succeeded();
		}
		catch (IOException | RuntimeException | Error ex) {
			failed(ex);
		}
		this.stepBeforeTook = this.stepTook;
		this.stepTook = System.nanoTime() - this.lastStep;
	}

	@Override
	public long dueIn() {
		if (!this.begun) {
			return 0;
		}
		long passed = System.nanoTime() - this.lastStep;
		return this.signalled.get() ? copyIn(passed) : this.monitorNanos - passed;
	}

	private long copyIn(long passed) {
		long readyIn = RepeatedWork.WHEN_WOKEN;
		for (int i = 0; passed < LEAST_PAUSE_NANOS && i < this.replicators.size(); i++) {
			readyIn = Math.min(readyIn, this.replicators.get(i).readyIn());
		}
		// A single one that took long had no processor, or has checkpointed
		return copyIn(passed, Math.min(this.stepTook, this.stepBeforeTook), readyIn);
	}

	/**
	 * How long to wait before commits are copied, in nanoseconds.
	 * @param passed since the newest step began
	 * @param stepTook how long a step takes
	 * @param readyIn when the first replica could ship what is copied
	 */
	static long copyIn(long passed, long stepTook, long readyIn) {
		return Math.min(LEAST_PAUSE_NANOS - passed, Math.max(readyIn, LEAST_PAUSE_IN_STEPS * stepTook - passed));
	}

	/** Says that a replica has nothing to ship any more: it may be time to copy. */
	private void replicaIsReady() {
		if (this.signalled.get()) {
			this.waker.run();
		}
	}

	/** What is repeated. */
	void step() throws IOException {
		this.signalled.set(false);
		this.shadower.step();
		long now = System.nanoTime();
		if (now - this.lastMonitored >= this.monitorNanos) {
			this.lastMonitored = now;
			watchOthers();
			trimShadowWal();
			this.replicators.forEach(Replicator::checkAnswers);
		}
		else if (isFull()) {
			abandonSlowest(false);
		}
	}

	/** What all databases ask at an interval is read once for all, unless it is bad. */
	private void watchOthers() throws IOException {
		DatabaseFileLocks locks = this.shadower.databaseFile().locks();
		if (!locks.wereHeld(this.locksAge)) {
			this.shadower.checkLocks();
		}
		if (locks.wasCheckpointing(this.locksAge)) {
			this.shadower.letOthersCheckpoint();
		}
	}

	/**
	 * Has deleted what every replica has, and gives up on those that are away too long.
	 */
	private void trimShadowWal() {
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
			this.trim.upTo(needed);
		}
		if (isFull()) {
			abandonSlowest(true);
		}
	}

	private boolean isFull() {
		return this.shadower.shadowWal().size() > this.maxShadowWalSize;
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
			logger.warn("Database '{}': the WAL cannot be copied, replication is stalled until it can: {}",
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

}
