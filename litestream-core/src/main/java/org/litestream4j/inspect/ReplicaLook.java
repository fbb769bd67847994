package org.litestream4j.inspect;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.litestream4j.lease.DamagedLockFileException;
import org.litestream4j.lease.LockFile;
import org.litestream4j.lease.ReplicaLock;
import org.litestream4j.restore.PlanOutcome;
import org.litestream4j.store.ObjectStore;

/** What is said of a replica in any format in the same way. */
public final class ReplicaLook {

	private ReplicaLook() {
	}

	/**
	 * {@return whose a replica is, as its lock file says; null if nobody ever owned it}
	 * @param store keeps it
	 * @throws IOException if it cannot be read
	 */
	public static StatusReport.@Nullable Owner owner(ObjectStore store) throws IOException {
		try {
			ReplicaLock lock = new LockFile(store, Duration.ZERO, Clock.systemUTC()).read().lock();
			return (lock != null) ? new StatusReport.Owner(lock.owner(), lock.epoch(), lock.released()) : null;
		}
		catch (DamagedLockFileException ex) {
			return null; // a restore does not depend on it, and the next writer says so
		}
	}

	/**
	 * {@return why there is no plan, in one sentence; null if there is one}
	 * @param outcome of planning
	 */
	public static @Nullable String problem(PlanOutcome outcome) {
		if (outcome instanceof PlanOutcome.NoSuchState none) {
			return none.message();
		}
		if (outcome instanceof PlanOutcome.Gap gap) {
			return gap.message();
		}
		return (outcome instanceof PlanOutcome.NoBackup) ? "It holds no backup" : null;
	}

}
