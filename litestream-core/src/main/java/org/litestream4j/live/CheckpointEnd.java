package org.litestream4j.live;

import java.time.Duration;

import org.litestream4j.database.DatabaseFileLocks;
import org.litestream4j.observe.LitestreamListener.CheckpointOutcome;

/**
 * How a checkpoint ended, and who kept it from its end.
 */
sealed interface CheckpointEnd {

	/** Completes a sentence that ends with "held back by". */
	String holder(DatabaseFileLocks locks);

	/** What listeners and metrics call it. */
	default CheckpointOutcome outcome() {
		return (this instanceof Complete) ? CheckpointOutcome.COMPLETE : CheckpointOutcome.BUSY;
	}

	/** Everything is in the database file, and the next writer restarts the WAL. */
	record Complete() implements CheckpointEnd {

		@Override
		public String holder(DatabaseFileLocks locks) {
			return "nobody";
		}

	}

	/** A read transaction needs what is not in the database file. */
	record HeldByReader() implements CheckpointEnd {

		@Override
		public String holder(DatabaseFileLocks locks) {
			return locks.describeReaders();
		}

	}

	/** A read transaction of the engine's own does, for a view or a copy. */
	record HeldByOwnView() implements CheckpointEnd {

		@Override
		public String holder(DatabaseFileLocks locks) {
			return "a snapshot, validation or copy that is running";
		}

	}

	/**
	 * A writer had the write lock all the time.
	 *
	 * @param waited how long it was waited for
	 */
	record HeldByWriter(Duration waited) implements CheckpointEnd {

		@Override
		public String holder(DatabaseFileLocks locks) {
			return "a write transaction that was open for longer than the busy timeout of %d ms"
				.formatted(this.waited.toMillis());
		}

	}

	/** Somebody else was checkpointing. */
	record HeldByCheckpoint() implements CheckpointEnd {

		@Override
		public String holder(DatabaseFileLocks locks) {
			return "a checkpoint that somebody else runs";
		}

	}

	/** There were commits meanwhile, which only the next checkpoint can take. */
	record Overtaken() implements CheckpointEnd {

		@Override
		public String holder(DatabaseFileLocks locks) {
			return "commits that were made meanwhile";
		}

	}

	/** Somebody read or wrote; SQLite does not say which. */
	record HeldByOthers() implements CheckpointEnd {

		@Override
		public String holder(DatabaseFileLocks locks) {
			return "a read or write transaction";
		}

	}

}
