package org.litestream4j.replication;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.replica.ObservedReplicaClient;
import org.litestream4j.replica.ReplicaClient;
import org.litestream4j.replication.ReplicaHealth.Part;
import org.litestream4j.shadow.ShadowWal;
import org.litestream4j.shadow.WalShadower;

/**
 * Ships the shadow WAL to one replica, on a thread of its own, and decides what follows
 * from how that went: go on, try again later, or leave a generation that the replica
 * cannot continue. Thread-safe.
 */
public final class Replicator {

	private static final Logger logger = LoggerFactory.getLogger(Replicator.class);

	/** How far apart the commits of one segment may be after an outage. */
	private static final Duration SPAN = Duration.ofMinutes(1);

	private final ReplicatorOptions options;

	private final ObservedReplicaClient client;

	private final StoredObjects stored = new StoredObjects();

	private final WalShadower shadower;

	private final ShadowWal shadow;

	private final ReplicaHealth health;

	private final ReplicaHealth maintenanceHealth;

	private final ReplicaHealth retentionHealth;

	private final ReplicaHealth answersHealth;

	private final StoreClock storeClock;

	private final SnapshotAge snapshotAge;

	private final ReplicaProgress progress;

	private final ShippingPace pace;

	private final SegmentShipper shipper;

	private final ReplicaNotes notes;

	private final Clock steady;

	private final Thread thread;

	/** The generation that was given up for this replica. */
	@Nullable private volatile Generation abandoned;

	/**
	 * Creates it.
	 * @param clock the time of day
	 * @param steady tells how much time has passed
	 * @param notes of this replica; closed by {@link #stop()}
	 */
	public Replicator(ReplicatorOptions options, ReplicaClient client, WalShadower shadower,
			LitestreamListener listener, Clock clock, Clock steady, ReplicaNotes notes) {
		this.notes = notes;
		this.options = options;
		this.client = ObservedReplicaClient.observe(client, options.database(), options.name(), listener);
		this.shadower = shadower;
		this.shadow = shadower.shadowWal();
		this.health = new ReplicaHealth(options.database(), options.name(), client.url(), listener);
		this.maintenanceHealth = this.health.of(Part.SNAPSHOTS);
		this.retentionHealth = this.health.of(Part.RETENTION);
		this.answersHealth = this.health.of(Part.ANSWERS);
		this.storeClock = new StoreClock(options, client, clock);
		this.snapshotAge = new SnapshotAge(steady, this.storeClock);
		this.steady = steady;
		this.progress = new ReplicaProgress(this.shadow, this.health);
		this.pace = new ShippingPace(options.syncInterval());
		this.shipper = new SegmentShipper(new NotingReplicaClient(this.client, this.stored), shadower, this.progress,
				this.health, this.pace, notes, clock, span(options.syncInterval()));
		this.thread = new Thread(this::run, "litestream-%s-%s".formatted(options.database(), options.name()));
		this.thread.setDaemon(true);
	}

	private static Duration span(Duration syncInterval) {
		return (syncInterval.compareTo(SPAN) > 0) ? syncInterval : SPAN;
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

	/** What the replica is known to hold. */
	StoredObjects stored() {
		return this.stored;
	}

	/** The current generation. */
	Generation generation() {
		return this.shadow.requirePosition().generation();
	}

	/** Says that the shadow WAL has moved. Quick. */
	public void advanced() {
		this.progress.advanced(this.steady.instant());
		this.pace.workArrived();
	}

	/**
	 * Ships at once, whatever the interval; if it was failing, it tries again a second
	 * after the last failure, or at once if that has passed.
	 */
	public void hurry() {
		this.pace.hurry();
	}

	private void run() {
		while (this.pace.awaitWork(this::hasWork)) {
			round();
		}
	}

	private boolean hasWork() {
		return isAbandoned() || !this.progress.isComplete();
	}

	/**
	 * What the thread repeats: tries once, and notes how that went. An error is a failure
	 * like others: without its thread a replica would stand still for ever.
	 */
	void round() {
		Generation generation = this.shadow.requirePosition().generation();
		try {
			if (generation.equals(this.abandoned)) {
				comeBack(generation);
			}
			else {
				this.shipper.step();
				succeeded();
			}
		}
		catch (ReplicaDivergedException ex) {
			leave(generation, GenerationReason.REPLICA_DIVERGED, String.valueOf(ex.getMessage()));
		}
		catch (IOException | RuntimeException | Error ex) {
			if (generation.equals(this.shadow.requirePosition().generation())) {
				failed(ex);
			}
			else {
				// The old one's files are gone, which is no fault of the replica
				logger.debug("The generation changed while shipping", ex);
			}
		}
	}

	/**
	 * A replica that can be listed again may still refuse what is written, and a new
	 * generation costs every replica a snapshot. So one that holds nothing of this one
	 * joins it where the WAL is now, which only a segment that it has stored can do.
	 */
	private void comeBack(Generation generation) throws IOException {
		if (!this.client.snapshots(generation).isEmpty() || !this.client.walSegments(generation).isEmpty()) {
			leave(generation, GenerationReason.REPLICA_TOO_FAR_BEHIND,
					"it was away for longer than the local buffer lasts");
			return;
		}
		this.shipper.step();
		this.abandoned = null;
		succeeded();
	}

	private void succeeded() {
		this.progress.stepSucceeded();
		this.pace.succeeded();
		this.health.succeeded();
		this.shipper.tellIfPositionFound(); // who waits for it finds no old error
		this.storeClock.now(); // says it if that is far from ours
	}

	private void failed(Throwable failure) {
		this.progress.forget();
		this.health.failed(failure);
		this.pace.failed();
		this.progress.failed();
	}

	private void leave(Generation generation, GenerationReason reason, String detail) {
		try {
			this.progress.forget();
			this.shadower.leaveGeneration(generation, reason,
					"replica '%s' cannot continue: %s".formatted(this.options.name(), detail));
		}
		catch (IOException | RuntimeException | Error ex) {
			failed(ex);
		}
	}

	/**
	 * Gives the generation up for this replica, as the local buffer is full. When the
	 * replica is back a new one starts.
	 * @param generation the one that was found too large, which may have ended meanwhile
	 */
	public void abandon(Generation generation) {
		if (!generation.equals(this.abandoned)) {
			this.abandoned = generation;
			this.progress.forget();
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
		return this.progress.awaitPosition(wanted, timeout);
	}

	/** As {@link ReplicaProgress#awaitSegments}. */
	boolean awaitSegments(WalPosition wanted) throws InterruptedException {
		return this.progress.awaitSegments(wanted);
	}

	/** Called when a snapshot has been stored. */
	void snapshotStored(Snapshot snapshot) {
		this.snapshotAge.stored(snapshot);
		this.stored.stored(snapshot);
		this.progress.snapshotStored(snapshot);
	}

	/** The newest snapshot of the current generation; null if none or unknown. */
	@Nullable public Snapshot newestSnapshot() {
		Snapshot snapshot = this.progress.newestSnapshot();
		Generation current = this.shadow.requirePosition().generation();
		return (snapshot != null && snapshot.generation().equals(current)) ? snapshot : null;
	}

	/** Everything before it is in the replica; null while unknown. */
	@Nullable public WalPosition position() {
		return this.progress.position();
	}

	/** As {@link #position()}, or what was known last. */
	@Nullable public WalPosition lastPosition() {
		return this.progress.lastPosition();
	}

	/** As {@link #newestSnapshot()}, or what was known last. */
	@Nullable public Snapshot lastSnapshot() {
		Snapshot snapshot = this.progress.lastSnapshot();
		Generation current = this.shadow.requirePosition().generation();
		return (snapshot != null && snapshot.generation().equals(current)) ? snapshot : null;
	}

	/** What time it is where the objects are dated. */
	StoreClock storeClock() {
		return this.storeClock;
	}

	/** Since when a snapshot is there, on the steady clock. */
	Instant storedSince(Snapshot newest) {
		return this.snapshotAge.since(newest);
	}

	/**
	 * When the oldest commit was seen that is not shipped, on the steady clock; null if
	 * there is none.
	 */
	@Nullable public Instant behindSince() {
		return this.progress.behindSince();
	}

	@Nullable public Instant lastSyncAt() {
		return this.shipper.lastSyncAt();
	}

	/** What failed last, until it works again. */
	@Nullable public String lastError() {
		String error = failure();
		return (error != null) ? error : this.retentionHealth.lastError();
	}

	/** Whether what fails matters to the backup: without retention it only grows. */
	public boolean isFailing() {
		return failure() != null;
	}

	@Nullable private String failure() {
		String error = shippingError();
		if (error == null) {
			error = this.maintenanceHealth.lastError();
		}
		return (error != null) ? error : this.client.waiting().orElse(null);
	}

	/**
	 * Looks whether the replica answers, and says if not: a request can hang for minutes
	 * before it fails. Quick.
	 */
	void checkAnswers() {
		Optional<String> waiting = this.client.waiting();
		if (waiting.isPresent()) {
			this.answersHealth.failed(new IOException(waiting.get()));
		}
		else {
			this.answersHealth.succeeded();
		}
	}

	@Nullable String shippingError() {
		String error = this.health.lastError();
		return (error == null && isAbandoned()) ? "away for longer than max-shadow-wal-size lasts" : error;
	}

	ReplicaHealth maintenanceHealth() {
		return this.maintenanceHealth;
	}

	ReplicaHealth retentionHealth() {
		return this.retentionHealth;
	}

	/** What is run when the replica's listing was read. */
	void whenPositionKnown(Runnable action) {
		this.shipper.whenPositionKnown(action);
	}

	/** What is kept of the replica for the next start. */
	ReplicaNotes notes() {
		return this.notes;
	}

	/**
	 * Ends the thread after what it is doing; does not wait for it. Nothing is noted any
	 * more: a request that never returns must not spoil the notes of the next engine.
	 */
	public void stop() {
		this.pace.stop();
		this.progress.stop();
		this.notes.close();
	}

	/** The thread, to wait for. */
	public Thread thread() {
		return this.thread;
	}

}
