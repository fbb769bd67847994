package org.litestream4j.replication;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Durations;
import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.live.ShadowWal;
import org.litestream4j.replication.ReplicaHealth.Cause;

/**
 * How far one replica is, since when it is behind, and waiting for it. What is said here
 * is what somebody may rely on, so it follows the store, never precedes it. Thread-safe;
 * nothing is called under its lock but the shadow WAL's position.
 */
final class ReplicaProgress {

	private final ShadowWal shadow;

	private final ReplicaHealth health;

	private final ReplicaOwner owner;

	private final ReentrantLock lock = new ReentrantLock();

	private final Condition changed = this.lock.newCondition();

	/** Null while unknown: at the start, after an error, in a new generation. */
	@Nullable private volatile WalPosition position;

	@Nullable private volatile Snapshot newestSnapshot;

	/** As the two above, but not forgotten: what is shown. */
	@Nullable private volatile WalPosition lastPosition;

	@Nullable private volatile Snapshot lastSnapshot;

	/** Stored since the listing began to be read, which may lack it. */
	@Nullable private Snapshot storedMeanwhile;

	/** When the oldest commit was seen that is not shipped. */
	@Nullable private volatile Instant behindSince;

	/** The same of the commits that the step that runs may miss. */
	@Nullable private Instant pendingSince;

	private boolean stopping;

	private volatile Runnable watcher = () -> {
	};

	ReplicaProgress(ShadowWal shadow, ReplicaHealth health, ReplicaOwner owner) {
		this.shadow = shadow;
		this.health = health;
		this.owner = owner;
	}

	/** Sets what is run, without the lock, when those who wait are to look again. */
	void watchedBy(Runnable newWatcher) {
		this.watcher = newWatcher;
	}

	/** Says that the shadow WAL has moved. */
	void advanced(Instant now) {
		this.lock.lock();
		try {
			if (this.behindSince == null) {
				this.behindSince = now;
			}
			if (this.pendingSince == null) {
				this.pendingSince = now;
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/** Says that a step begins: what is committed from here on it may miss. */
	void stepBegins() {
		this.lock.lock();
		try {
			this.pendingSince = null;
		}
		finally {
			this.lock.unlock();
		}
	}

	/** Says that a step has done all it was to do. */
	void stepSucceeded() {
		this.lock.lock();
		try {
			if (isComplete()) {
				this.pendingSince = null;
			}
			this.behindSince = this.pendingSince;
		}
		finally {
			this.lock.unlock();
		}
	}

	/** Whether the replica holds all that was copied. */
	boolean isComplete() {
		return this.shadow.requirePosition().equals(this.position);
	}

	/** Everything before it is in the replica; null while unknown. */
	@Nullable WalPosition position() {
		return this.position;
	}

	/** The newest snapshot of the position's generation; null if none or unknown. */
	@Nullable Snapshot newestSnapshot() {
		return this.newestSnapshot;
	}

	/** The position that was known last; null if none ever was. */
	@Nullable WalPosition lastPosition() {
		return this.lastPosition;
	}

	/** The newest snapshot that was known last; null if none ever was. */
	@Nullable Snapshot lastSnapshot() {
		return this.lastSnapshot;
	}

	/** When the oldest commit was seen that is not shipped; null if there is none. */
	@Nullable Instant behindSince() {
		return this.behindSince;
	}

	/** Says that the replica's listing is going to be read. */
	void listingBegins() {
		this.lock.lock();
		try {
			forget();
			this.storedMeanwhile = null;
		}
		finally {
			this.lock.unlock();
		}
	}

	/** Says what the listing has told. */
	void found(WalPosition reached, @Nullable Snapshot newest) {
		this.lock.lock();
		try {
			Snapshot stored = this.storedMeanwhile;
			boolean unlisted = stored != null && stored.generation().equals(reached.generation())
					&& (newest == null || stored.index() >= newest.index());
			Snapshot known = unlisted ? stored : newest;
			know(reached, known);
			this.lastSnapshot = known;
			this.lastPosition = reached;
			this.changed.signalAll();
		}
		finally {
			this.lock.unlock();
		}
		this.watcher.run();
	}

	/** Everything before it has been stored. */
	void reached(WalPosition reached) {
		this.lock.lock();
		try {
			know(reached, this.newestSnapshot);
			this.lastPosition = reached;
			this.changed.signalAll();
		}
		finally {
			this.lock.unlock();
		}
		this.watcher.run();
	}

	/**
	 * A snapshot has been stored with which the log begins: the replica is at its end.
	 */
	void begun(WalPosition reached, Snapshot first) {
		this.lock.lock();
		try {
			this.storedMeanwhile = first;
			this.lastSnapshot = first;
			this.lastPosition = reached;
			if (this.position != null) {
				know(reached, first);
			}
			this.changed.signalAll();
		}
		finally {
			this.lock.unlock();
		}
		this.watcher.run();
	}

	/** A snapshot has been stored. */
	void snapshotStored(Snapshot snapshot) {
		this.lock.lock();
		try {
			WalPosition now = this.position;
			if (now != null && now.generation().equals(snapshot.generation())) {
				know(now, snapshot);
			}
			this.storedMeanwhile = snapshot;
			this.lastSnapshot = snapshot;
			this.changed.signalAll();
		}
		finally {
			this.lock.unlock();
		}
		this.watcher.run();
	}

	/** What is stored of the current generation counts from now on. */
	void confirmed() {
		this.lock.lock();
		try {
			this.changed.signalAll();
		}
		finally {
			this.lock.unlock();
		}
		this.watcher.run();
	}

	/** From here on only the replica's listing can tell. */
	void forget() {
		this.lock.lock();
		try {
			know(null, null);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * The one place where the two are set: half of what one thread forgets must not be
	 * put back by what another one was just about to note.
	 */
	private void know(@Nullable WalPosition reached, @Nullable Snapshot newest) {
		if (!this.lock.isHeldByCurrentThread()) {
			throw new IllegalStateException("what is known of a replica is changed without its lock");
		}
		this.position = reached;
		this.newestSnapshot = newest;
	}

	/** Lets those who wait look whether the replica has failed. */
	void failed() {
		this.lock.lock();
		try {
			this.changed.signalAll();
		}
		finally {
			this.lock.unlock();
		}
		this.watcher.run();
	}

	/** Lets those who wait give up. */
	void stop() {
		this.lock.lock();
		try {
			this.stopping = true;
			this.changed.signalAll();
		}
		finally {
			this.lock.unlock();
		}
		this.watcher.run();
	}

	/**
	 * Waits until the replica holds everything up to a position, or has gone on to a
	 * newer generation.
	 * @return false if the time has passed before, or it is not to be expected, as
	 * somebody else has taken the replica over
	 */
	boolean awaitPosition(WalPosition wanted, Duration timeout) throws InterruptedException {
		long deadline = System.nanoTime() + Durations.nanos(timeout);
		this.lock.lock();
		try {
			while (!hasReached(wanted)) {
				long left = deadline - System.nanoTime();
				if (left <= 0 || this.stopping || this.owner.isLost()) {
					return false;
				}
				this.changed.awaitNanos(Math.min(left, TimeUnit.SECONDS.toNanos(1)));
			}
			return true;
		}
		finally {
			this.lock.unlock();
		}
	}

	/** As {@link #awaitPosition}, without waiting. */
	boolean holds(WalPosition wanted) {
		this.lock.lock();
		try {
			return hasReached(wanted);
		}
		finally {
			this.lock.unlock();
		}
	}

	/** A newer generation's snapshot was taken after all that the older one ever held. */
	private boolean hasReached(WalPosition wanted) {
		WalPosition now = this.position;
		if (now == null || !now.generation().equals(currentGeneration()) || this.newestSnapshot == null
				|| !this.owner.acknowledges(now.generation())) {
			return false;
		}
		return !now.generation().equals(wanted.generation()) || !wanted.isAfter(now);
	}

	/**
	 * Waits as {@link #awaitPosition} does, but for the WAL alone: a snapshot may be
	 * missing yet.
	 * @param hopeless whether none is shipped before something else is done
	 * @return false if the replica fails, is stopped, or has left the generation, or it
	 * is hopeless
	 */
	boolean awaitSegments(WalPosition wanted, BooleanSupplier hopeless) throws InterruptedException {
		this.lock.lock();
		try {
			while (true) {
				WalPosition now = this.position;
				if (this.stopping || this.health.error(Cause.SHIPPING) != null
						|| !currentGeneration().equals(wanted.generation())) {
					return false;
				}
				if (now != null && now.generation().equals(wanted.generation()) && !wanted.isAfter(now)) {
					return true;
				}
				if (hopeless.getAsBoolean()) {
					return false;
				}
				this.changed.await(1, TimeUnit.SECONDS);
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Waits until it is known where the replica stands.
	 * @return false if the replica fails, is stopped, or has left the generation
	 */
	boolean awaitResumed(Generation generation) throws InterruptedException {
		this.lock.lock();
		try {
			while (true) {
				WalPosition now = this.position;
				if (this.stopping || this.health.error(Cause.SHIPPING) != null
						|| !currentGeneration().equals(generation)) {
					return false;
				}
				if (now != null && now.generation().equals(generation)) {
					return true;
				}
				this.changed.await(1, TimeUnit.SECONDS);
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	private Generation currentGeneration() {
		return this.shadow.requirePosition().generation();
	}

}
