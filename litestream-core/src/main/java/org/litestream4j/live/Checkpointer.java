package org.litestream4j.live;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.database.CheckpointMode;
import org.litestream4j.database.CheckpointResult;
import org.litestream4j.database.DatabaseSession;
import org.litestream4j.live.CheckpointPolicy.Action;
import org.litestream4j.live.CheckpointPolicy.Pin;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.CheckpointOutcome;

/**
 * Checkpoints when the policy says so, without ever leaving the WAL unguarded: a read
 * transaction ends only while a younger one is held and everything was copied since, or
 * while the write lock is held and everything was copied under it. Reports each attempt,
 * and warns of what holds a large WAL back. Runs under the protocol's lock.
 */
final class Checkpointer {

	private static final Logger logger = LoggerFactory.getLogger(Checkpointer.class);

	/** How long the write lock is held at most for the last frames. */
	private static final long FINISH_NANOS = 50_000_000;

	/** How often what was committed meanwhile is copied back before the last frames. */
	private static final int CATCH_UP_ROUNDS = 6;

	/** So few that the disk takes as long for them as for none. */
	private static final int FEW_FRAMES = 128;

	private static final long PARK_NANOS = 200_000;

	private static final long WARN_SPACING_NANOS = Duration.ofMinutes(1).toNanos();

	/** How often the guard moves for a checkpoint of others. */
	private static final int YIELDS = 20;

	private static final long YIELD_NANOS = 5_000_000;

	private static final long TRUNCATE_SPACING_NANOS = Duration.ofMillis(200).toNanos();

	private final ShadowOptions options;

	private final CheckpointPolicy policy;

	private final LiveDatabase live;

	private final DatabaseSession session;

	private final ShadowWal shadow;

	private final WalCopier copier;

	private final RestartProof restartProof;

	private final LitestreamListener listener;

	private final FirmStart firmStart;

	/** WAL pages up to which it may grow while the database file is forced. */
	private final int roomy;

	/** Whether the newest one with the write lock came to the end of the WAL. */
	private boolean unpinned;

	private long lastAttempt = System.nanoTime();

	/** When the newest one with the write lock ended. */
	private long lastFirm = System.nanoTime();

	private long lastTruncate = System.nanoTime() - TRUNCATE_SPACING_NANOS;

	private long lastWarning = System.nanoTime() - WARN_SPACING_NANOS;

	Checkpointer(ShadowOptions options, LiveDatabase live, ShadowWal shadow, WalCopier copier,
			RestartProof restartProof, LitestreamListener listener) {
		this.options = options;
		this.policy = options.checkpointPolicy();
		this.live = live;
		this.session = live.session();
		this.shadow = shadow;
		this.copier = copier;
		this.restartProof = restartProof;
		this.listener = listener;
		this.firmStart = new FirmStart(options.maxCheckpointPageCount());
		this.roomy = options.maxCheckpointPageCount() / 2;
	}

	/**
	 * Does what is due.
	 * @param synced what the sync before has found
	 * @param pageSize the database's page size in bytes
	 * @param pin whether the engine itself pins the WAL
	 */
	void runIfDue(WalCopier.Result synced, int pageSize, Pin pin) throws IOException {
		this.live.lock().assertHeld();
		CheckpointResult published = synced.published();
		long now = System.nanoTime();
		Action action = this.policy.decide(new CheckpointPolicy.Situation(published.log(), published.backfilled(),
				now - this.lastAttempt, now - this.copier.restartSeen(), synced.bytes() > 0, pin),
				this.firmStart.pages());
		if (action != Action.NONE) {
			CheckpointEnd end = (action == Action.FIRM) ? firm(pin) : gentle(pin);
			if (end instanceof CheckpointEnd.Complete) {
				// Between this and the next step there may always be a commit
				truncateIfLarge(pageSize);
			}
			else if (published.log() >= this.options.maxCheckpointPageCount()) {
				warnOfGrowth(published, end);
			}
		}
		else if (published.isComplete()) {
			truncateIfLarge(pageSize);
		}
	}

	/**
	 * Without the write lock: nobody waits. Does not restart the WAL under a writer that
	 * never pauses.
	 */
	CheckpointEnd gentle(Pin pin) throws IOException {
		return timed("gentle", () -> {
			int published = this.session.published().log();
			this.copier.handOver();
			this.shadow.force();
			CheckpointResult result = this.session.checkpoint(CheckpointMode.PASSIVE);
			// A reader that begins now, with everything copied back, leaves the WAL free
			// to restart
			this.copier.handOver();
			return endOf(result, published, pin);
		});
	}

	/**
	 * With the write lock for the last part only: all but a few frames are copied before,
	 * as whoever waits for the lock sleeps longer than it is held. A WAL that is nearly
	 * too large is copied under it at once, as writers may be faster than the disk.
	 */
	CheckpointEnd firm(Pin pin) throws IOException {
		return timed("firm", () -> {
			CheckpointResult published = this.session.published();
			boolean guarded = !this.live.guard().locksAreLost();
			if (!this.unpinned || published.log() <= this.firmStart.hasty()) {
				this.unpinned = false;
				CheckpointResult bulk = bulk();
				if (bulk.backfilled() < published.log()) {
					// An older reader pins the WAL; the write lock would not help
					return endOf(bulk, published.log(), pin);
				}
				catchUp(published.log() - Math.max(published.backfilled(), 0));
			}
			if (!isHasty()) {
				this.copier.sync();
			}
			if (!this.session.tryBeginWrite()) {
				return new CheckpointEnd.HeldByWriter(this.options.busyTimeout());
			}
			long locked = System.nanoTime();
			CheckpointResult rest = finishWithWriteLock(guarded);
			long end = System.nanoTime();
			this.firmStart.learn(rest.log(), end - locked, end - this.lastFirm);
			this.lastFirm = end;
			this.unpinned = rest.isComplete();
			copyWhatFollows();
			return endOf(rest, rest.log(), pin);
		});
	}

	/**
	 * A reader at mark 0 would keep the next WAL out of the database file, so it moves at
	 * once. Where it does not, what was noted under the write lock is still what a start
	 * would go on from, and must be true, whatever fails here.
	 */
	private void copyWhatFollows() throws IOException {
		WalCopier.Index index = WalCopier.Index.SAME;
		try {
			index = this.copier.syncAndHandOver().index();
		}
		finally {
			if (index == WalCopier.Index.SAME) {
				this.restartProof.confirm();
			}
		}
	}

	/**
	 * Copies back what was committed meanwhile, again and again, as long as that pays and
	 * the WAL may grow: each time it is less, if the disk is faster than the writers.
	 * @param copied frames that were copied back just now
	 */
	private void catchUp(int copied) throws IOException {
		int done = copied;
		for (int round = 0; round < CATCH_UP_ROUNDS; round++) {
			CheckpointResult now = this.session.published();
			int left = now.log() - now.backfilled();
			if (left <= FEW_FRAMES || left > done - done / 8 || now.log() > this.options.maxCheckpointPageCount()) {
				return;
			}
			bulk();
			done = left;
		}
	}

	private boolean isHasty() throws IOException {
		return this.session.published().log() > this.firmStart.hasty();
	}

	/**
	 * Copies back what is published, while others write. SQLite forces the database file
	 * only where that is all there is, and else leaves it to whoever comes to the end of
	 * the WAL: that is the one with the write lock, who should find less to wait for. But
	 * the WAL grows meanwhile, so only where it has room.
	 */
	private CheckpointResult bulk() throws IOException {
		this.copier.handOver();
		this.shadow.force();
		CheckpointResult result = this.session.checkpoint(CheckpointMode.PASSIVE);
		if (!result.isComplete() && this.session.published().log() <= this.roomy) {
			this.live.file().forceAhead();
		}
		return result;
	}

	/**
	 * Gives the write lock back, but not before a reader guards the WAL again.
	 * @param guarded whether SQLite's locks were there a moment ago: to ask the kernel
	 * takes longer than all the rest
	 */
	private CheckpointResult finishWithWriteLock(boolean guarded) throws IOException {
		boolean covered = true;
		try {
			this.copier.sync();
			this.shadow.force();
			this.live.guard().release(); // the write lock is the cover now
			covered = false;
			CheckpointResult rest = finish();
			if (guarded) {
				this.restartProof.noteForNow();
			}
			this.live.guard().acquire();
			covered = true;
			return rest;
		}
		finally {
			if (!covered) {
				acquireWhateverFails();
			}
			this.session.endWrite();
		}
	}

	/** A passive checkpoint ignores busy handlers, so this one waits itself, briefly. */
	private CheckpointResult finish() throws IOException {
		long start = System.nanoTime();
		CheckpointResult result = this.session.checkpoint(CheckpointMode.PASSIVE);
		while (!result.isComplete() && System.nanoTime() - start < FINISH_NANOS) {
			LockSupport.parkNanos(PARK_NANOS);
			result = this.session.checkpoint(CheckpointMode.PASSIVE);
		}
		return result;
	}

	/** If it fails for good, the write lock is kept until {@link WalGuard#resume()}. */
	private void acquireWhateverFails() {
		for (int attempt = 1; !this.live.guard().isHeld(); attempt++) {
			try {
				this.live.guard().acquire();
			}
			catch (IOException ex) {
				if (attempt == 100) {
					throw new IllegalStateException("no read transaction could begin under the write lock", ex);
				}
				LockSupport.parkNanos(PARK_NANOS);
			}
		}
	}

	/**
	 * How a passive checkpoint ended.
	 * @param published frames that were published before the engine's own reader began:
	 * one that needs an older frame is somebody else's
	 */
	private static CheckpointEnd endOf(CheckpointResult result, int published, Pin pin) {
		if (result.isComplete()) {
			return new CheckpointEnd.Complete();
		}
		if (result.log() < 0) {
			return new CheckpointEnd.HeldByCheckpoint();
		}
		if (pin == Pin.OWN_VIEW) {
			return new CheckpointEnd.HeldByOwnView();
		}
		boolean restarted = result.log() < published;
		return (restarted || result.backfilled() >= published) ? new CheckpointEnd.Overtaken()
				: new CheckpointEnd.HeldByReader();
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
			return this.session.checkpoint(CheckpointMode.TRUNCATE).busy() ? new CheckpointEnd.HeldByOthers()
					: new CheckpointEnd.Complete();
		});
		this.lastTruncate = System.nanoTime();
	}

	/**
	 * Closes the current index, so that the next commit begins another, if nobody else
	 * reads or writes just now. From then on not one frame may be appended to it, so its
	 * end is noted on the disk before anybody relies on that.
	 * @param attempts how often it is tried; each may wait for a long writer, and nothing
	 * is copied meanwhile
	 * @return complete if the index is closed, or the next one has begun
	 */
	CheckpointEnd closeIndex(int attempts, Pin pin) throws IOException {
		this.live.lock().assertHeld();
		int before = this.shadow.requirePosition().index();
		CheckpointEnd end = new CheckpointEnd.HeldByOthers();
		for (int attempt = 0; attempt < attempts; attempt++) {
			end = firm(pin);
			if (end instanceof CheckpointEnd.Complete && this.session.checkpoint(CheckpointMode.RESTART).busy()) {
				end = new CheckpointEnd.HeldByOthers();
			}
			WalCopier.Result result = this.copier.sync();
			if (this.shadow.requirePosition().index() != before) {
				return new CheckpointEnd.Complete(); // a writer was faster
			}
			// Not busy: nobody reads from the WAL, and all of it is in the database
			if (end instanceof CheckpointEnd.Complete) {
				if (result.published().isComplete()) {
					this.shadow.closeIndex();
					return end;
				}
				end = new CheckpointEnd.Overtaken();
			}
		}
		return (end instanceof CheckpointEnd.HeldByOthers) ? readerOrWriter(pin) : end;
	}

	/** A writer was in the way if the write lock is still taken. */
	private CheckpointEnd readerOrWriter(Pin pin) throws IOException {
		if (!this.session.tryBeginWrite()) {
			return new CheckpointEnd.HeldByWriter(this.options.busyTimeout());
		}
		this.session.endWrite();
		return (pin == Pin.OWN_VIEW) ? new CheckpointEnd.HeldByOwnView() : new CheckpointEnd.HeldByReader();
	}

	/**
	 * Moves the guard to younger transactions until nobody else checkpoints any more:
	 * first it holds back what is copied into the database file, and then the restart of
	 * the WAL, which only one that began after the copying lets happen.
	 */
	void letOthersCheckpoint() throws IOException {
		this.live.lock().assertHeld();
		for (int attempt = 0; attempt < YIELDS && this.live.file().locks().isCheckpointing(); attempt++) {
			this.copier.handOver();
			LockSupport.parkNanos(YIELD_NANOS);
		}
	}

	/** One way to checkpoint. */
	@FunctionalInterface
	private interface Attempt {

		CheckpointEnd run() throws IOException;

	}

	private CheckpointEnd timed(String mode, Attempt attempt) throws IOException {
		this.live.lock().assertHeld();
		long start = System.nanoTime();
		CheckpointOutcome outcome = CheckpointOutcome.ERROR;
		try {
			CheckpointEnd end = attempt.run();
			outcome = end.outcome();
			return end;
		}
		finally {
			this.lastAttempt = System.nanoTime();
			this.listener.checkpointed(this.options.name(), mode, outcome, Duration.ofNanos(this.lastAttempt - start));
		}
	}

	private void warnOfGrowth(CheckpointResult published, CheckpointEnd end) {
		if (System.nanoTime() - this.lastWarning < WARN_SPACING_NANOS) {
			return;
		}
		this.lastWarning = System.nanoTime();
		logger.warn("Database '{}': the WAL has {} pages and cannot be checkpointed beyond {}: it is held back by {}",
				this.options.name(), published.log(), published.backfilled(), end.holder(this.live.file().locks()));
	}

}
