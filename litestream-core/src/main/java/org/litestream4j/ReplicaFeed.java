package org.litestream4j;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

import org.litestream4j.DatabaseStatus.ReplicaStatus;
import org.litestream4j.DatabaseStatus.State;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.replication.Maintenance;
import org.litestream4j.replication.ReplicaNotes;
import org.litestream4j.replication.Replicator;
import org.litestream4j.replication.ReplicatorOptions;
import org.litestream4j.replication.SnapshotTaker;
import org.litestream4j.shadow.WalShadower;

/**
 * What belongs to one replica: shipping, snapshots, maintenance and status.
 */
final class ReplicaFeed {

	private final Replica replica;

	private final WalShadower shadower;

	private final Clock clock;

	private final Clock steady;

	private final Replicator replicator;

	private final SnapshotTaker snapshots;

	private final Maintenance maintenance;

	@Nullable private volatile Validated lastValidation;

	/** Whether the last validation came to no verdict. */
	private volatile boolean undecided;

	private record Validated(Instant at, boolean ok) {
	}

	/** Validates one replica on schedule. */
	@FunctionalInterface
	interface ScheduledValidation {

		/** Answers false if another one runs. */
		boolean validate(ReplicaFeed feed);

	}

	ReplicaFeed(String database, Replica replica, WalShadower shadower, LitestreamListener listener, Clock clock,
			Clock steady, ReplicaNotes notes, ScheduledValidation validation) {
		this.replica = replica;
		this.shadower = shadower;
		this.clock = clock;
		this.steady = steady;
		Replica.Options options = replica.options();
		ReplicatorOptions feeding = new ReplicatorOptions(database, replica.name(), options.syncInterval(),
				options.snapshotInterval(), options.retention(), options.retentionCheckInterval());
		this.replicator = new Replicator(feeding, replica.client(), shadower, listener, clock, steady, notes);
		this.snapshots = new SnapshotTaker(this.replicator, shadower, listener);
		this.maintenance = new Maintenance(this.replicator, this.snapshots, shadower, listener, clock, steady,
				options.validationInterval(), () -> validation.validate(this));
	}

	Replica replica() {
		return this.replica;
	}

	String name() {
		return this.replica.name();
	}

	Replicator replicator() {
		return this.replicator;
	}

	Maintenance maintenance() {
		return this.maintenance;
	}

	SnapshotTaker snapshots() {
		return this.snapshots;
	}

	Snapshot takeSnapshot() throws IOException, InterruptedException {
		return this.snapshots.take();
	}

	void start() {
		this.maintenance.start();
		this.replicator.start();
	}

	/** A validation has come to a verdict. */
	void validated(boolean ok) {
		this.undecided = false;
		this.lastValidation = new Validated(this.clock.instant(), ok);
	}

	/**
	 * A validation could not tell. The first one on schedule leaves what is known, as it
	 * is tried again soon.
	 */
	void notValidated(boolean requested) {
		if (requested || this.undecided) {
			this.lastValidation = new Validated(this.clock.instant(), false);
		}
		this.undecided = true;
	}

	/** Ends everything behind what it is doing, and does not wait for that. */
	void stop() {
		this.maintenance.stop();
		this.replicator.stop();
	}

	/**
	 * Waits until everything has ended.
	 * @param deadline when to give up, by {@link System#nanoTime()}
	 */
	void awaitStop(long deadline) throws InterruptedException {
		for (Thread thread : List.of(this.maintenance.thread(), this.replicator.thread())) {
			thread.join(Math.max(TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()), 1));
		}
	}

	/** Whether the replica alone restores everything up to a position. */
	boolean holds(WalPosition position) {
		return position.equals(this.replicator.position()) && this.replicator.newestSnapshot() != null;
	}

	ReplicaStatus status(@Nullable String engineError, @Nullable Instant engineFailingSince, boolean stopped) {
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
		Validated validation = this.lastValidation;
		return new ReplicaStatus(this.replica.client().url(), state(stopped, failing, known && snapshot != null, lag),
				position, lagBytes, lag.isNegative() ? Duration.ZERO : lag, this.replicator.lastSyncAt(),
				(snapshot != null) ? snapshot.createdAt() : null, (validation != null) ? validation.at : null,
				(validation != null) ? validation.ok : null, error, stopped ? null : this.maintenance.problem());
	}

	private WalPosition start(WalPosition local) {
		return new WalPosition(local.generation(), this.shadower.shadowWal().oldestIndex(), 0);
	}

	private State state(boolean stopped, boolean failing, boolean known, Duration lag) {
		if (stopped) {
			return State.STOPPED;
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
