package org.litestream4j.replication;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.replica.ReplicaClient;
import org.litestream4j.shadow.ShadowWal;
import org.litestream4j.shadow.WalShadower;

/**
 * Ships the shadow WAL to one replica, on a thread of its own. Thread-safe.
 */
public final class Replicator {

	private static final Logger logger = LoggerFactory.getLogger(Replicator.class);

	private final ReplicatorOptions options;

	private final ReplicaClient client;

	private final WalShadower shadower;

	private final ShadowWal shadow;

	private final ReplicaHealth health;

	private final ReplicaHealth maintenanceHealth;

	private volatile Runnable positionKnown = () -> {
	};

	private final Clock clock;

	private final Backoff backoff = new Backoff(Duration.ofMillis(500), Duration.ofSeconds(30));

	private final ReentrantLock lock = new ReentrantLock();

	private final Condition changed = this.lock.newCondition();

	private final Thread thread;

	/** Null while unknown: at the start, after an error, in a new generation. */
	@Nullable private volatile WalPosition position;

	@Nullable private volatile Snapshot newestSnapshot;

	/** When the oldest commit was seen that is not shipped. */
	@Nullable private volatile Instant behindSince;

	@Nullable private volatile Instant lastSyncAt;

	@Nullable private Instant pendingSince;

	private boolean hurry;

	private volatile boolean stopping;

	/** The generation that was given up for this replica. */
	@Nullable private volatile Generation abandoned;

	private long notBefore = System.nanoTime();

	private long retryAt = System.nanoTime();

	public Replicator(ReplicatorOptions options, ReplicaClient client, WalShadower shadower,
			LitestreamListener listener, Clock clock) {
		this.options = options;
		this.client = client;
		this.shadower = shadower;
		this.shadow = shadower.shadowWal();
		this.health = new ReplicaHealth(options.database(), options.name(), client.url(), listener);
		this.maintenanceHealth = new ReplicaHealth(options.database(), options.name(), client.url(), listener);
		this.clock = clock;
		this.thread = new Thread(this::run, "litestream-%s-%s".formatted(options.database(), options.name()));
		this.thread.setDaemon(true);
	}

	public void start() {
		this.thread.start();
	}

	public ReplicatorOptions options() {
		return this.options;
	}

	public ReplicaClient client() {
		return this.client;
	}

	/** Says that the shadow WAL has moved. Quick. */
	public void advanced() {
		this.lock.lock();
		try {
			Instant now = this.clock.instant();
			if (this.behindSince == null) {
				this.behindSince = now;
			}
			if (this.pendingSince == null) {
				this.pendingSince = now;
			}
			this.changed.signalAll();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Ships at once, whatever the interval, and tries again at once if it was failing.
	 */
	public void hurry() {
		this.lock.lock();
		try {
			this.hurry = true;
			this.changed.signalAll();
		}
		finally {
			this.lock.unlock();
		}
	}

	private void run() {
		while (awaitWork()) {
			round();
		}
	}

	/** What the thread repeats: tries once, and notes how that went. */
	void round() {
		Generation generation = this.shadow.requirePosition().generation();
		try {
			if (generation.equals(this.abandoned)) {
				this.client.generations(); // is it back?
				leave(generation, GenerationReason.REPLICA_TOO_FAR_BEHIND,
						"it was away for longer than the local buffer lasts");
				return;
			}
			step();
			succeeded();
		}
		catch (ReplicaDivergedException ex) {
			leave(generation, GenerationReason.REPLICA_DIVERGED, String.valueOf(ex.getMessage()));
		}
		catch (IOException | RuntimeException ex) {
			if (generation.equals(this.shadow.requirePosition().generation())) {
				failed(ex);
			}
			else {
				// The old one's files are gone, which is no fault of the replica
				logger.debug("The generation changed while shipping", ex);
			}
		}
	}

	/** False when it is time to end. */
	private boolean awaitWork() {
		this.lock.lock();
		try {
			while (!this.stopping) {
				long now = System.nanoTime();
				long wait = this.hurry ? 0 : Math.max(this.retryAt - now, this.notBefore - now);
				if (wait <= 0 && (this.hurry || hasWork())) {
					this.hurry = false;
					return true;
				}
				awaitChange(hasWork() ? wait : Long.MAX_VALUE);
			}
			return false;
		}
		finally {
			this.lock.unlock();
		}
	}

	@SuppressWarnings("WaitNotInLoop") // its only caller loops
	private void awaitChange(long nanos) {
		try {
			this.changed.awaitNanos(nanos);
		}
		catch (InterruptedException ex) {
			// whoever that was: only stop() ends this thread
		}
	}

	private boolean hasWork() {
		return isAbandoned() || !this.shadow.requirePosition().equals(this.position);
	}

	/** Brings the replica to where the shadow WAL is now. */
	private void step() throws IOException {
		WalPosition wanted;
		Instant committedAt;
		this.lock.lock();
		try {
			this.pendingSince = null; // what is committed from here on may miss this step
			wanted = this.shadow.requirePosition();
			committedAt = this.shadower.lastCommitSeen();
		}
		finally {
			this.lock.unlock();
		}
		WalPosition from = this.position;
		if (from == null || !from.generation().equals(wanted.generation())) {
			from = resume(wanted);
		}
		ship(from, wanted, committedAt);
	}

	private WalPosition resume(WalPosition wanted) throws IOException {
		forgetPosition();
		ReplicaResume.Found found = new ReplicaResume(this.client, this.shadow).find(wanted);
		if (found.position().offset() > 0 && wanted.index() == found.position().index()
				&& found.position().isAfter(wanted)) {
			throw new ReplicaDivergedException("it is ahead of the local WAL");
		}
		this.newestSnapshot = found.newestSnapshot();
		if (found.position().equals(wanted)) {
			this.health.succeeded(); // else that it can be read proves too little
		}
		setPosition(found.position());
		this.positionKnown.run();
		return found.position();
	}

	private void ship(WalPosition from, WalPosition wanted, Instant committedAt) throws IOException {
		WalPosition at = from;
		while (!this.stopping && wanted.isAfter(at)) {
			long end = (at.index() == wanted.index()) ? wanted.offset() : endOf(at);
			if (at.offset() == end) {
				at = new WalPosition(at.generation(), at.index() + 1, 0);
				continue;
			}
			Snapshot snapshot = this.newestSnapshot;
			if (snapshot != null && snapshot.generation().equals(at.generation()) && at.index() < snapshot.index()) {
				throw new ReplicaDivergedException(
						"WAL index %08x goes on although a snapshot of the next one exists".formatted(at.index()));
			}
			SegmentSource segment = SegmentSource.next(this.shadow, at, end);
			this.client.writeWalSegment(at, committedAt, segment);
			this.lastSyncAt = this.clock.instant();
			this.notBefore = System.nanoTime() + this.options.syncInterval().toNanos();
			this.health.succeeded();
			at = at.at(segment.end());
			setPosition(at); // only now: who waits for it finds all else in order
		}
		setPosition(at);
	}

	private long endOf(WalPosition at) throws IOException {
		try {
			return this.shadow.end(at.generation(), at.index());
		}
		catch (NoSuchFileException ex) {
			throw new ReplicaDivergedException(
					"it stands at WAL index %08x, of which no local copy exists".formatted(at.index()));
		}
	}

	private void setPosition(WalPosition reached) {
		this.lock.lock();
		try {
			this.position = reached;
			this.changed.signalAll();
		}
		finally {
			this.lock.unlock();
		}
	}

	private void forgetPosition() {
		this.position = null;
		this.newestSnapshot = null;
	}

	private void succeeded() {
		this.lock.lock();
		try {
			if (this.shadow.requirePosition().equals(this.position)) {
				this.pendingSince = null;
			}
			this.behindSince = this.pendingSince;
			this.backoff.succeeded();
		}
		finally {
			this.lock.unlock();
		}
		this.health.succeeded();
	}

	private void failed(Throwable failure) {
		forgetPosition();
		this.health.failed(failure);
		this.lock.lock();
		try {
			this.retryAt = System.nanoTime() + this.backoff.failed();
			this.changed.signalAll();
		}
		finally {
			this.lock.unlock();
		}
	}

	private void leave(Generation generation, GenerationReason reason, String detail) {
		try {
			forgetPosition();
			this.shadower.leaveGeneration(generation, reason,
					"replica '%s' cannot continue: %s".formatted(this.options.name(), detail));
		}
		catch (IOException | RuntimeException ex) {
			failed(ex);
		}
	}

	/**
	 * Gives the generation up for this replica, as the local buffer is full. When the
	 * replica is back a new one starts.
	 */
	public void abandon() {
		Generation generation = this.shadow.requirePosition().generation();
		if (!generation.equals(this.abandoned)) {
			this.abandoned = generation;
			forgetPosition();
			logger
				.warn("Database '{}': replica '{}' is away for longer than max-shadow-wal-size lasts; a new generation"
						+ " starts when it is back", this.options.database(), this.options.name());
		}
	}

	public boolean isAbandoned() {
		return this.shadow.requirePosition().generation().equals(this.abandoned);
	}

	/**
	 * Waits until the replica holds everything up to a position, or has gone on to a
	 * newer generation.
	 * @return false if the time has passed before
	 */
	public boolean awaitPosition(WalPosition wanted, Duration timeout) throws InterruptedException {
		long deadline = System.nanoTime() + timeout.toNanos();
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
		if (now == null || !now.generation().equals(this.shadow.requirePosition().generation())) {
			return false;
		}
		if (!now.generation().equals(wanted.generation())) {
			return this.newestSnapshot != null && !hasWork();
		}
		return !wanted.isAfter(now) && this.newestSnapshot != null;
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
						|| !this.shadow.requirePosition().generation().equals(wanted.generation())) {
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

	/** Called when a snapshot has been stored. */
	void snapshotStored(Snapshot snapshot) {
		this.lock.lock();
		try {
			WalPosition now = this.position;
			if (now != null && now.generation().equals(snapshot.generation())) {
				this.newestSnapshot = snapshot;
			}
			this.changed.signalAll();
		}
		finally {
			this.lock.unlock();
		}
	}

	/** The newest snapshot of the current generation; null if none or unknown. */
	@Nullable public Snapshot newestSnapshot() {
		Snapshot snapshot = this.newestSnapshot;
		Generation current = this.shadow.requirePosition().generation();
		return (snapshot != null && snapshot.generation().equals(current)) ? snapshot : null;
	}

	/** Everything before it is in the replica; null while unknown. */
	@Nullable public WalPosition position() {
		return this.position;
	}

	/** When the oldest commit was seen that is not shipped; null if there is none. */
	@Nullable public Instant behindSince() {
		return this.behindSince;
	}

	@Nullable public Instant lastSyncAt() {
		return this.lastSyncAt;
	}

	/** What failed last, until it works again. */
	@Nullable public String lastError() {
		String error = shippingError();
		return (error != null) ? error : this.maintenanceHealth.lastError();
	}

	@Nullable String shippingError() {
		String error = this.health.lastError();
		return (error == null && isAbandoned()) ? "away for longer than max-shadow-wal-size lasts" : error;
	}

	ReplicaHealth maintenanceHealth() {
		return this.maintenanceHealth;
	}

	/** What is run when the replica's listing was read. */
	void whenPositionKnown(Runnable action) {
		this.positionKnown = action;
	}

	/** Ends the thread behind what it is doing; does not wait for it. */
	public void stop() {
		this.lock.lock();
		try {
			this.stopping = true;
			this.changed.signalAll();
		}
		finally {
			this.lock.unlock();
		}
	}

	/** The thread, to wait for. */
	public Thread thread() {
		return this.thread;
	}

}
