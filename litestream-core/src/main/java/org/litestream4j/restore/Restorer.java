package org.litestream4j.restore;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.io.Disk;
import org.litestream4j.replica.ReplicaClient;
import org.litestream4j.restore.PlanOutcome.Gap;
import org.litestream4j.restore.PlanOutcome.NoSuchState;
import org.litestream4j.restore.PlanOutcome.Planned;
import org.litestream4j.restore.PlanOutcome.Unreadable;
import org.litestream4j.restore.RestoreException.Kind;

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

	/** How long a listing is as good as a new one. */
	private static final Duration FRESH = Duration.ofSeconds(10);

	private final String database;

	private final String replica;

	private final ReplicaClient client;

	/** Of what goes as it should. */
	private final Level level;

	/** What {@link #plan} listed, for a restore that follows: listings are slow. */
	private final AtomicReference<@Nullable Listed> planned = new AtomicReference<>();

	/**
	 * Creates a restorer. Does no I/O.
	 * @param database names the database in logs
	 * @param replica names the replica in logs
	 * @param client reads the replica
	 */
	public Restorer(String database, String replica, ReplicaClient client) {
		this(database, replica, client, Level.INFO);
	}

	private Restorer(String database, String replica, ReplicaClient client, Level level) {
		this.database = database;
		this.replica = replica;
		this.client = client;
		this.level = level;
	}

	/** A restorer whose restores are part of something else, and not told in the log. */
	public static Restorer quiet(String database, String replica, ReplicaClient client) {
		return new Restorer(database, replica, client, Level.DEBUG);
	}

	/**
	 * Plans a restore from the replica's listings.
	 * @throws IOException if they cannot be read
	 */
	public PlanOutcome plan(RestoreTarget target) throws IOException {
		ReplicaListing listing = list(target, Set.of());
		this.planned.set(new Listed(target, listing, System.nanoTime()));
		return listing.plan(target, Set.of());
	}

	/** The listing that was just planned with, if there is one, else a new one. */
	private ReplicaListing listOnce(RestoreTarget target) throws IOException {
		Listed listed = this.planned.getAndSet(null);
		boolean fresh = listed != null && listed.target().equals(target)
				&& System.nanoTime() - listed.at() < FRESH.toNanos();
		return (listed != null && fresh) ? listed.listing() : list(target, Set.of());
	}

	/** Lists twice if something is missing: retention deletes while we list. */
	private ReplicaListing list(RestoreTarget target, Set<Snapshot> unusable) throws IOException {
		ReplicaListing listing = ReplicaListing.read(this.client, target);
		return (listing.plan(target, unusable) instanceof Gap) ? ReplicaListing.read(this.client, target) : listing;
	}

	/**
	 * Restores.
	 * @param output where to; must be free
	 * @param target which state
	 * @param options how
	 * @param progress hears of it, and may end it; so does an interrupt of this thread
	 * @param disk writes, with the permissions that the file shall have
	 * @return what was made
	 * @throws RestoreException if it cannot be done; its kind says why
	 * @throws IOException if the replica cannot be read or the file not written
	 */
	public RestoredFile restore(RestoreOutput output, RestoreTarget target, RestoreOptions options,
			RestoreProgress progress, Disk disk) throws IOException {
		return restore(output, target, null, options, progress, disk);
	}

	/**
	 * Restores a state that takes the place of one that cannot be had: as
	 * {@link #restore(RestoreOutput, RestoreTarget, RestoreOptions, RestoreProgress, Disk)}.
	 * @param beyond the state must lie behind it, or the restore fails, or null
	 */
	public RestoredFile restore(RestoreOutput output, RestoreTarget wanted, @Nullable WalPosition beyond,
			RestoreOptions options, RestoreProgress progress, Disk disk) throws IOException {
		output.requireFree();
		RestoreTarget target = (beyond != null) ? wanted.within(beyond.generation()) : wanted;
		Set<Snapshot> unusable = new HashSet<>();
		RestoreException firstFailure = null;
		for (int plans = 1;; plans++) {
			ReplicaListing listing = (plans == 1) ? listOnce(target) : list(target, unusable);
			if (!(listing.plan(target, unusable) instanceof Planned planned)) {
				throw (firstFailure != null) ? firstFailure : failure(listing.plan(target, unusable));
			}
			try {
				return run(new RestoreRun(planned.plan(), listing, this.client, options,
						meter(planned.plan(), progress), beyond, plans < MAX_PLANS), planned.plan(), output, disk);
			}
			catch (UnusableSnapshotException ex) {
				firstFailure = (firstFailure != null) ? firstFailure : ex;
				requireAnotherWay(ex, target);
				unusable.add(ex.snapshot());
				// another generation is another state
				target = target.within(ex.snapshot().generation());
				logger.warn("{}; trying an older snapshot", ex.getMessage());
			}
			catch (ObjectGoneException ex) {
				if (plans >= MAX_PLANS) {
					throw new RestoreException(Kind.DAMAGED,
							"%s, though it is listed: check the replica, and try again".formatted(ex.getMessage()), ex);
				}
				logger.atLevel(this.level).log("{}, planning again", ex.getMessage());
				pause();
			}
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

	private RestoreMeter meter(RestorePlan plan, RestoreProgress progress) {
		return new RestoreMeter(this.database, progress, plan.storedBytes(), this.level);
	}

	private RestoredFile run(RestoreRun run, RestorePlan plan, RestoreOutput output, Disk disk) throws IOException {
		if (plan.note() != null) {
			logger.warn("{}", plan.note());
		}
		logger.atLevel(this.level)
			.log("Restoring {} from replica {}: snapshot {} and {} WAL segments, {}", this.database, this.replica,
					plan.snapshot().objectName(), plan.segments().size(), RestoreMeter.megabytes(plan.storedBytes()));
		RestoredFile restored = run.run(disk, output);
		logger.atLevel(this.level)
			.log("Restored {} from replica {} to {}: {} as of {}, stored at {}, in {} ms", this.database, this.replica,
					output.path(), RestoreMeter.megabytes(restored.bytes()), restored.position(), restored.createdAt(),
					restored.duration().toMillis());
		return restored;
	}

	/** The error for an outcome that is no plan. */
	public static RestoreException failure(PlanOutcome outcome) {
		if (outcome instanceof NoSuchState noSuchState) {
			return new RestoreException(Kind.NO_SUCH_STATE, noSuchState.message());
		}
		if (outcome instanceof Unreadable unreadable) {
			return new RestoreException(Kind.NO_SUCH_STATE, unreadable.message());
		}
		if (outcome instanceof Gap gap) {
			return new RestoreException(Kind.DAMAGED, gap.message());
		}
		return new RestoreException(Kind.NO_BACKUP, "The replica holds no backup");
	}

	/**
	 * When the newest commit of a plan was seen, as far as the store knows: tells which
	 * of two generations is the newer one, also where one was copied. May cost a request.
	 */
	public Instant newestCommit(RestorePlan plan) throws IOException {
		List<WalSegment> segments = plan.segments();
		try {
			return segments.isEmpty() ? this.client.committedAt(plan.snapshot())
					: this.client.committedAt(segments.get(segments.size() - 1));
		}
		catch (NoSuchFileException ex) {
			return plan.createdAt(); // retention goes on
		}
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

	private record Listed(RestoreTarget target, ReplicaListing listing, long at) {
	}

}
