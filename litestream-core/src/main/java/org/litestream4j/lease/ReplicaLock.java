package org.litestream4j.lease;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;

/**
 * What a replica's lock file says. It is the one object of a replica that is changed in
 * place, and only by compare and set. It is never deleted, so that epochs only grow.
 *
 * @param epoch counts the owners, from 1
 * @param runId the random name of the run that owns the replica; empty if another program
 * owns it, which names no run
 * @param owner its name for people, for example {@code host:pid}
 * @param current the generation that it writes, or is about to; null before the first
 * @param previous the generation to restore from while {@code current} has no snapshot;
 * null if there is none
 * @param renewals counts how often the owner has said that it is alive, as somebody asked
 * @param position up to where the replica was written when the lock was last renewed or
 * released; null if that was never said. For people: nothing depends on it
 * @param released whether the owner has stopped, and handed the replica over
 */
public record ReplicaLock(long epoch, String runId, String owner, @Nullable Generation current,
		@Nullable Generation previous, long renewals, @Nullable WalPosition position, boolean released) {

	public ReplicaLock {
		if (epoch < 1) {
			throw new IllegalArgumentException("epoch %d: 1 or more is expected".formatted(epoch));
		}
	}

	/** The lock as the next owner claims it: nothing else changes. */
	static ReplicaLock claimedBy(Run run, @Nullable ReplicaLock seen) {
		return (seen != null) ? new ReplicaLock(seen.epoch + 1, run.id(), run.owner(), seen.current, seen.previous, 0,
				seen.position, false) : new ReplicaLock(1, run.id(), run.owner(), null, null, 0, null, false);
	}

	/** The same owner's lock, naming the generation that was found to be the newest. */
	ReplicaLock naming(Generation found) {
		return new ReplicaLock(this.epoch, this.runId, this.owner, found, null, this.renewals, this.position,
				this.released);
	}

	/**
	 * The same owner's lock, naming a generation that is about to begin.
	 * @param restorable the newest generation that has its snapshot, or null
	 */
	ReplicaLock beginning(Generation fresh, @Nullable Generation restorable) {
		return new ReplicaLock(this.epoch, this.runId, this.owner, fresh, restorable, this.renewals, this.position,
				this.released);
	}

	/** The same owner's lock, as it says that it is alive. */
	ReplicaLock renewed(@Nullable WalPosition written) {
		return new ReplicaLock(this.epoch, this.runId, this.owner, this.current, this.previous, this.renewals + 1,
				(written != null) ? written : this.position, this.released);
	}

	/** The same owner's lock, as it hands the replica over. */
	ReplicaLock handedOver(@Nullable WalPosition written) {
		return new ReplicaLock(this.epoch, this.runId, this.owner, this.current, this.previous, this.renewals,
				(written != null) ? written : this.position, true);
	}

	/**
	 * The lock of one who claimed the replica and wrote nothing: free, and the owner's
	 * from before, whose own lock it is no more, as the epoch has grown.
	 * @param before as it was claimed; null if there was none
	 */
	ReplicaLock givenBack(@Nullable ReplicaLock before) {
		return (before == null) ? handedOver(null) : new ReplicaLock(this.epoch, before.runId, before.owner,
				this.current, this.previous, this.renewals, this.position, true);
	}

	/** Whether a run still owns the replica as it did in this epoch. */
	boolean isOwnedAs(ReplicaLock mine) {
		return this.epoch == mine.epoch && this.runId.equals(mine.runId);
	}

}
