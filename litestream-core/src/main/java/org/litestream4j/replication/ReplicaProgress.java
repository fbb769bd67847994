package org.litestream4j.replication;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Durations;
import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.shadow.ShadowWal;

/**
 * How far one replica is, since when it is behind, and waiting for it. What is told here
 * is what somebody may rely on, so it follows the store, never precedes it. Thread-safe;
 * nothing is called under its lock but the shadow WAL's position.
 */
final class ReplicaProgress {

	private final ShadowWal shadow;

	private final ReplicaHealth health;

	private final ReentrantLock lock = new ReentrantLock();

	private final Condition changed = this.lock.newCondition();

	/** Null while unknown: at the start, after an error, in a new generation. */
	@Nullable private volatile WalPosition position;

	@Nullable private volatile Snapshot newestSnapshot;

	/** As the two above, but not forgotten: what people are told. */
	@Nullable private volatile WalPosition lastPosition;

	@Nullable private volatile Snapshot lastSnapshot;

	/** Stored since the listing began to be read, which may lack it. */
	@Nullable private Snapshot storedMeanwhile;

	/** When the oldest commit was seen that is not shipped. */
	@Nullable private volatile Instant behindSince;

	/** The same of the commits that the step that runs may miss. */
	@Nullable private Instant pendingSince;

	private boolean stopping;

	ReplicaProgress(ShadowWal shadow, ReplicaHealth health) {
		this.shadow = shadow;
		this.health = health;
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
			this.newestSnapshot = unlisted ? stored : newest;
			this.lastSnapshot = this.newestSnapshot;
			reached(reached);
		}
		finally {
			this.lock.unlock();
		}
	}

	/** Everything before it has been stored. */
	void reached(WalPosition reached) {
		this.lock.lock();
		try {
			this.position = reached;
			this.lastPosition = reached;
			this.changed.signalAll();
		}
		finally {
			this.lock.unlock();
		}
	}

	/** A snapshot has been stored. */
	void snapshotStored(Snapshot snapshot) {
		this.lock.lock();
		try {
			WalPosition now = this.position;
			if (now != null && now.generation().equals(snapshot.generation())) {
				this.newestSnapshot = snapshot;
			}
			this.storedMeanwhile = snapshot;
			this.lastSnapshot = snapshot;
			this.changed.signalAll();
		}
		finally {
			this.lock.unlock();
		}
	}

	/** From here on only the replica's listing can tell. */
	void forget() {
		this.position = null;
		this.newestSnapshot = null;
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
	}

	/**
	 * Waits until the replica holds everything up to a position, or has gone on to a
	 * newer generation.
	 * @return false if the time has passed before
	 */
	boolean awaitPosition(WalPosition wanted, Duration timeout) throws InterruptedException {
		long deadline = System.nanoTime() + Durations.nanos(timeout);
		this.lock.lock();
		try {
			while (!hasReached(wanted)) {
				long left = deadline - System.nanoTime();
				if (left <= 0 || this.stopping) {
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

	private boolean hasReached(WalPosition wanted) {
		WalPosition now = this.position;
		if (now == null || !now.generation().equals(currentGeneration()) || this.newestSnapshot == null) {
			return false;
		}
		return now.generation().equals(wanted.generation()) ? !wanted.isAfter(now) : isComplete();
	}

	/**
	 * Waits as {@link #awaitPosition} does, but for the WAL alone: a snapshot may be
	 * missing yet.
	 * @return false if the replica fails, is stopped, or has left the generation
	 */
	boolean awaitSegments(WalPosition wanted) throws InterruptedException {
		this.lock.lock();
		try {
			while (true) {
				WalPosition now = this.position;
				if (this.stopping || this.health.lastError() != null
						|| !currentGeneration().equals(wanted.generation())) {
					return false;
				}
				if (now != null && now.generation().equals(wanted.generation()) && !wanted.isAfter(now)) {
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
