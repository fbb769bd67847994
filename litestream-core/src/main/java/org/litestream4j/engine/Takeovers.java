package org.litestream4j.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.BringBack;
import org.litestream4j.DivergenceException;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.LitestreamRestore;
import org.litestream4j.OnDivergence;
import org.litestream4j.Replica;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreRequest;
import org.litestream4j.format.Generation;
import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.format.TransactionId;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.spi.ReplicaFormat;
import org.litestream4j.io.Disk;
import org.litestream4j.io.OnFailure;
import org.litestream4j.lease.LeaseKeeper;
import org.litestream4j.lease.ReplicaHeldException;
import org.litestream4j.lease.Run;
import org.litestream4j.lease.Takeover;
import org.litestream4j.live.Continuation;
import org.litestream4j.live.LocalLog;
import org.litestream4j.live.WalShadower;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.replication.ReplicaNotes;
import org.litestream4j.replication.ReplicaOwner;
import org.litestream4j.restore.RestoreLock;
import org.litestream4j.restore.RestoreOutput;

/**
 * What a start does before the database is opened: it takes all replicas over, finds out
 * whether the local files are what these hold, and settles with which numbers the run
 * begins. Nothing is written to a replica before, but its lock file and fences; nothing
 * local is changed but in the meta directory, whose lock is held.
 * <p>
 * A replica that cannot be reached keeps no application from starting: it is taken over
 * when it is back, by whoever ships to it. Every run moves its numbers on so that there
 * is room for that.
 */
final class Takeovers {

	private static final Logger logger = LoggerFactory.getLogger(Takeovers.class);

	/** What two fences take. */
	private static final int ROOM = 2;

	private final LitestreamOptions options;

	private final LitestreamListener listener;

	private final Disk disk;

	private final LocalLog local;

	/** Where the database itself is, whatever link leads there. */
	private final Path database;

	private final Map<String, ReplicaClaim> claims = new LinkedHashMap<>();

	/** That the local files are not what a replica holds, and that one of them wins. */
	private @Nullable String diverged;

	/** Replicas that the local files are not: these may win. */
	private final Set<String> winners = new HashSet<>();

	/** Why a replica cannot be gone on with, though nobody else wrote there. */
	private @Nullable String broken;

	private boolean missing;

	/**
	 * Whether an earlier run ended before anything was known of the database: within a
	 * restore, perhaps, since when others may have gone on. Without any earlier run it is
	 * a database that was put here by people.
	 */
	private boolean cutShort;

	private Takeovers(LitestreamOptions options, LitestreamListener listener, Disk disk, LocalLog local)
			throws IOException {
		this.options = options;
		this.listener = listener;
		this.disk = disk;
		this.local = local;
		this.database = RestoreOutput.followLinks(options.database());
	}

	/**
	 * Takes the replicas over.
	 * @param replicas their stores observed
	 * @param disk changes the meta directory, which exists, and whose lock is held
	 * @throws DivergenceException if the local files are not what a replica holds, and
	 * people have to decide
	 * @throws org.litestream4j.lease.ReplicaHeldException if a replica belongs to
	 * somebody who is alive
	 * @throws IOException if the meta directory cannot be read or written
	 */
	static Takeovers begin(LitestreamOptions options, List<Replica> replicas, LitestreamListener listener, Disk disk)
			throws IOException {
		LocalLog local = LocalLog.read(disk, options.metaDirectory());
		List<String> before = local.runs();
		Run run = Run.begin(Owner.name());
		local.beginRun(run.id());
		Takeovers takeovers = new Takeovers(options, listener, disk, local);
		takeovers.cutShort = !before.isEmpty() && local.generation().isEmpty();
		takeovers.missing = RestoreOutput.isMissing(takeovers.database);
		for (Replica replica : replicas) {
			ReplicaNotes notes = ReplicaNotes.of(disk, options.metaDirectory(), replica.name(), replica.store().url(),
					run.id());
			takeovers.claims.put(replica.name(),
					new ReplicaClaim(options, replica, listener, run, before, notes, takeovers::check));
		}
		boolean taken = false;
		try {
			ReplicaClaim.takeAll(options.name(), List.copyOf(takeovers.claims.values()));
			takeovers.settle();
			taken = true;
			return takeovers;
		}
		finally {
			if (!taken) {
				takeovers.release();
			}
		}
	}

	/** Whose each replica is, once it is known with what the database goes on. */
	ReplicaOwner owner(String replica) {
		ReplicaOwner owner = claim(replica).owner();
		owner.inherits(this.local.generation().orElse(null));
		return owner;
	}

	/** What is kept of each replica for the next start. */
	ReplicaNotes notes(String replica) {
		return claim(replica).notes();
	}

	/** In which format each replica is written. */
	ReplicaFormat format(String replica) {
		return claim(replica).format();
	}

	/** What finds those who wait for a replica; null if nobody is to be found. */
	@Nullable LeaseKeeper keeper(String replica) {
		return claim(replica).keeper();
	}

	private ReplicaClaim claim(String replica) {
		return Objects.requireNonNull(this.claims.get(replica));
	}

	/**
	 * Holds the local copy against a replica, before anything is written to it.
	 * @throws DivergenceException if people have to decide
	 */
	private void check(ReplicaClaim.Found found, ReplicaNotes notes) throws IOException {
		if (this.missing) {
			return;
		}
		Generation generation = this.local.generation().orElse(null);
		if (generation == null && this.cutShort && found.writerRun() != null && !found.isOurs()) {
			diverged(DivergenceException.Kind.DIFFERENT, found,
					"was last written elsewhere, while nothing here tells what state the database is");
			return;
		}
		if (generation == null) {
			logger.warn("Database '{}': nothing is known of how {} compares to what replica '{}' holds up to {}: a new"
					+ " generation begins with the database as it is, and the one that is there stays until retention"
					+ " deletes it", this.options.name(), this.options.database(), found.replica(), found.dataEnd());
			return;
		}
		if (generation.equals(found.generation())) {
			notes.lostBy(found.dataEnd())
				.ifPresent((lost) -> beginAnew(
						"replica '%s' cannot be gone on with: %s".formatted(found.replica(), lost)));
		}
		Continuation continuation = this.local.continuationOf(found.dataEnd(), found.writerRun());
		Optional<Divergence> divergence = Divergence.between(generation, found, continuation);
		if (divergence.isPresent() && !isOurLoss(found, continuation)) {
			diverged(divergence.get().kind(), found, divergence.get().detail());
		}
	}

	/** Whether the end of the copy, or all of it, was lost here, with nobody's doing. */
	private boolean isOurLoss(ReplicaClaim.Found found, Continuation continuation) throws IOException {
		if (!found.isOurs() || !(continuation instanceof Continuation.Behind behind)) {
			return false;
		}
		if (this.local.isInLiveWal(behind.position(), this.options.database())) {
			return true; // a power cut took the end of the copy
		}
		if (this.local.indexes().isEmpty()) {
			beginAnew("the local copy of the WAL is gone, which alone could show what replica '%s' lacks"
				.formatted(found.replica()));
			return true;
		}
		return false;
	}

	private synchronized void beginAnew(String reason) {
		if (this.broken == null) {
			this.broken = reason;
		}
	}

	private synchronized void diverged(DivergenceException.Kind kind, ReplicaClaim.Found found, String detail)
			throws DivergenceException {
		String message = message(found, detail);
		if (this.options.onDivergence() == OnDivergence.FAIL) {
			throw new DivergenceException(kind, message, found.replica(), this.local.end().orElse(null),
					found.dataEnd());
		}
		this.winners.add(found.replica());
		if (this.diverged == null) {
			this.diverged = message;
		}
	}

	private String message(ReplicaClaim.Found found, String detail) {
		String here = this.local.end().map(WalPosition::toString).orElse("no known position");
		return "replica '%s' and the local database %s are not the same: the replica ends at %s, written %s; the local copy ends at %s, and the replica %s"
			.formatted(found.replica(), this.options.database(), found.dataEnd(), found.written(), here, detail);
	}

	/** Decides about the local files, once everything is known. */
	private void settle() throws IOException {
		if (this.diverged != null && this.options.onDivergence() == OnDivergence.RESTORE) {
			logger.warn("Database '{}': {}; the local files are moved aside, and the replica is restored",
					this.options.name(), this.diverged);
			this.missing = true;
			this.diverged = null;
			restored(whileOwned(this::restoreInPlace));
			return;
		}
		if (this.diverged != null) {
			logger.warn("Database '{}': {}; a new generation begins with the local database, and the replica's stays",
					this.options.name(), this.diverged);
			this.local.leave(GenerationReason.REPLICA_DIVERGED, this.diverged);
			return;
		}
		if (this.broken != null && !this.missing) {
			this.local.leave(GenerationReason.REPLICA_DIVERGED, this.broken);
			return;
		}
		WalPosition end = this.local.end().orElse(null);
		if (end != null && !this.missing && this.claims.values().stream().anyMatch(ReplicaClaim::isFencing)) {
			List<Integer> indexes = this.local.indexes();
			this.local.renumber(indexes.isEmpty() ? end.index() : indexes.get(0), room());
			this.claims.values().forEach((claim) -> claim.notes().renumbered());
		}
		if (end != null && !this.missing) {
			keepWriters();
		}
	}

	/**
	 * However often this application starts without a commit, and however long a replica
	 * is away.
	 */
	private void keepWriters() throws IOException {
		Set<String> writers = new HashSet<>();
		boolean all = true;
		for (ReplicaClaim claim : this.claims.values()) {
			claim.found().ifPresent((found) -> claim.notes().endWrittenBy(found.writerRun()));
			Set<String> known = claim.notes().writers();
			all = all && (claim.isTaken() || !known.isEmpty());
			writers.addAll(known);
		}
		this.local.keepKnown(writers, all);
	}

	/** How far the numbers must be moved on, so that each replica's chain goes on. */
	private int room() {
		return this.claims.values().stream().mapToInt(this::room).reduce(ROOM, Math::max);
	}

	private int room(ReplicaClaim claim) {
		Takeover.Owned owned = claim.owned().orElse(null);
		ReplicaClaim.Found found = claim.found().orElse(null);
		if (owned == null || found == null) {
			return ROOM;
		}
		return this.local.continuationOf(found.dataEnd(), found.writerRun())
			.found()
			.map((at) -> owned.next().index() - at.position().index())
			.orElse(ROOM);
	}

	/**
	 * Nothing is moved before what takes its place is there: an application must not find
	 * an empty place after a restore that has failed, or was cut short.
	 */
	private RestoreReport restoreInPlace() throws IOException {
		List<Replica> replicas = this.claims.values()
			.stream()
			.map(ReplicaClaim::replica)
			.filter((replica) -> this.winners.contains(replica.name()))
			.toList();
		Path draft = this.database.resolveSibling(".%s.of-replica".formatted(this.database.getFileName()));
		this.disk.deleteIfExists(draft); // of a start that was cut short
		RestoreReport report = new LitestreamRestore(this.options.name(), replicas, this.listener)
			.restore(RestoreRequest.latest(draft).withOptions(this.options.restore()), new UntilLost());
		try (OnFailure undo = OnFailure.run(() -> this.disk.deleteIfExists(draft))) {
			requireStill();
			DivergedFiles.moveAside(this.database, this.disk);
			undo.keep(); // from here on it is all that is in the database's place
		}
		this.disk.moveToNew(draft, this.database);
		return report;
	}

	/**
	 * Notes that the database was restored: it goes on in its generation if it is all
	 * that a replica holds of that, so that no snapshot is needed.
	 */
	private void restored(RestoreReport report) throws IOException {
		ReplicaClaim claim = claim(report.replica());
		Takeover.Owned owned = claim.owned().orElse(null);
		ReplicaClaim.Found found = claim.found().orElse(null);
		if (owned != null && found != null && isAll(report.position(), owned, found)) {
			this.local.adopt(found.dataEnd(), found.writerRun(), nextIndex(owned.log().generation()),
					this.options.database());
		}
		else {
			this.local.leave(GenerationReason.NO_LOCAL_STATE,
					"the database was restored to %s, which is not all that replica '%s' holds"
						.formatted(report.position(), report.replica()));
		}
	}

	/**
	 * Whether a position is where the data of a replica ends, before or in its fences.
	 */
	private static boolean isAll(ReplicaPosition end, Takeover.Owned owned, ReplicaClaim.Found found) {
		if (end instanceof TransactionId reached) {
			return found.chain().restoredAs() instanceof TransactionId last && reached.compareTo(last) >= 0;
		}
		return end instanceof WalPosition position && position.generation().equals(owned.log().generation())
				&& !found.dataEnd().isAfter(position) && position.index() < owned.next().index();
	}

	private int nextIndex(Generation generation) {
		return this.claims.values()
			.stream()
			.flatMap((claim) -> claim.owned().stream())
			.filter((owned) -> owned.log().generation().equals(generation))
			.mapToInt((owned) -> owned.next().index())
			.max()
			.orElseThrow();
	}

	/** Restores the database, if it is missing and should be. */
	void bringBack(BringBack bringBack) throws IOException {
		if (this.missing && this.claims.values().stream().noneMatch((claim) -> claim.owned().isPresent())) {
			for (ReplicaClaim claim : this.claims.values()) {
				claim.takeAgain();
			}
		}
		Optional<RestoreReport> report = whileOwned(
				() -> RestoreLock.whileStarting(this.database, new UntilLost(), bringBack::bringBack));
		if (report.isPresent()) {
			restored(report.get());
		}
	}

	/**
	 * Does what may take long. Whatever comes of it counts for nothing once somebody else
	 * has taken a replica over, who may have written to it since.
	 */
	private <T> T whileOwned(RestoreLock.Work<T> work) throws IOException {
		T result;
		try {
			result = work.run();
		}
		catch (IOException | RuntimeException ex) {
			requireNoneLost(ex);
			throw ex;
		}
		requireNoneLost(null);
		return result;
	}

	private void requireNoneLost(@Nullable Throwable instead) throws ReplicaHeldException {
		for (ReplicaClaim claim : this.claims.values()) {
			if (claim.isLost()) {
				ReplicaHeldException lost = claim.lost();
				if (instead != null) {
					lost.addSuppressed(instead);
				}
				throw lost;
			}
		}
	}

	/** Asks each replica whether it is this start's still. */
	private void requireStill() throws ReplicaHeldException {
		for (ReplicaClaim claim : this.claims.values()) {
			claim.requireStill();
		}
	}

	/** Ends a restore as soon as it is known that it is in vain. */
	private final class UntilLost implements RestoreProgress, RestoreLock.Starting {

		@Override
		public void advanced(long done, long total) {
			// is logged anyway
		}

		@Override
		public boolean isCancelled() {
			return Takeovers.this.claims.values().stream().anyMatch(ReplicaClaim::isLost);
		}

		@Override
		public void requireWanted() throws IOException {
			requireStill();
		}

	}

	/** What the database goes on with, once it is open. */
	void opened(WalShadower shadower) {
		this.claims.values().forEach((claim) -> claim.opened(shadower.shadowWal()));
	}

	/** The engine runs, and keeps the replicas itself. */
	void begun() {
		this.claims.values().forEach(ReplicaClaim::begun);
	}

	/** Hands over what was taken, as the start has failed. Never throws. */
	void release() {
		this.claims.values().forEach(ReplicaClaim::release);
	}

}
