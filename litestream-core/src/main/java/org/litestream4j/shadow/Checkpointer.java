package org.litestream4j.shadow;

import java.io.IOException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

import org.litestream4j.database.CheckpointMode;
import org.litestream4j.database.CheckpointResult;
import org.litestream4j.database.DatabaseSession;
import org.litestream4j.observe.LitestreamListener.CheckpointOutcome;

/**
 * Checkpoints without ever leaving the WAL unguarded: a read transaction ends only while
 * a younger one is held and everything was copied since, or while the write lock is held
 * and everything was copied under it. Runs under the engine's lock.
 */
final class Checkpointer {

	/** How a checkpoint ended. */
	enum Result {

		/** Everything is in the database file, and the next writer restarts the WAL. */
		COMPLETE,
		/** A reader needs what is not. */
		HELD_BY_READER,
		/** A writer had the write lock for all of the busy timeout. */
		HELD_BY_WRITER;

		private static Result of(CheckpointResult result) {
			return result.isComplete() ? COMPLETE : HELD_BY_READER;
		}

		CheckpointOutcome outcome() {
			return (this == COMPLETE) ? CheckpointOutcome.COMPLETE : CheckpointOutcome.BUSY;
		}

	}

	/** How long the write lock is held at most for the last frames. */
	private static final long FINISH_NANOS = 50_000_000;

	private static final long PARK_NANOS = 200_000;

	private final DatabaseSession session;

	private final ReaderPair readers;

	private final ReaderPair.Step sync;

	private final ReaderPair.Step force;

	/**
	 * Creates a checkpointer.
	 * @param sync copies everything published now
	 * @param force makes what was copied survive a power cut
	 */
	Checkpointer(DatabaseSession session, ReaderPair readers, ReaderPair.Step sync, ReaderPair.Step force) {
		this.session = session;
		this.readers = readers;
		this.sync = sync;
		this.force = force;
	}

	/**
	 * Without the write lock: nobody waits. Does not restart the WAL under a writer that
	 * never pauses.
	 */
	Result gentle() throws IOException {
		this.readers.handOver(this.sync);
		this.force.run();
		CheckpointResult result = this.session.checkpoint(CheckpointMode.PASSIVE);
		// A reader that begins now, with everything copied back, leaves the WAL free
		// to restart
		this.readers.handOver(this.sync);
		return Result.of(result);
	}

	/**
	 * With the write lock for the last part only: the bulk is copied before.
	 * @param reached is told how many pages the WAL had come to, if it came to that
	 */
	Result firm(IntConsumer reached) throws IOException {
		int published = this.session.published().log();
		this.readers.handOver(this.sync);
		this.force.run();
		CheckpointResult bulk = this.session.checkpoint(CheckpointMode.PASSIVE);
		if (bulk.backfilled() < published) {
			// An older reader pins the WAL; the write lock would not help
			return Result.HELD_BY_READER;
		}
		if (!this.session.tryBeginWrite()) {
			return Result.HELD_BY_WRITER;
		}
		boolean covered = true;
		try {
			this.sync.run();
			this.force.run();
			this.readers.release(); // the write lock is the cover now
			covered = false;
			CheckpointResult rest = finish();
			this.readers.acquire();
			covered = true;
			reached.accept(rest.log());
			return Result.of(rest);
		}
		finally {
			if (!covered) {
				acquireWhatever();
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

	/** The write lock is kept until a reader guards the WAL again. */
	private void acquireWhatever() {
		for (int attempt = 1; !this.readers.isHeld(); attempt++) {
			try {
				this.readers.acquire();
			}
			catch (IOException ex) {
				if (attempt == 100) {
					throw new IllegalStateException("no read transaction could be had under the write lock", ex);
				}
				LockSupport.parkNanos(PARK_NANOS);
			}
		}
	}

}
