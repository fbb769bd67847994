package org.litestream4j.shadow;

import java.io.IOException;

import org.litestream4j.database.ReadLock;

/**
 * The engine's two readers, of which one is always held. Runs under the engine's lock.
 */
final class ReaderPair {

	private ReadLock held;

	private ReadLock spare;

	private Runnable note = () -> {
	};

	/**
	 * Takes two readers over.
	 * @param held has its read transaction open
	 * @param spare has not
	 */
	ReaderPair(ReadLock held, ReadLock spare) {
		this.held = held;
		this.spare = spare;
	}

	/**
	 * Sets what is done before a read transaction begins: if everything is in the
	 * database file by then, the WAL may restart from there on.
	 */
	void beforeBeginning(Runnable noted) {
		this.note = noted;
	}

	/**
	 * Moves the guard to a younger read transaction: it begins, everything is copied that
	 * was published before, and only then the older one ends.
	 * @param sync a full sync
	 * @throws IOException if it failed; the older one is then still held
	 */
	void handOver(Step sync) throws IOException {
		this.note.run();
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
		this.held.end();
	}

	/** Begins it again. */
	void acquire() throws IOException {
		this.note.run();
		this.held.begin();
	}

	boolean isHeld() {
		return this.held.isHeld();
	}

	/** Closes the spare one and gives the held one away. */
	ReadLock dissolve() {
		this.spare.close();
		return this.held;
	}

	/** Part of a protocol. */
	@FunctionalInterface
	interface Step {

		void run() throws IOException;

	}

}
