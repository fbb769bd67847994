package org.litestream4j.shadow;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.database.CheckpointMode;
import org.litestream4j.database.CheckpointResult;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.CheckpointOutcome;

/**
 * Checkpoints when the policy says so, reports each attempt, and warns of what holds a
 * large WAL back. Runs under the engine's lock.
 */
final class CheckpointRunner {

	private static final Logger logger = LoggerFactory.getLogger(CheckpointRunner.class);

	private static final long WARN_SPACING_NANOS = Duration.ofMinutes(1).toNanos();

	/** How often the guard moves for a checkpoint of others. */
	private static final int YIELDS = 20;

	private static final long YIELD_NANOS = 5_000_000;

	private static final long TRUNCATE_SPACING_NANOS = Duration.ofMillis(200).toNanos();

	private final ShadowOptions options;

	private final CheckpointPolicy policy;

	private final LiveDatabase live;

	private final WalCopier copier;

	private final Checkpointer checkpointer;

	private final LitestreamListener listener;

	private final FirmStart firmStart;

	private long lastAttempt = System.nanoTime();

	private long lastTruncate = System.nanoTime() - TRUNCATE_SPACING_NANOS;

	private long lastWarning = System.nanoTime() - WARN_SPACING_NANOS;

	/**
	 * Creates it.
	 * @param force makes what was copied survive a power cut
	 */
	CheckpointRunner(ShadowOptions options, LiveDatabase live, WalCopier copier, ReaderPair.Step force,
			LitestreamListener listener) {
		this.options = options;
		this.policy = options.checkpointPolicy();
		this.live = live;
		this.copier = copier;
		this.checkpointer = new Checkpointer(live.session(), live.readers(), copier::sync, force);
		this.listener = listener;
		this.firmStart = new FirmStart(options.maxCheckpointPageCount());
	}

	/**
	 * Does what is due.
	 * @param synced what the sync before has found
	 * @param pageSize the database's page size in bytes
	 * @param pinned whether a view of the engine's own pins the WAL
	 */
	void runIfDue(WalSync.Result synced, int pageSize, boolean pinned) throws IOException {
		CheckpointResult published = synced.published();
		long now = System.nanoTime();
		CheckpointPolicy.Action action = this.policy
			.decide(new CheckpointPolicy.Situation(published.log(), published.backfilled(), now - this.lastAttempt,
					now - this.copier.restartSeen(), synced.bytes() > 0, pinned), this.firmStart.pages());
		if (action != CheckpointPolicy.Action.NONE) {
			Checkpointer.Result result = (action == CheckpointPolicy.Action.FIRM) ? firm() : gentle();
			if (result == Checkpointer.Result.COMPLETE) {
				// Between this and the next step there may always be a commit
				truncateIfLarge(pageSize);
			}
			else if (published.log() >= this.options.maxCheckpointPageCount()) {
				warnOfGrowth(published, result, pinned);
			}
		}
		else if (published.isComplete()) {
			truncateIfLarge(pageSize);
		}
	}

	private Checkpointer.Result gentle() throws IOException {
		return timed("gentle", this.checkpointer::gentle);
	}

	Checkpointer.Result firm() throws IOException {
		return timed("firm", () -> this.checkpointer.firm(this.firmStart::learn));
	}

	private void truncateIfLarge(int pageSize) throws IOException {
		if (System.nanoTime() - this.lastTruncate >= TRUNCATE_SPACING_NANOS
				&& this.policy.shouldTruncate(this.copier.wal().size(), pageSize)) {
			truncate();
		}
	}

	/** Fails, harmlessly, as soon as one new frame exists. */
	private void truncate() throws IOException {
		timed("truncate", () -> {
			// To mark 0, else the engine's own reader is in the way
			this.copier.handOver();
			return this.live.session().checkpoint(CheckpointMode.TRUNCATE).busy() ? Checkpointer.Result.HELD_BY_READER
					: Checkpointer.Result.COMPLETE;
		});
		this.lastTruncate = System.nanoTime();
	}

	/**
	 * Moves the guard to younger transactions until nobody else checkpoints any more:
	 * first it holds back what is copied into the database file, and then the restart of
	 * the WAL, which only one that began after the copying lets happen.
	 */
	void letOthersCheckpoint() throws IOException {
		for (int attempt = 0; attempt < YIELDS && this.live.file().locks().isCheckpointing(); attempt++) {
			this.copier.handOver();
			LockSupport.parkNanos(YIELD_NANOS);
		}
	}

	/** One way to checkpoint. */
	@FunctionalInterface
	private interface Attempt {

		Checkpointer.Result run() throws IOException;

	}

	private Checkpointer.Result timed(String mode, Attempt attempt) throws IOException {
		long start = System.nanoTime();
		CheckpointOutcome outcome = CheckpointOutcome.ERROR;
		try {
			Checkpointer.Result result = attempt.run();
			outcome = result.outcome();
			return result;
		}
		finally {
			this.lastAttempt = System.nanoTime();
			this.listener.checkpointed(this.options.name(), mode, outcome, Duration.ofNanos(this.lastAttempt - start));
		}
	}

	private void warnOfGrowth(CheckpointResult published, Checkpointer.Result result, boolean pinned) {
		if (System.nanoTime() - this.lastWarning < WARN_SPACING_NANOS) {
			return;
		}
		this.lastWarning = System.nanoTime();
		logger.warn("Database '{}': the WAL has {} pages and cannot be checkpointed beyond {}: it is held back by {}",
				this.options.name(), published.log(), published.backfilled(), describeHolder(result, pinned));
	}

	private String describeHolder(Checkpointer.Result result, boolean pinned) {
		if (result == Checkpointer.Result.HELD_BY_WRITER) {
			return "a write transaction that was open for longer than the busy timeout of %d ms"
				.formatted(this.options.busyTimeout().toMillis());
		}
		return pinned ? "a snapshot or validation that runs" : this.live.file().locks().describeReaders();
	}

}
