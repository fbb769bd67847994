package org.litestream4j.restore;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreException;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.Disk;
import org.litestream4j.restore.PlanOutcome.Gap;
import org.litestream4j.restore.PlanOutcome.NoSuchState;
import org.litestream4j.restore.PlanOutcome.Planned;
import org.litestream4j.store.StoredObject;

/**
 * Restores a state from one replica. Either the whole database appears at the output
 * path, verified and forced, or nothing is left behind. Thread-safe.
 */
public final class Restorer {

	private static final Logger logger = LoggerFactory.getLogger(Restorer.class);

	/**
	 * How often a plan is made when its objects disappear or are others. The last time
	 * whatever is there is taken, as a listing may lag.
	 */
	private static final int MAX_PLANS = 4;

	private static final Duration PAUSE = Duration.ofMillis(200);

	private final String database;

	private final String replica;

	private final RestoreSource source;

	/** For what goes as it should. */
	private final Level level;

	/**
	 * Creates a restorer. Does no I/O.
	 * @param database names the database in logs
	 * @param replica names the replica in logs
	 * @param source reads the replica
	 */
	public Restorer(String database, String replica, RestoreSource source) {
		this(database, replica, source, Level.INFO);
	}

	private Restorer(String database, String replica, RestoreSource source, Level level) {
		this.database = database;
		this.replica = replica;
		this.source = source;
		this.level = level;
	}

	/** A restorer whose restores are part of something else, and not said in the log. */
	public static Restorer quiet(String database, String replica, RestoreSource source) {
		return new Restorer(database, replica, source, Level.DEBUG);
	}

	/**
	 * Plans a restore from the replica's listings.
	 * @param target which state
	 * @return the plan, or why there is none
	 * @throws IOException if the listings cannot be read
	 */
	public Proposal plan(RestoreTarget target) throws IOException {
		return plan(target, Set.of());
	}

	/** Lists twice if something is missing: retention deletes while we list. */
	private Proposal plan(RestoreTarget target, Set<StoredObject> unusable) throws IOException {
		Proposal proposal = list(target, unusable);
		return (proposal.outcome() instanceof Gap) ? list(target, unusable) : proposal;
	}

	private Proposal list(RestoreTarget target, Set<StoredObject> unusable) throws IOException {
		ReplicaCatalogue catalogue = this.source.catalogue(target);
		return new Proposal(this.replica, target, catalogue, catalogue.plan(target, unusable));
	}

	/**
	 * Plans a restore and carries it out: as
	 * {@link #restore(Proposal, RestoreOutput, RestoreOptions, RestoreProgress, Disk)}.
	 * @param target which state
	 */
	public RestoreReport restore(RestoreTarget target, RestoreOutput output, RestoreOptions options,
			RestoreProgress progress, Disk disk) throws IOException {
		output.requireFree();
		return restore(plan(target), output, options, progress, disk);
	}

	/**
	 * Carries out a plan. Where the replica has changed since, so that an object of it is
	 * gone or another one, the same state is planned anew, and the log says so.
	 * @param proposal what this restorer planned
	 * @param output where to; must be free
	 * @param options how
	 * @param progress hears of it, and may end it; so does an interrupt of this thread
	 * @param disk writes, with the permissions that the file is to have
	 * @return what was made
	 * @throws RestoreException if it cannot be done; its kind says why
	 * @throws IOException if the replica cannot be read or the file not written
	 */
	public RestoreReport restore(Proposal proposal, RestoreOutput output, RestoreOptions options,
			RestoreProgress progress, Disk disk) throws IOException {
		return restore(proposal, null, output, options, progress, disk);
	}

	/**
	 * Carries out a plan for a state that takes the place of one that cannot be restored:
	 * as
	 * {@link #restore(Proposal, RestoreOutput, RestoreOptions, RestoreProgress, Disk)}.
	 * @param beyond the state must lie after it, or the restore fails, or null
	 */
	public RestoreReport restore(Proposal proposal, @Nullable WalPosition beyond, RestoreOutput output,
			RestoreOptions options, RestoreProgress progress, Disk disk) throws IOException {
		output.requireFree();
		RestoreTarget wanted = proposal.target();
		RestoreTarget target = (beyond != null) ? wanted.within(beyond.generation()) : wanted;
		Set<StoredObject> unusable = new HashSet<>();
		RestoreException firstFailure = null;
		Proposal current = proposal;
		for (int plans = 1;; plans++) {
			if (!(current.outcome() instanceof Planned planned)) {
				throw (firstFailure != null) ? firstFailure : failure(current.outcome());
			}
			try {
				RestoreMeter meter = new RestoreMeter(this.database, progress, planned.plan().storedBytes(),
						this.level);
				return run(
						new RestoreRun(planned.plan(), current.catalogue(), options, meter, beyond, plans < MAX_PLANS),
						planned.plan(), output, disk);
			}
			catch (UnusableSnapshotException ex) {
				firstFailure = (firstFailure != null) ? firstFailure : ex;
				requireAnotherWay(ex, target);
				unusable.add(ex.snapshot());
				// another generation is another state
				target = planned.plan().within(target);
				logger.warn("{}; trying to do without it", ex.getMessage());
			}
			catch (ObjectGoneException ex) {
				if (plans >= MAX_PLANS) {
					throw new RestoreException(Kind.DAMAGED,
							"%s, though it is listed: check the replica, and try again".formatted(ex.getMessage()), ex);
				}
				logger.atLevel(this.level).log("{}, planning again", ex.getMessage());
				pause();
			}
			current = plan(target, unusable);
		}
	}

	/**
	 * An older snapshot and more WAL make the same bytes. But who compares an exact
	 * position wants to know that an object is damaged.
	 */
	private static void requireAnotherWay(UnusableSnapshotException failure, RestoreTarget target)
			throws RestoreException {
		if (target.offset() != null && failure.kind() == Kind.DAMAGED) {
			throw failure;
		}
	}

	private RestoreReport run(RestoreRun run, RestorePlan plan, RestoreOutput output, Disk disk) throws IOException {
		if (plan.note() != null) {
			logger.warn("{}", plan.note());
		}
		logger.atLevel(this.level)
			.log("Restoring {} from replica {}: {}, {}", this.database, this.replica, plan.describe(),
					RestoreMeter.megabytes(plan.storedBytes()));
		RestoreReport restored = run.run(this.replica, disk, output);
		logger.atLevel(this.level)
			.log("Restored {} from replica {} to {}: {} as of {}, stored at {}, in {} ms", this.database, this.replica,
					output.path(), RestoreMeter.megabytes(restored.bytes()), restored.position(), restored.createdAt(),
					restored.duration().toMillis());
		return restored;
	}

	/** The error for an outcome that is not a plan. */
	public static RestoreException failure(PlanOutcome outcome) {
		if (outcome instanceof NoSuchState noSuchState) {
			return new RestoreException(Kind.NO_SUCH_STATE, noSuchState.message());
		}
		if (outcome instanceof Gap gap) {
			return new RestoreException(Kind.DAMAGED, gap.message());
		}
		return new RestoreException(Kind.NO_BACKUP, "The replica holds no backup");
	}

	/** As {@link RestoreSource#newestCommit}. */
	public Instant newestCommit(RestorePlan plan) throws IOException {
		return this.source.newestCommit(plan);
	}

	private static void pause() throws RestoreException {
		try {
			TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw RestoreMeter.cancelled();
		}
	}

}
