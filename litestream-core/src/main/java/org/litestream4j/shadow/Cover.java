package org.litestream4j.shadow;

import java.io.IOException;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.database.DatabaseFile;
import org.litestream4j.database.DatabaseFileLocks;
import org.litestream4j.database.DatabaseSession;
import org.litestream4j.observe.LitestreamListener.GenerationReason;

/**
 * Whether a read transaction has guarded the WAL ever since the last sync, which alone
 * proves that no frame was lost when it was restarted. SQLite's locks can be lost
 * although the transaction is open. Runs under the engine's lock.
 */
final class Cover {

	private static final Logger logger = LoggerFactory.getLogger(Cover.class);

	private final String database;

	private final DatabaseFile file;

	private final ReaderPair readers;

	/** Some systems hide their locks; then nothing can be said about them. */
	private final boolean locksVisible;

	/** At first nothing is known about what happened before. */
	private boolean lost = true;

	/**
	 * Whether a reader's mark may be without its lock, although its transaction is open.
	 */
	private boolean unguarded;

	/**
	 * Creates it.
	 * @param readers one of them has its transaction open
	 */
	Cover(String database, DatabaseFile file, ReaderPair readers) throws IOException {
		this.database = database;
		this.file = file;
		this.readers = readers;
		this.locksVisible = DatabaseFileLocks.areVisible();
	}

	/** Whether it was there all the time, and is. */
	boolean isComplete() throws IOException {
		return !this.lost && !this.unguarded && this.readers.isHeld() && !locksAreLost();
	}

	/** Whether it was missing for a while, and no sync has settled that since. */
	boolean isLost() {
		return this.lost || this.unguarded;
	}

	/** Nothing was missed before the read transaction that is held began. */
	void proven() {
		this.lost = false;
	}

	/** From now on commits are not copied. */
	void interrupted() {
		this.lost = true;
	}

	/** A new generation needs no proof of what was before. */
	void beginAnew() {
		this.lost = false;
	}

	/** A chain of frames that goes on is proof enough; an empty WAL is none. */
	void settle(WalSync.Result result, boolean copiedBefore) throws ContinuityLostException {
		if (isLost() && result.published().log() == 0 && copiedBefore) {
			throw new ContinuityLostException(GenerationReason.WAL_DOES_NOT_CONTINUE,
					"the WAL was reset while no read transaction guarded it");
		}
		this.lost = false;
	}

	boolean locksAreLost() throws IOException {
		return this.locksVisible && !this.file.locks().state().complete();
	}

	/**
	 * Takes lost locks again and says whose fault it was. The read mark comes back only
	 * when a transaction begins anew, for which the write lock is the cover.
	 * @param sync copies everything published now
	 */
	void repairLocks(DatabaseSession session, ReaderPair.Step sync) throws IOException {
		this.lost = true;
		DatabaseFileLocks.State state = this.file.locks().state();
		this.unguarded |= !state.shm();
		boolean repaired = this.file.locks().repair(state);
		logger.error("Database '{}': SQLite's locks on {} were lost and {}. Some code in this process has opened and"
				+ " closed the database file or its -shm by Java I/O (copied it, or computed a checksum), which drops"
				+ " every lock of the process; other processes could then delete the live WAL. Read the database"
				+ " through SQLite only", this.database, this.file.path(),
				repaired ? "taken again" : "could not be taken again: restart the application");
		renew(session, sync);
	}

	/**
	 * Begins the transaction anew whose mark was lost, if the write lock can be had.
	 * Until that has been done nothing guards the WAL, whatever the transactions say.
	 * @param sync copies everything published now
	 */
	void renew(DatabaseSession session, ReaderPair.Step sync) throws IOException {
		if (!this.unguarded || !session.tryBeginWrite()) {
			return;
		}
		try {
			sync.run();
			this.readers.release();
			boolean marked = this.file.locks().takeReadMarks();
			this.readers.acquire();
			this.unguarded = !marked;
		}
		finally {
			session.endWrite();
		}
	}

}
