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
import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.TransactionId;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.Writer;
import org.litestream4j.lease.LeaseKeeper;
import org.litestream4j.live.DatabaseView;
import org.litestream4j.live.ShadowWal;
import org.litestream4j.live.WalShadower;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.replication.ReplicaHealth.Cause;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.ObservedStore;

/**
 * Ships the shadow WAL to one replica, and decides what follows from how that went: go
 * on, try again later, or leave a generation that the replica cannot continue.
 * Thread-safe, but for {@link #work()}, which one thread does at a time.
 */
public final class Replicator implements RepeatedWork {

	private static final Logger logger = LoggerFactory.getLogger(Replicator.class);

	/** How far apart the commits of one segment may be after an outage. */
	private static final Duration SPAN = Duration.ofMinutes(1);

	private final ReplicatorOptions options;

	private final ObservedStore store;

	private final ReplicaLog log;

	private final WalShadower shadower;

	private final ShadowWal shadow;

	private final ReplicaHealth health;

	private final StoreClock storeClock;

	private final SnapshotAge snapshotAge;

	private final ReplicaProgress progress;

	private final ShippingPace pace;

	private final SegmentShipper shipper;

	private final ReplicaNotes notes;

	private final Clock steady;

	private final ReplicaOwner owner;

	private final LitestreamListener listener;

	/** Commits that wait for this replica. */
	@Nullable private volatile CommitWaits waits;

	/** How long the newest round took that was waited for, in nanoseconds. */
	private long lasts;

	private volatile Runnable ready = () -> {
	};

	/** The generation that was given up for this replica. */
	@Nullable private volatile Generation abandoned;

	/**
	 * Creates it.
	 * @param clock the time of day
	 * @param steady tells how much time has passed
	 * @param notes of this replica; closed by {@link #stop()}
	 * @param owner whose it is
	 */
	public Replicator(ReplicatorOptions options, ObjectStore store, LogFormat format, WalShadower shadower,
			LitestreamListener listener, Clock clock, Clock steady, ReplicaNotes notes, ReplicaOwner owner) {
		this.notes = notes;
		this.owner = owner;
		this.listener = listener;
		this.options = options;
		this.store = format.observe(store, options.database(), options.name(), listener);
		this.shadower = shadower;
		this.shadow = shadower.shadowWal();
		this.log = format.log(this.store, this.shadow, shadower.databaseFile());
		this.health = new ReplicaHealth(options.database(), options.name(), store.url(), listener, new Look());
		this.storeClock = new StoreClock(options, store, clock);
		this.snapshotAge = new SnapshotAge(steady, this.storeClock);
		this.steady = steady;
		this.progress = new ReplicaProgress(this.shadow, this.health, owner);
		this.pace = new ShippingPace(options.syncInterval());
		this.shipper = new SegmentShipper(this.log, shadower, this.progress, this.health, this.pace, notes, clock,
				span(options.syncInterval()), () -> owner.requireStill(options.retention()), owner::requireOwned);
	}

	private static Duration span(Duration syncInterval) {
		return (syncInterval.compareTo(SPAN) > 0) ? syncInterval : SPAN;
	}

	public ReplicatorOptions options() {
		return this.options;
	}

	/** The replica's store, each of whose requests is reported. */
	public ObjectStore store() {
		return this.store;
	}

	/** What is shipped to. */
	ReplicaLog log() {
		return this.log;
	}

	/** What its log does by itself; null if nothing. */
	public ReplicaLog.@Nullable Upkeep upkeep() {
		return this.log.upkeep();
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

	/** Sets who waits for commits to be here, and has them copied before it ships. */
	void awaitedBy(CommitWaits newWaits) {
		this.waits = newWaits;
		this.progress.watchedBy(newWaits::look);
	}

	/** Sets what is run whenever all that was copied is shipped. */
	void whenReady(Runnable action) {
		this.ready = action;
	}

	/**
	 * When what is copied next could be shipped, in nanoseconds from now;
	 * {@link RepeatedWork#WHEN_WOKEN} while there is something to ship already.
	 */
	long readyIn() {
		return hasWork() ? WHEN_WOKEN : this.pace.untilDue();
	}

	@Override
	public void wakenBy(Runnable waker) {
		this.pace.wakenBy(waker);
	}

	@Override
	public void work() {
		if (this.pace.beginWork(this::hasWork)) {
			CommitWaits waiting = this.waits;
			boolean awaited = waiting != null && waiting.copyFor(this, this.lasts);
			long start = System.nanoTime();
			round();
			if (awaited) {
				this.lasts = System.nanoTime() - start;
			}
			if (!hasWork()) {
				this.ready.run();
			}
		}
	}

	@Override
	public long dueIn() {
		return this.pace.dueIn(this::hasWork);
	}

	private boolean hasWork() {
		return isAbandoned() || (!this.progress.isComplete() && !isBegunElsewhere()) || isToBeConfirmed();
	}

	/** Whether nothing can be shipped until somebody has stored the whole database. */
	private boolean isBegunElsewhere() {
		WalPosition known = this.progress.position();
		return this.log.isToBegin() && known != null && known.generation().equals(generation());
	}

	/** A generation that has its first snapshot, but does not count yet. */
	private boolean isToBeConfirmed() {
		Snapshot snapshot = newestSnapshot();
		return snapshot != null && !this.owner.acknowledges(snapshot.generation());
	}

	/**
	 * What is repeated: tries once, and notes how that went. An error is a failure like
	 * others: a replica that is shipped to no more would stand still for ever.
	 */
	void round() {
		Generation generation = this.shadow.requirePosition().generation();
		try {
			if (generation.equals(this.abandoned)) {
				comeBack(generation);
			}
			else {
				ship(generation);
				succeeded();
			}
		}
		catch (FencedException ex) {
			fenced(ex);
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

	private void ship(Generation generation) throws IOException {
		this.shipper.step(this.owner.require(generation, () -> this.log.holdsNothingOf(generation)));
		Snapshot snapshot = this.progress.newestSnapshot();
		if (snapshot != null && snapshot.generation().equals(generation)) {
			confirm(generation);
		}
	}

	/** What a generation holds counts once it has its first snapshot. */
	private void confirm(Generation generation) throws IOException {
		if (!this.owner.acknowledges(generation)) {
			this.owner.confirm(generation);
			this.progress.confirmed();
		}
	}

	/**
	 * Somebody else writes there: nothing more is shipped, and what was shipped is only
	 * known to be there up to where it was acknowledged.
	 */
	void fenced(FencedException cause) {
		FencedException known = this.owner.lost(cause);
		if (this.owner.isLossNews()) {
			WalPosition last = this.progress.lastPosition();
			String detail = "replica '%s' (%s) was taken over by %s: %s. What was committed here after position %s is in this"
					+ " database alone: stop one of the two, and start this one again";
			String said = detail.formatted(this.options.name(), this.store.url(),
					(known.owner() != null) ? known.owner() : "somebody else", known.getMessage(),
					(last != null) ? last : "an unknown one");
			logger.error("Database '{}': {}", this.options.database(), said);
			this.listener.replicaFenced(this.options.database(), this.options.name(), last, said);
		}
		failed(known);
	}

	/**
	 * Whether the replica is this run's still, as far as anybody is kept out; if not, it
	 * is said.
	 * @throws IOException if the store cannot be asked
	 */
	boolean isStillOwner() throws IOException {
		try {
			this.owner.requireOwned();
			return true;
		}
		catch (FencedException ex) {
			fenced(ex);
			return false;
		}
	}

	/**
	 * What answers those who wait for the replica, from now on.
	 * @param keeper finds them
	 * @param lease its duration
	 */
	public OwnerWatch watch(LeaseKeeper keeper, Duration lease) {
		return new OwnerWatch(this.owner, new OwnerWatch.Owning() {

			@Override
			public @Nullable WalPosition position() {
				return lastPosition();
			}

			@Override
			public void beforeLook() {
				// What is written next is refused
			}

			@Override
			public void fenced(FencedException cause) {
				Replicator.this.fenced(cause);
			}

		}, keeper, lease);
	}

	/** Whose the replica is. */
	public ReplicaOwner owner() {
		return this.owner;
	}

	/**
	 * A replica that can be listed again may still refuse what is written, and a new
	 * generation costs every replica a snapshot. So one that holds nothing of this one
	 * joins it where the WAL is now, which only a segment that it has stored can do.
	 */
	private void comeBack(Generation generation) throws IOException {
		if (!this.log.holdsNothingOf(generation)) {
			leave(generation, GenerationReason.REPLICA_TOO_FAR_BEHIND,
					"it was unreachable for longer than the local buffer lasts");
			return;
		}
		ship(generation);
		this.abandoned = null;
		succeeded();
	}

	private void succeeded() {
		this.progress.stepSucceeded();
		this.pace.succeeded();
		this.health.succeeded(Cause.SHIPPING);
		this.shipper.tellIfPositionFound(); // who waits for it finds no old error
		this.storeClock.now(); // says it if that is far from ours
	}

	private void failed(Throwable failure) {
		this.progress.forget();
		this.health.failed(Cause.SHIPPING, failure);
		this.pace.failed();
		CommitWaits waiting = this.waits;
		if (waiting != null && waiting.isAnybodyWaiting()) {
			this.pace.hurry();
		}
		this.progress.failed();
	}

	/**
	 * A replica that does not go on as it should may have been taken over, which this run
	 * need not have noticed: then there is nothing here to begin.
	 */
	private void leave(Generation generation, GenerationReason reason, String detail) {
		try {
			this.progress.forget();
			if (!isStillOwner()) {
				return;
			}
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
			logger.warn(
					"Database '{}': replica '{}' has been unreachable for longer than max-shadow-wal-size can buffer; a new"
							+ " generation starts when it is back",
					this.options.database(), this.options.name());
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

	/**
	 * Whether the replica holds everything up to a position, or has gone on to a newer
	 * generation.
	 */
	boolean holds(WalPosition wanted) {
		return this.progress.holds(wanted);
	}

	/**
	 * Why nothing that is committed now can come to be in the replica while somebody
	 * waits for it; null if it can.
	 */
	@Nullable String whyNothingArrives() {
		if (this.pace.isStopping()) {
			return "replication has stopped";
		}
		if (this.owner.isLost()) {
			return "it was taken over by somebody else";
		}
		return isAbandoned() ? this.health.shippingError() : null;
	}

	/** As {@link ReplicaLog#txid}. */
	@Nullable public TransactionId txid() {
		return this.log.txid();
	}

	/** As {@link ReplicaLog#endPieceAt}. */
	public void endPieceAt(WalPosition position) {
		this.log.endPieceAt(position);
	}

	/** As {@link ReplicaLog#restorableAs}. */
	public Optional<ReplicaPosition> restorableAs(WalPosition position) {
		return this.log.restorableAs(position);
	}

	/** As {@link ReplicaProgress#awaitResumed}. */
	boolean awaitResumed(Generation generation) throws InterruptedException {
		return this.progress.awaitResumed(generation);
	}

	/** As {@link ReplicaProgress#awaitSegments}. */
	boolean awaitSegments(WalPosition wanted) throws InterruptedException {
		return this.progress.awaitSegments(wanted, this.log::isToBegin);
	}

	/**
	 * Begins the log with the whole database, and lets shipping go on after it.
	 * @throws FencedException if somebody else writes there, which was said
	 */
	Snapshot begin(DatabaseView view, ReplicaLog.SnapshotWatch watch) throws IOException {
		Generation generation = view.position().generation();
		boolean begun = false;
		try {
			Writer writer = this.owner.require(generation, () -> this.log.holdsNothingOf(generation));
			this.notes.beginning();
			Snapshot first = this.log.begin(view, watch, writer, (stored) -> {
				this.owner.requireStill(this.options.retention());
				this.notes.begun();
				this.progress.begun(view.position(), stored);
			});
			begun = true;
			snapshotStored(first);
			return first;
		}
		catch (FencedException ex) {
			fenced(ex);
			throw ex;
		}
		finally {
			if (!begun) {
				this.progress.forget();
			}
			this.pace.hurry();
		}
	}

	/** Called when a snapshot has been stored. */
	void snapshotStored(Snapshot snapshot) {
		this.snapshotAge.stored(snapshot);
		this.progress.snapshotStored(snapshot);
		try {
			confirm(snapshot.generation());
		}
		catch (FencedException ex) {
			fenced(ex);
		}
		catch (IOException ex) {
			logger.debug("Replica '{}' is asked again whether its snapshot counts", this.options.name(), ex);
			this.pace.hurry();
		}
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
		return this.health.shown();
	}

	/** Whether what fails matters to the backup: without retention it only grows. */
	public boolean isFailing() {
		return this.health.isFailing();
	}

	/**
	 * Looks whether the replica answers, and says if not: a request can hang for minutes
	 * before it fails. Quick.
	 */
	void checkAnswers() {
		Optional<String> waiting = this.store.waiting();
		if (waiting.isPresent()) {
			this.health.failed(Cause.ANSWERS, new IOException(waiting.get()));
		}
		else {
			this.health.succeeded(Cause.ANSWERS);
		}
	}

	/** Whether the replica's work succeeds. */
	ReplicaHealth health() {
		return this.health;
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
	 * Ends shipping after the request that runs; does not wait for it. Nothing is noted
	 * any more: a request that never returns must not spoil the notes of the next engine.
	 */
	public void stop() {
		this.pace.stop();
		this.progress.stop();
		this.notes.close();
		this.log.stop();
	}

	/** What is wrong with the replica though no work may have failed of it yet. */
	private final class Look implements ReplicaHealth.Look {

		@Override
		public boolean isAway() {
			return isAbandoned();
		}

		@Override
		public Optional<String> waiting() {
			return Replicator.this.store.waiting();
		}

	}

}
