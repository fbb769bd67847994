package org.litestream4j.engine;

import org.litestream4j.replication.RepeatedWork;

/**
 * Does the work of all databases of the process on a few threads, whatever their number.
 * There are three kinds of it, which never wait for a thread of each other, as heavy jobs
 * wait for what is shipped, and that for what is copied:
 * <ul>
 * <li>copying is local and quick;</li>
 * <li>shipping waits for a store, which may hang;</li>
 * <li>heavy jobs, as snapshots, retention and validation, wait for a store, read whole
 * databases, and take long.</li>
 * </ul>
 * A store that hangs keeps at most a part of the threads from the others: see
 * {@link Lane}. Threads end when there is nothing left to do. Thread-safe.
 */
final class EngineScheduler {

	/** More than processors: a checkpoint may wait for the application's writers. */
	private static final int COPYING = 8;

	private static final int SHIPPING = 12;

	private static final int HEAVY = 4;

	private static final EngineScheduler SHARED = new EngineScheduler(COPYING, SHIPPING, HEAVY);

	/** All copying, as none of it waits for a store. */
	private static final Object LOCAL = "local";

	private final WorkerPool copying;

	private final WorkerPool shipping;

	private final WorkerPool heavy;

	EngineScheduler(int copying, int shipping, int heavy) {
		this.copying = new WorkerPool("copying", copying, false);
		this.shipping = new WorkerPool("shipping", shipping, true);
		this.heavy = new WorkerPool("heavy", heavy, true);
	}

	/** That of this process, or of this class loader, where there are several. */
	static EngineScheduler shared() {
		return SHARED;
	}

	/** Begins to copy a database. */
	ScheduledTask copy(RepeatedWork work) {
		return this.copying.add(work, LOCAL, null, null);
	}

	/**
	 * Begins to ship to a replica.
	 * @param store which one it waits for: databases in one store share a lane
	 * @param threadName the name of its thread while it runs
	 */
	ScheduledTask ship(RepeatedWork work, Object store, String threadName) {
		return this.shipping.add(work, store, threadName, null);
	}

	/**
	 * Begins to look after a replica.
	 * @param store which one it waits for
	 * @param turn that of the database
	 * @param threadName the name of its thread while it runs
	 */
	ScheduledTask maintain(RepeatedWork work, Object store, Turn turn, String threadName) {
		return this.heavy.add(work, store, threadName, turn);
	}

}
