package org.litestream4j.replication;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalSegment;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.replica.ReplicaClient;
import org.litestream4j.replication.ReplicaNotes.Chore;
import org.litestream4j.shadow.WalShadower;

/**
 * Does for one replica what is due now and then, on a thread of its own: a snapshot when
 * a generation has none or the newest is old, retention, and validation. Shipping goes on
 * meanwhile.
 */
public final class Maintenance {

	private static final Logger logger = LoggerFactory.getLogger(Maintenance.class);

	private final Replicator replicator;

	private final SnapshotTaker snapshots;

	private final WalShadower shadower;

	private final LitestreamListener listener;

	private final Clock timeOfDay;

	/** Steady: nothing here is put off, or done at once, when the machine's is set. */
	private final Clock clock;

	private final Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(1));

	/** How often to look whether something changed since an old snapshot. */
	private static final Duration LOOK_AGAIN = Duration.ofSeconds(60);

	private final ReplicaHealth health;

	private final Thread thread;

	@Nullable private final Duration validationInterval;

	private final Runnable validation;

	private Instant nextRetention;

	private Instant nextValidation;

	private Instant retryAt;

	private boolean stopping;

	/**
	 * Creates it.
	 * @param clock the time of day
	 * @param steady tells how much time has passed
	 * @param validationInterval how often {@code validation} runs, or null for never
	 * @param validation validates the replica; reports failures itself
	 */
	public Maintenance(Replicator replicator, SnapshotTaker snapshots, WalShadower shadower,
			LitestreamListener listener, Clock clock, Clock steady, @Nullable Duration validationInterval,
			Runnable validation) {
		this.replicator = replicator;
		this.snapshots = snapshots;
		this.shadower = shadower;
		this.listener = listener;
		this.timeOfDay = clock;
		this.clock = steady;
		this.validationInterval = (validationInterval != null) ? ReplicatorOptions.shorten(validationInterval) : null;
		this.validation = validation;
		this.health = replicator.maintenanceHealth();
		this.retryAt = steady.instant();
		this.nextRetention = next(Chore.RETENTION, replicator.options().retentionCheckInterval());
		this.nextValidation = (this.validationInterval != null) ? next(Chore.VALIDATION, this.validationInterval)
				: Instant.MAX;
		this.thread = new Thread(this::run,
				"litestream-%s-%s-maintenance".formatted(replicator.options().database(), replicator.options().name()));
		this.thread.setDaemon(true);
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
		boolean due = left.isNegative() || last.isAfter(now); // or the clock was ahead
																// then
		return this.clock.instant().plus(due ? Duration.ZERO : left);
	}

	public void start() {
		this.replicator.whenPositionKnown(this::positionKnown);
		this.thread.start();
	}

	/** Says that the replica's listing was read, so that it is known what it lacks. */
	private synchronized void positionKnown() {
		this.backoff.succeeded();
		this.retryAt = this.clock.instant();
		notifyAll();
	}

	private void run() {
		boolean more = true;
		while (more) {
			try {
				while (awaitDue()) {
					round();
				}
				more = false;
			}
			catch (InterruptedException ex) {
				more = !isStopping(); // only stop() ends this thread
			}
		}
	}

	/**
	 * What the thread repeats: does what is due, and notes how that went, errors
	 * included, as nobody would start the thread again.
	 */
	void round() throws InterruptedException {
		try {
			takeSnapshotIfDue();
			checkRetentionIfDue();
			this.backoff.succeeded();
			this.health.succeeded();
		}
		catch (IOException | RuntimeException | Error ex) {
			failed(ex);
		}
		validateIfDue();
	}

	private synchronized boolean awaitDue() throws InterruptedException {
		while (!this.stopping) {
			Instant now = this.clock.instant();
			long wait = Duration.between(now, nextDue(now)).toMillis();
			if (wait <= 0) {
				return true;
			}
			wait(wait);
		}
		return false;
	}

	/** When the next round is due; already past if it is now. */
	synchronized Instant nextDue(Instant now) {
		Instant next = min(this.nextRetention, this.nextValidation);
		Snapshot newest = this.replicator.newestSnapshot();
		if (newest != null) {
			Instant soonest = this.snapshots.hasChanges() ? now : now.plus(LOOK_AGAIN);
			next = min(next, max(snapshotDue(newest), soonest));
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
		boolean due = newest == null
				|| (!this.clock.instant().isBefore(snapshotDue(newest)) && this.snapshots.hasChanges());
		if (due) {
			this.snapshots.take();
		}
	}

	private void checkRetentionIfDue() throws IOException {
		Instant now = this.clock.instant();
		if (now.isBefore(this.nextRetention)) {
			return;
		}
		if (this.replicator.newestSnapshot() != null) {
			try {
				checkRetention(keepSince());
				this.replicator.retentionHealth().succeeded();
			}
			catch (RetentionRefusedException ex) {
				this.replicator.retentionHealth().failed(ex);
			}
			this.replicator.notes().done(Chore.RETENTION, this.timeOfDay.instant());
		}
		this.nextRetention = now.plus(this.replicator.options().retentionCheckInterval());
	}

	/** On the clock that dates the objects. */
	private Instant keepSince() {
		Duration retention = this.replicator.options().retention();
		return retention.isZero() ? Instant.MIN : this.replicator.storeClock().now().minus(retention);
	}

	/** Deletes what only states before a time need. */
	void checkRetention(Instant keepSince) throws IOException {
		ReplicaClient client = this.replicator.client();
		List<Snapshot> allSnapshots = new ArrayList<>();
		List<WalSegment> allSegments = new ArrayList<>();
		for (Generation generation : client.generations()) {
			allSnapshots.addAll(client.snapshots(generation));
			allSegments.addAll(client.walSegments(generation));
		}
		Generation current = this.shadower.shadowWal().requirePosition().generation();
		RetentionPlan plan = RetentionPlan.of(current, allSnapshots, allSegments, keepSince);
		if (plan.isEmpty()) {
			return;
		}
		try {
			client.deleteSnapshots(plan.snapshots());
			client.deleteWalSegments(plan.segments());
		}
		catch (IOException ex) {
			throw new RetentionRefusedException(ex);
		}
		logger.debug("Database '{}': retention deleted {} snapshots and {} segments from replica '{}'",
				this.replicator.options().database(), plan.snapshots().size(), plan.segments().size(),
				this.replicator.options().name());
		this.listener.retentionDeleted(this.replicator.options().database(), this.replicator.options().name(),
				plan.snapshots().size(), plan.segments().size());
	}

	private void validateIfDue() {
		Duration interval = this.validationInterval;
		if (interval != null && !this.clock.instant().isBefore(this.nextValidation)) {
			this.nextValidation = this.clock.instant().plus(interval);
			this.replicator.notes().done(Chore.VALIDATION, this.timeOfDay.instant());
			this.validation.run();
		}
	}

	private void failed(Throwable failure) {
		if (this.replicator.shippingError() == null && !isStopping()) {
			this.health.failed(failure); // else it is said already
		}
		synchronized (this) {
			this.retryAt = this.clock.instant().plusNanos(this.backoff.failed());
		}
	}

	private synchronized boolean isStopping() {
		return this.stopping;
	}

	/** Ends the thread, and soon what it is doing; does not wait for it. */
	public void stop() {
		synchronized (this) {
			this.stopping = true;
			notifyAll();
		}
		this.snapshots.cancel();
		this.thread.interrupt();
	}

	/** The thread, to wait for. */
	public Thread thread() {
		return this.thread;
	}

}
