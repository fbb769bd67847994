package org.litestream4j.replication;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Durations;
import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.live.IndexHeldBackException;
import org.litestream4j.live.WalShadower;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.observe.LitestreamListener.Problem;
import org.litestream4j.replication.Cure.FreshSnapshot;
import org.litestream4j.replication.ReplicaHealth.Cause;
import org.litestream4j.replication.ReplicaNotes.Chore;
import org.litestream4j.replication.RetentionCheck.Result.Failed;
import org.litestream4j.replication.RetentionCheck.Result.Passed;
import org.litestream4j.replication.RetentionCheck.Result.Suspected;

/**
 * Does for one replica what is due now and then: a snapshot when a generation has none or
 * the newest is old, retention, validation, and what makes a replica restorable again
 * that was found not to be. Shipping goes on meanwhile. Thread-safe, but for
 * {@link #work()}, which one thread does at a time.
 */
public final class Maintenance implements RepeatedWork {

	private static final Logger logger = LoggerFactory.getLogger(Maintenance.class);

	private final Replicator replicator;

	private final SnapshotTaker snapshots;

	private final WalShadower shadower;

	private final Clock timeOfDay;

	/** Steady: nothing here is put off, or done at once, when the machine's is set. */
	private final Clock clock;

	private final Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(1));

	/** Each cure costs a snapshot, so one that does not help is not repeated for long. */
	private final Backoff cureBackoff = new Backoff(Duration.ofMinutes(1), Duration.ofHours(1));

	private final Backoff verdictBackoff = new Backoff(Duration.ofMinutes(1), Duration.ofHours(1));

	/** How often to look whether something changed since an old snapshot. */
	private static final Duration LOOK_AGAIN = Duration.ofSeconds(60);

	/** What a listing lacks may be in it after that time. */
	private static final Duration LISTING_LAG = Duration.ofSeconds(30);

	/** How long a validation waits for its turn while another one runs. */
	private static final Duration NEXT_TURN = Duration.ofSeconds(1);

	/** How long a generation may be without a snapshot that is not being written. */
	private static final Duration SNAPSHOT_OVERDUE = Duration.ofMinutes(1);

	private final ReplicaHealth health;

	private Runnable waker = () -> {
	};

	@Nullable private final Duration validationInterval;

	private final BooleanSupplier validation;

	/** What is done once the replica has answered; null after that. */
	private volatile @Nullable Runnable first;

	private final RetentionCheck retention;

	private final ReplicaProblems problems;

	private Instant nextRetention;

	private Instant nextValidation;

	private Instant retryAt;

	@Nullable private Due cure;

	/** No cure before that time. */
	private Instant nextCure;

	/** In which a snapshot was tried as a cure for what a validation found. */
	@Nullable private Generation curedBySnapshot;

	@Nullable private volatile Without without;

	private boolean stopping;

	/** A cure that is due, for one generation only. */
	private record Due(Cure cure, Generation generation, String detail) {
	}

	/** The generation that was seen without a snapshot, and when first. */
	private record Without(Generation generation, Instant since) {
	}

	/**
	 * Creates it.
	 * @param clock the time of day
	 * @param steady tells how much time has passed
	 * @param validationInterval how often {@code validation} runs, or null for never
	 * @param validation validates the replica and says itself what it finds; answers
	 * false if it could not begin, as another one runs
	 * @param first is run once, when the replica has answered
	 */
	public Maintenance(Replicator replicator, SnapshotTaker snapshots, WalShadower shadower,
			LitestreamListener listener, Clock clock, Clock steady, @Nullable Duration validationInterval,
			BooleanSupplier validation, Runnable first) {
		this.replicator = replicator;
		this.snapshots = snapshots;
		this.shadower = shadower;
		this.timeOfDay = clock;
		this.clock = steady;
		this.retention = new RetentionCheck(replicator, listener);
		this.problems = new ReplicaProblems(replicator.options().database(), replicator.options().name(), listener);
		this.validationInterval = (validationInterval != null) ? ReplicatorOptions.shorten(validationInterval) : null;
		this.validation = validation;
		this.first = first;
		this.health = replicator.health();
		this.retryAt = steady.instant();
		this.nextCure = this.retryAt;
		this.nextRetention = next(Chore.RETENTION, replicator.options().retentionCheckInterval());
		this.nextValidation = (this.validationInterval != null) ? next(Chore.VALIDATION, this.validationInterval)
				: Instant.MAX;
	}

	/**
	 * When something is due that an earlier process may have done last: restarting often
	 * must not put it off for ever.
	 */
	private Instant next(Chore chore, Duration interval) {
		Instant now = this.timeOfDay.instant();
		Instant last = this.replicator.notes().lastDone(chore);
		if (last == null) {
			this.replicator.notes().done(chore, now);
			return this.clock.instant().plus(interval);
		}
		Duration left = Duration.between(now, last.plus(interval));
		// One in the future was noted while the clock was ahead
		boolean due = left.isNegative() || last.isAfter(now);
		return this.clock.instant().plus(due ? Duration.ZERO : left);
	}

	/**
	 * Must come before the replicator's first work, which says what the replica lacks.
	 */
	@Override
	public void wakenBy(Runnable newWaker) {
		this.waker = newWaker;
		this.replicator.whenPositionKnown(this::positionKnown);
	}

	/** Says that the replica's listing was read, so that it is known what it lacks. */
	private void positionKnown() {
		synchronized (this) {
			this.backoff.succeeded();
			this.retryAt = this.clock.instant();
		}
		this.waker.run();
	}

	@Override
	public void work() throws InterruptedException {
		round();
	}

	@Override
	public long dueIn() {
		if (isStopping()) {
			return WHEN_WOKEN;
		}
		Instant now = this.clock.instant();
		return Durations.nanos(Duration.between(now, nextDue(now)));
	}

	/**
	 * What is repeated: does what is due, and notes how that went, errors included, as
	 * the next round must come.
	 */
	void round() throws InterruptedException {
		try {
			beginIfDue();
			takeSnapshotIfDue();
			cureIfDue();
			checkRetentionIfDue();
			this.backoff.succeeded();
			this.health.succeeded(Cause.SNAPSHOTS);
		}
		catch (IOException | RuntimeException | Error ex) {
			failed(ex);
		}
		validateIfDue();
	}

	private void beginIfDue() {
		Runnable due = this.first;
		if (due != null && this.replicator.position() != null) {
			this.first = null;
			due.run();
		}
	}

	/** When the next round is due; already past if it is now. */
	synchronized Instant nextDue(Instant now) {
		Instant next = this.nextRetention;
		Snapshot newest = this.replicator.newestSnapshot();
		if (newest != null) {
			Instant soonest = this.snapshots.hasChanges() ? now : now.plus(LOOK_AGAIN);
			next = min(next, max(snapshotDue(newest), soonest));
			next = min(next, (this.cure != null) ? this.nextCure : this.nextValidation);
			next = (this.first != null) ? min(next, now) : next;
		}
		else if (this.replicator.position() != null) {
			next = min(next, now); // else positionKnown() comes first
		}
		return next.isBefore(this.retryAt) ? this.retryAt : next;
	}

	private Instant snapshotDue(Snapshot newest) {
		return this.replicator.storedSince(newest).plus(this.replicator.options().snapshotInterval());
	}

	private static Instant min(Instant one, Instant other) {
		return one.isBefore(other) ? one : other;
	}

	private static Instant max(Instant one, Instant other) {
		return one.isAfter(other) ? one : other;
	}

	private void takeSnapshotIfDue() throws IOException, InterruptedException {
		Snapshot newest = this.replicator.newestSnapshot();
		if (newest == null) {
			takeFirstSnapshot();
		}
		else if (!this.clock.instant().isBefore(snapshotDue(newest)) && this.snapshots.hasChanges()) {
			this.snapshots.take();
		}
	}

	/** Before its listing was read, the replica may well hold one. */
	private void takeFirstSnapshot() throws IOException, InterruptedException {
		Generation generation = this.replicator.generation();
		try {
			this.snapshots.takeFirst();
			if (!isCureDue()) {
				this.problems.snapshotStored();
			} // else it may be one that was there already
		}
		catch (IOException ex) {
			boolean nothing = this.replicator.position() != null && this.replicator.newestSnapshot() == null;
			if (nothing && generation.equals(this.replicator.generation()) && !isStopping()) {
				this.problems.found(Problem.NOT_RESTORABLE,
						"nothing of generation %s can be restored, as its first snapshot failed: %s"
							.formatted(generation, ex.getMessage()));
			}
			throw ex;
		}
	}

	private void checkRetentionIfDue() throws IOException {
		Instant now = this.clock.instant();
		synchronized (this) {
			if (now.isBefore(this.nextRetention)) {
				return;
			}
		}
		Duration interval = this.replicator.options().retentionCheckInterval();
		Duration next = interval;
		try {
			next = checkRetention(keepSince());
			if (next.compareTo(interval) >= 0) {
				this.health.succeeded(Cause.RETENTION);
			}
		}
		catch (RetentionRefusedException ex) {
			this.health.failed(Cause.RETENTION, ex);
		}
		if (next.compareTo(interval) >= 0) {
			this.replicator.notes().done(Chore.RETENTION, this.timeOfDay.instant());
			next = interval;
		}
		synchronized (this) {
			this.nextRetention = now.plus(next);
		}
	}

	/** On the clock that dates the objects. */
	private Instant keepSince() {
		Duration retention = this.replicator.options().retention();
		return retention.isZero() ? Instant.MIN : this.replicator.storeClock().now().minus(retention);
	}

	/**
	 * Holds what the replica lists against what was stored, and deletes what only states
	 * before a time need.
	 * @return after how long to check again at the latest
	 * @throws RetentionRefusedException if all is there, but what is old cannot be
	 * deleted
	 * @throws IOException if the replica cannot be listed
	 */
	Duration checkRetention(Instant keepSince) throws IOException {
		RetentionCheck.Result result = this.retention.run(keepSince);
		if (result instanceof Failed failed) {
			if (this.replicator.isStillOwner()) { // else it is what the new owner did
				failed(failed);
			}
			return LOOK_AGAIN;
		}
		if (result instanceof Passed) {
			this.problems.solved(Problem.FOREIGN_WRITER);
			if (!this.problems.isValidationAwaited()) {
				this.cureBackoff.succeeded();
			}
			return this.replicator.options().retentionCheckInterval();
		}
		return (result instanceof Suspected) ? LISTING_LAG : LOOK_AGAIN;
	}

	private void failed(Failed audit) {
		if (audit.isWriterSeen()) {
			this.problems.found(Problem.FOREIGN_WRITER,
					"%s: let only one application replicate there".formatted(audit.describe()));
		}
		if (audit.isNewestStateLost()) {
			this.problems.found(Problem.NOT_RESTORABLE,
					"%s; a snapshot is taken in its place: find out who deletes or changes objects there"
						.formatted(audit.describe()));
		}
		Cure chosen = audit.cure();
		if (!(chosen instanceof Cure.None)) {
			cure(new Due(chosen, audit.generation(), audit.describe()));
		}
		else if (audit.isSomethingLost()) {
			logger.warn(
					"Database '{}': replica '{}' has lost something: {}; the newest state can be restored, older"
							+ " ones perhaps not",
					this.replicator.options().database(), this.replicator.options().name(), audit.describe());
		}
	}

	private synchronized boolean isCureDue() {
		return this.cure != null;
	}

	private void cure(Due due) {
		synchronized (this) {
			this.cure = due;
		}
		this.waker.run();
	}

	private void cureIfDue() throws IOException, InterruptedException {
		Due due;
		synchronized (this) {
			due = this.cure;
			if (due == null || this.clock.instant().isBefore(this.nextCure)) {
				return;
			}
		}
		if (due.generation.equals(this.replicator.generation())) {
			carryOut(due);
		} // else the first snapshot of the next generation is the cure
		synchronized (this) {
			if (due.equals(this.cure)) {
				this.cure = null;
			}
			this.nextCure = this.clock.instant().plusNanos(this.cureBackoff.failed());
			if (this.problems.isValidationAwaited()) {
				this.nextValidation = this.clock.instant();
			}
		}
	}

	private void carryOut(Due due) throws IOException, InterruptedException {
		if (!this.replicator.isStillOwner()) {
			return;
		}
		if (due.cure instanceof FreshSnapshot fresh) {
			try {
				this.snapshots.takeAbove(fresh.above());
				this.problems.snapshotStored();
				return;
			}
			catch (IndexHeldBackException ex) {
				logger.debug("There is no index for a snapshot now, so a generation begins", ex);
			}
		}
		this.shadower.leaveGeneration(due.generation, GenerationReason.REPLICA_DIVERGED,
				"replica '%s' cannot continue: %s".formatted(this.replicator.options().name(), due.detail));
	}

	/**
	 * Says that a validation could not restore from the replica. A snapshot is the first
	 * thing that is tried, a new generation the second; whether that helped is for
	 * another validation to say, which follows at once.
	 * @param position that could not be restored
	 * @param detail one sentence on why
	 */
	public void notRestorable(WalPosition position, String detail) {
		this.problems.notRestorable(detail);
		synchronized (this) {
			boolean again = position.generation().equals(this.curedBySnapshot);
			this.curedBySnapshot = position.generation();
			cure(new Due(again ? new Cure.NewGeneration() : new FreshSnapshot(position.index()), position.generation(),
					detail));
		}
	}

	/** Says that a validation has restored what the database holds. */
	public void restorable() {
		synchronized (this) {
			this.cure = null;
			this.curedBySnapshot = null;
			this.nextCure = this.clock.instant();
			this.cureBackoff.succeeded();
			this.verdictBackoff.succeeded();
		}
		this.problems.solved(Problem.NOT_RESTORABLE);
	}

	/**
	 * Says that a validation could not tell, as the store did not answer, for example: it
	 * is tried again soon.
	 */
	public void undecided() {
		synchronized (this) {
			this.nextValidation = min(this.nextValidation,
					this.clock.instant().plusNanos(this.verdictBackoff.failed()));
		}
		this.waker.run();
	}

	private void validateIfDue() {
		synchronized (this) {
			boolean due = !this.clock.instant().isBefore(this.nextValidation);
			if (!due || this.cure != null || this.replicator.newestSnapshot() == null) {
				return;
			}
			this.nextValidation = Instant.MAX;
		}
		boolean begun = this.validation.getAsBoolean();
		if (begun) {
			this.replicator.notes().done(Chore.VALIDATION, this.timeOfDay.instant());
		}
		synchronized (this) {
			// After its end, so that another replica has its turn however long it took
			Instant now = this.clock.instant();
			Duration interval = this.validationInterval;
			if (!begun) {
				boolean often = interval != null && interval.compareTo(NEXT_TURN) < 0;
				this.nextValidation = min(this.nextValidation,
						now.plus((interval != null && often) ? interval : NEXT_TURN));
			}
			else if (interval != null) {
				this.nextValidation = min(this.nextValidation, now.plus(interval));
			}
		}
	}

	/**
	 * Why the backup in the replica cannot be relied on; null if nothing is known to be
	 * wrong. While the first snapshot of a generation is being written nothing is: the
	 * generation before restores meanwhile.
	 */
	@Nullable public String problem() {
		String known = this.problems.current();
		return (known != null) ? known : overdueSnapshot();
	}

	@Nullable private String overdueSnapshot() {
		if (this.replicator.newestSnapshot() != null || this.replicator.position() == null) {
			this.without = null;
			return null;
		}
		Instant now = this.clock.instant();
		Generation generation = this.replicator.generation();
		Without seen = this.without;
		if (seen == null || !seen.generation.equals(generation)) {
			this.without = new Without(generation, now);
			return null;
		}
		boolean overdue = now.isAfter(seen.since.plus(SNAPSHOT_OVERDUE)) && !this.snapshots.isAdvancing();
		return overdue
				? "nothing of generation %s can be restored yet: its first snapshot is overdue".formatted(generation)
				: null;
	}

	private void failed(Throwable failure) {
		if (this.health.shippingError() == null && !isStopping()) {
			this.health.failed(Cause.SNAPSHOTS, failure); // else it is said already
		}
		synchronized (this) {
			this.retryAt = this.clock.instant().plusNanos(this.backoff.failed());
		}
	}

	private synchronized boolean isStopping() {
		return this.stopping;
	}

	/**
	 * Has a snapshot that runs end soon, and lets no failure be said that comes of it.
	 */
	public synchronized void stop() {
		this.stopping = true;
		this.snapshots.cancel();
	}

}
