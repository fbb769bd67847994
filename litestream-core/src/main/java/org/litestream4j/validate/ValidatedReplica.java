package org.litestream4j.validate;

import java.time.Clock;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.litestream4j.Replica;
import org.litestream4j.replication.Maintenance;
import org.litestream4j.replication.Replicator;
import org.litestream4j.replication.SnapshotTaker;
import org.litestream4j.restore.RestoreSource;
import org.litestream4j.validate.Validation.Trigger;

/**
 * One replica as a validation sees it, and what the last one found. Thread-safe.
 */
public final class ValidatedReplica {

	private final Replica replica;

	private final Replicator replicator;

	private final SnapshotTaker snapshots;

	private final Maintenance maintenance;

	private final RestoreSource source;

	private final Clock clock;

	@Nullable private volatile Finding lastFinding;

	/** Whether the last validation came to no verdict. */
	private volatile boolean undecided;

	/**
	 * What a validation found.
	 *
	 * @param at when it ended
	 * @param ok whether the replica restores to what the database holds
	 */
	public record Finding(Instant at, boolean ok) {
	}

	/**
	 * Puts together what belongs to one replica.
	 * @param maintenance heals what a validation finds
	 * @param source what is validated
	 */
	public ValidatedReplica(Replica replica, Replicator replicator, SnapshotTaker snapshots, Maintenance maintenance,
			RestoreSource source, Clock clock) {
		this.replica = replica;
		this.replicator = replicator;
		this.snapshots = snapshots;
		this.maintenance = maintenance;
		this.source = source;
		this.clock = clock;
	}

	String name() {
		return this.replica.name();
	}

	/** To restore from. */
	RestoreSource source() {
		return this.source;
	}

	Replicator replicator() {
		return this.replicator;
	}

	SnapshotTaker snapshots() {
		return this.snapshots;
	}

	Maintenance maintenance() {
		return this.maintenance;
	}

	/** What the last validation found; null if there was none. */
	public @Nullable Finding lastFinding() {
		return this.lastFinding;
	}

	/** A validation has come to a verdict. */
	void decided(boolean ok) {
		this.undecided = false;
		this.lastFinding = new Finding(this.clock.instant(), ok);
	}

	/**
	 * A validation came to no verdict. The first one on schedule leaves what is known, as
	 * it is tried again soon.
	 */
	void undecided(Trigger trigger) {
		if (trigger == Trigger.REQUEST || this.undecided) {
			this.lastFinding = new Finding(this.clock.instant(), false);
		}
		this.undecided = true;
	}

}
