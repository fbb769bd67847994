package org.litestream4j.engine;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.DatabaseStatus.ReplicaStatus;
import org.litestream4j.DatabaseStatus.State;
import org.litestream4j.DatabaseStatus;
import org.litestream4j.Replica;
import org.litestream4j.ReplicaFormats;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.spi.ReplicaFormat;
import org.litestream4j.lease.LeaseKeeper;
import org.litestream4j.live.WalShadower;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.replication.LogUpkeep;
import org.litestream4j.replication.Maintenance;
import org.litestream4j.replication.OwnerWatch;
import org.litestream4j.replication.ReplicaLog;
import org.litestream4j.replication.ReplicaNotes;
import org.litestream4j.replication.ReplicaOwner;
import org.litestream4j.replication.Replicator;
import org.litestream4j.replication.ReplicatorOptions;
import org.litestream4j.replication.SnapshotTaker;
import org.litestream4j.validate.ValidatedReplica.Finding;
import org.litestream4j.validate.ValidatedReplica;

/**
 * What belongs to one replica: shipping, snapshots, maintenance and status.
 */
public final class ReplicaFeed {

	private static final Logger logger = LoggerFactory.getLogger(ReplicaFeed.class);

	private final Replica replica;

	private final WalShadower shadower;

	private final Clock steady;

	private final Replicator replicator;

	private final SnapshotTaker snapshots;

	private final Maintenance maintenance;

	private final ValidatedReplica validated;

	/** What it waits for. */
	private final String lane;

	private final String name;

	@Nullable private ScheduledTask shipping;

	@Nullable private ScheduledTask maintaining;

	/** Null where nobody is waited for. */
	@Nullable private final OwnerWatch watch;

	@Nullable private ScheduledTask watching;

	/** Null where the format needs none. */
	@Nullable private final LogUpkeep upkeep;

	@Nullable private ScheduledTask keeping;

	/** Validates one replica on schedule. */
	@FunctionalInterface
	interface ScheduledValidation {

		/** Answers false if another one runs. */
		boolean validate(ReplicaFeed feed);

	}

	ReplicaFeed(String database, Replica replica, ReplicaFormat format, WalShadower shadower,
			LitestreamListener listener, Clock clock, Clock steady, ReplicaNotes notes, ReplicaOwner owner,
			@Nullable LeaseKeeper keeper, Duration lease, ScheduledValidation validation) {
		this.replica = replica;
		this.lane = replica.store().lane();
		this.name = "litestream-%s-%s".formatted(database, replica.name());
		this.shadower = shadower;
		this.steady = steady;
		Replica.Options options = replica.options();
		ReplicatorOptions feeding = new ReplicatorOptions(database, replica.name(), options.syncInterval(),
				options.snapshotInterval(), options.retention(), options.retentionCheckInterval());
		this.replicator = new Replicator(feeding, replica.store(), format, shadower, listener, clock, steady, notes,
				owner);
		this.watch = (keeper != null) ? this.replicator.watch(keeper, lease) : null;
		ReplicaLog.Upkeep own = this.replicator.upkeep();
		this.upkeep = (own != null) ? new LogUpkeep(this.replicator, own, listener, steady) : null;
		this.snapshots = new SnapshotTaker(this.replicator, shadower, listener);
		this.maintenance = new Maintenance(this.replicator, this.snapshots, shadower, listener, clock, steady,
				options.validationInterval(), () -> validation.validate(this), () -> sayWhatIsLeft(database));
		this.validated = new ValidatedReplica(replica, this.replicator, this.snapshots, this.maintenance,
				format.source(this.replicator.store()), clock);
	}

	/** Once, as to find it out costs a request: whether there is nothing is as good. */
	private void sayWhatIsLeft(String database) {
		try {
			ReplicaFormats.leftover(this.replica, this.replicator.store())
				.ifPresent((leftover) -> logger.info("Database '{}': replica '{}' ({}) {}", database,
						this.replica.name(), this.replica.store().url(), leftover));
		}
		catch (IOException ex) {
			logger.debug("Whether replica '{}' holds another format cannot be told", this.replica.name(), ex);
		}
	}

	Replica replica() {
		return this.replica;
	}

	public String name() {
		return this.replica.name();
	}

	public Replicator replicator() {
		return this.replicator;
	}

	Maintenance maintenance() {
		return this.maintenance;
	}

	public SnapshotTaker snapshots() {
		return this.snapshots;
	}

	public Snapshot takeSnapshot() throws IOException, InterruptedException {
		return this.snapshots.take();
	}

	/**
	 * Begins to ship and to look after the replica.
	 * @param turn of the database's heavy jobs
	 */
	void start(EngineScheduler scheduler, Turn turn) {
		// First, as it hears from the replicator what the replica lacks
		this.maintaining = scheduler.maintain(this.maintenance, this.lane, turn, this.name + "-maintenance");
		if (this.upkeep != null) {
			this.keeping = scheduler.maintain(this.upkeep, this.lane, turn, this.name + "-compaction");
		}
		this.shipping = scheduler.ship(this.replicator, this.lane, this.name);
		if (this.watch != null) {
			this.watching = scheduler.ship(this.watch, this.lane, this.name + "-owner");
		}
	}

	/** The replica as a validation sees it. */
	ValidatedReplica validated() {
		return this.validated;
	}

	/** Ends everything after what it is doing, and does not wait for that. */
	void stop() {
		this.maintenance.stop();
		ScheduledTask heavy = this.maintaining;
		if (heavy != null) {
			heavy.stop();
			heavy.interrupt();
		}
		ScheduledTask compacting = this.keeping;
		if (this.upkeep != null && compacting != null) {
			this.upkeep.stop();
			compacting.stop();
			compacting.interrupt();
		}
		this.replicator.stop();
		if (this.watch != null) {
			this.watch.stop();
		}
		for (ScheduledTask task : new ScheduledTask[] { this.shipping, this.watching }) {
			if (task != null) {
				task.stop();
			}
		}
	}

	/**
	 * Waits until everything has ended.
	 * @param deadline when to give up, by {@link System#nanoTime()}
	 */
	void awaitStop(long deadline) throws InterruptedException {
		for (ScheduledTask task : new ScheduledTask[] { this.maintaining, this.keeping, this.shipping,
				this.watching }) {
			if (task != null) {
				task.awaitEnd(deadline);
			}
		}
	}

	/** Hands the replica over to whoever waits for it. Never throws. */
	void handOver() {
		this.replicator.owner().release(this.replicator.lastPosition());
	}

	/** Whether the replica alone restores everything up to a position. */
	public boolean holds(WalPosition position) {
		return position.equals(this.replicator.position()) && this.replicator.newestSnapshot() != null;
	}

	public ReplicaStatus status(@Nullable String engineError, @Nullable Instant engineFailingSince, boolean stopped) {
		WalPosition local = this.shadower.shadowWal().requirePosition();
		WalPosition position = this.replicator.lastPosition();
		boolean known = position != null && position.generation().equals(local.generation());
		long lagBytes = this.shadower.shadowWal().bytesAfter((known && position != null) ? position : start(local));
		Instant behindSince = local.equals(position) ? null : this.replicator.behindSince();
		Instant since = (engineFailingSince != null) ? engineFailingSince : behindSince;
		Duration lag = (since != null) ? Duration.between(since, this.steady.instant()) : Duration.ZERO;
		String error = (engineError != null) ? engineError : this.replicator.lastError();
		Snapshot snapshot = this.replicator.lastSnapshot();
		boolean failing = engineError != null || this.replicator.isFailing();
		Finding validation = this.validated.lastFinding();
		return new ReplicaStatus(this.replica.store().url(), state(stopped, failing, known && snapshot != null, lag),
				position, this.replicator.txid(), lagBytes, lag.isNegative() ? Duration.ZERO : lag,
				this.replicator.lastSyncAt(), (snapshot != null) ? snapshot.createdAt() : null,
				(validation != null) ? validation.at() : null, (validation != null) ? (Boolean) validation.ok() : null,
				error, stopped ? null : this.maintenance.problem(), ownership());
	}

	private DatabaseStatus.Ownership ownership() {
		ReplicaOwner owner = this.replicator.owner();
		return owner.isFencing()
				? new DatabaseStatus.Ownership(true, owner.epoch(), owner.ownerName(), owner.wantedBy())
				: DatabaseStatus.Ownership.NONE;
	}

	private WalPosition start(WalPosition local) {
		return new WalPosition(local.generation(), this.shadower.shadowWal().oldestIndex(), 0);
	}

	private State state(boolean stopped, boolean failing, boolean known, Duration lag) {
		if (stopped) {
			return State.STOPPED;
		}
		if (this.replicator.owner().isLost()) {
			return State.FENCED;
		}
		if (failing) {
			return State.FAILING;
		}
		if (!known) {
			return State.STARTING;
		}
		Duration usual = this.replicator.options().syncInterval().multipliedBy(3).plusSeconds(2);
		return (lag.compareTo(usual) > 0) ? State.BEHIND : State.REPLICATING;
	}

}
