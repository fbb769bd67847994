package org.litestream4j.live;

import java.io.IOException;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.database.DatabaseFile;
import org.litestream4j.database.DatabaseFileLocks;
import org.litestream4j.database.DatabaseSession;
import org.litestream4j.database.ReadLock;
import org.litestream4j.observe.LitestreamListener.GenerationReason;

/**
 * What guards the WAL: two readers, of which one always has a read transaction open, and
 * whether one has had it ever since the last sync. That alone proves that no frame was
 * lost when the WAL was restarted. SQLite's locks can be lost although the transaction is
 * open. Runs under the protocol's lock, but for {@link #locksAreLost()}.
 */
final class WalGuard {

	private static final Logger logger = LoggerFactory.getLogger(WalGuard.class);

	private final ProtocolLock lock;

	private final String database;

	private final DatabaseSession session;

	private final DatabaseFile file;

	/** Some systems hide their locks; then nothing can be said about them. */
	private final boolean locksVisible;

	private ReadLock held;

	private ReadLock spare;

	/** At first nothing is known about what happened before. */
	private boolean lost = true;

	/**
	 * Whether a reader's mark may be without its lock, although its transaction is open.
	 */
	private boolean unguarded;

	/**
	 * Opens two readers. Neither has a transaction yet.
	 */
	WalGuard(ProtocolLock lock, String database, DatabaseSession session) throws IOException {
		this.lock = lock;
		this.database = database;
		this.session = session;
		this.file = session.file();
		this.held = session.newReadLock();
		this.spare = session.newReadLock();
		this.locksVisible = DatabaseFileLocks.areVisible();
	}

	/** Part of the protocol. */
	@FunctionalInterface
	interface Step {

		void run() throws IOException;

	}

	/**
	 * Moves the guard to a younger read transaction: it begins, everything is copied that
	 * was published before, and only then the older one ends.
	 * @param sync a full sync
	 * @throws IOException if it failed; the older one is then still held
	 */
	void handOver(Step sync) throws IOException {
		this.lock.assertHeld();
		if (!this.spare.isHeld()) {
			this.spare.begin();
		}
		try {
			sync.run();
		}
		catch (IOException | RuntimeException ex) {
			this.spare.end();
			throw ex;
		}
		this.held.end();
		ReadLock younger = this.spare;
		this.spare = this.held;
		this.held = younger;
	}

	/**
	 * Ends the read transaction. Only with the write lock held, after a sync under it.
	 */
	void release() throws IOException {
		this.lock.assertHeld();
		this.held.end();
	}

	/** Begins it again. */
	void acquire() throws IOException {
		this.lock.assertHeld();
		this.held.begin();
	}

	/**
	 * Begins it again where it could not begin under the write lock, which was kept for
	 * that reason, and gives that back. Nothing was committed since, so nothing has to be
	 * copied before. Not to be called by who has just taken the write lock.
	 * @throws IOException if it can still not begin; the write lock is then still kept
	 */
	void resume() throws IOException {
		this.lock.assertHeld();
		if (!this.session.hasWriteLock()) {
			return;
		}
		if (!this.held.isHeld()) {
			acquire();
		}
		this.session.endWrite();
		logger.info("Database '{}': a read transaction could begin again, and the write lock is given back",
				this.database);
	}

	boolean isHeld() {
		this.lock.assertHeld();
		return this.held.isHeld();
	}

	/** Closes the spare reader and gives the other one away. */
	ReadLock dissolve() {
		this.lock.assertHeld();
		this.spare.close();
		return this.held;
	}

	/** Whether a transaction was held all the time, and is. */
	boolean isComplete() throws IOException {
		this.lock.assertHeld();
		return !this.lost && !this.unguarded && this.held.isHeld() && !locksAreLost();
	}

	/** Whether none was held for a while, and no sync has settled that since. */
	boolean isLost() {
		this.lock.assertHeld();
		return this.lost || this.unguarded;
	}

	/** Nothing was missed before the read transaction that is held began. */
	void proven() {
		this.lock.assertHeld();
		this.lost = false;
	}

	/** From now on commits are not copied. */
	void interrupted() {
		this.lock.assertHeld();
		this.lost = true;
	}

	/** A new generation needs no proof of what was before. */
	void beginAnew() {
		this.lock.assertHeld();
		this.lost = false;
	}

	/** A chain of frames that goes on is proof enough; an empty WAL is none. */
	void settle(WalCopier.Result result, Before before) throws ContinuityLostException {
		if (isLost() && result.published().log() == 0 && before == Before.COPIED) {
			throw new ContinuityLostException(GenerationReason.WAL_DOES_NOT_CONTINUE,
					"the WAL was reset while no read transaction guarded it");
		}
		this.lost = false;
	}

	/** What a generation holds before a sync. */
	enum Before {

		/** A state that must be gone on from, be it in frames or in a snapshot. */
		COPIED,
		/** Nothing yet. */
		NOTHING;

		static Before of(ShadowWal shadow) {
			return shadow.mustGoOn() ? COPIED : NOTHING;
		}

	}

	/** Any thread may ask, while a connection has a transaction open. */
	boolean locksAreLost() throws IOException {
		return this.locksVisible && !this.file.locks().state().complete();
	}

	/**
	 * Takes lost locks again and says whose fault it was. The read mark comes back only
	 * when a transaction begins anew, for which the write lock is the cover.
	 * @param sync copies everything published now
	 */
	void repairLocks(Step sync) throws IOException {
		this.lock.assertHeld();
		this.lost = true;
		DatabaseFileLocks.State state = this.file.locks().state();
		this.unguarded |= !state.shm();
		boolean repaired = this.file.locks().repair(state);
		logger.error("Database '{}': SQLite's locks on {} were lost and {}. Some code in this process has opened and"
				+ " closed the database file or its -shm by Java I/O (copied it, or computed a checksum), which drops"
				+ " every lock of the process; other processes could then delete the live WAL. Read the database"
				+ " through SQLite only", this.database, this.file.path(),
				repaired ? "taken again" : "could not be taken again: restart the application");
		renew(sync);
	}

	/**
	 * Begins the transaction anew whose mark was lost, if the write lock is free. Until
	 * that has been done nothing guards the WAL, whatever the transactions say.
	 * @param sync copies everything published now
	 */
	void renew(Step sync) throws IOException {
		resume();
		if (!this.unguarded || !this.session.tryBeginWrite()) {
			return;
		}
		try {
			sync.run();
			release();
			boolean marked = this.file.locks().takeReadMarks();
			acquire();
			this.unguarded = !marked;
		}
		finally {
			this.session.endWrite();
		}
	}

}
