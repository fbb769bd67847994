package org.litestream4j;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.RestoreException.Kind;
import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.format.TransactionId;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.spi.ReplicaFormat;
import org.litestream4j.io.NewDirectories;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.GuardedListener;
import org.litestream4j.observe.LitestreamListener.Outcome;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.restore.PlanOutcome.Gap;
import org.litestream4j.restore.PlanOutcome.NoBackup;
import org.litestream4j.restore.PlanOutcome.Planned;
import org.litestream4j.restore.PlanOutcome;
import org.litestream4j.restore.Proposal;
import org.litestream4j.restore.RestoreLock;
import org.litestream4j.restore.RestoreOutput;
import org.litestream4j.restore.RestoreSource;
import org.litestream4j.restore.Restorer;

/**
 * Restores a database from its replicas, whether or not it is being replicated.
 * Thread-safe.
 * <p>
 * With several replicas and none named, all are asked, and the one with the newest state
 * that fits is taken. One that cannot be read fails the restore, as it could hold the
 * newest state: who knows better names another one. One that can be read but not be
 * restored from is passed over with a warning, if another one has its newest state too. A
 * replica that only has an older one is used when it is named, and never by itself.
 */
public final class LitestreamRestore {

	private static final Logger logger = LoggerFactory.getLogger(LitestreamRestore.class);

	private final String database;

	private final List<Replica> replicas;

	private final LitestreamListener listener;

	/**
	 * Creates a restore. Does no I/O.
	 * @param database names the database in logs and events
	 * @param replicas where backups may be
	 * @param listener hears of it
	 */
	public LitestreamRestore(String database, List<Replica> replicas, LitestreamListener listener) {
		this.database = database;
		this.replicas = List.copyOf(replicas);
		this.listener = GuardedListener.of(listener);
	}

	/**
	 * Restores to a file that does not exist yet, and is published whole. Missing
	 * directories above it are created. Interrupting the thread cancels the restore.
	 * @param request what to restore, and where to
	 * @param progress hears how far it is, and may end it
	 * @return what was restored, and from which replica
	 * @throws RestoreException if it cannot be done; its kind says why
	 * @throws IOException if a replica cannot be read
	 * @throws IllegalArgumentException if the request names a replica that is not there
	 */
	public RestoreReport restore(RestoreRequest request, RestoreProgress progress) throws IOException {
		return restore(request, RestoreOutput.newFile(request.outputPath()), choose(request), progress);
	}

	/**
	 * As {@link #restore(RestoreRequest, RestoreProgress)}, without being asked how far
	 * it is.
	 * @param request what to restore, and where to
	 * @return what was restored, and from which replica
	 * @throws IOException as {@link #restore(RestoreRequest, RestoreProgress)} has it
	 */
	public RestoreReport restore(RestoreRequest request) throws IOException {
		return restore(request, RestoreProgress.NONE);
	}

	/**
	 * Says what {@link #restore(RestoreRequest, RestoreProgress)} would do, and writes
	 * nothing. Does not look at the output path.
	 * @param request what would be restored
	 * @return the plan, as far as listings tell
	 * @throws RestoreException if nothing can be planned; its kind says why
	 * @throws IOException if a replica cannot be read
	 * @throws IllegalArgumentException if the request names a replica that is not there
	 */
	public PlannedRestore plan(RestoreRequest request) throws IOException {
		return plan(request.target(), request.replica());
	}

	/**
	 * Says what a restore of a state would do, from the replica that has the newest state
	 * that fits, and writes nothing.
	 * @param target the state that would be restored
	 * @return the plan, as far as listings tell
	 * @throws RestoreException if nothing can be planned; its kind says why
	 * @throws IOException if a replica cannot be read
	 */
	public PlannedRestore plan(RestoreTarget target) throws IOException {
		return plan(target, null);
	}

	private PlannedRestore plan(RestoreTarget target, @Nullable String replica) throws IOException {
		return firstThatCanBePlanned(choose(target, replica)).proposal().describe();
	}

	/**
	 * Restores a database that is missing, is zero bytes, or was created and never used,
	 * before anything opens it. A left-over {@code -wal}, {@code -shm} or
	 * {@code -journal}, and the empty file, are moved aside first, with a name that says
	 * so. A symbolic link in place of the database stays, and what it leads to is
	 * restored.
	 * @param request what to restore; its output path is the database
	 * @param progress hears how far it is, and may end it
	 * @return empty if the database is there, or if no replica has any backup
	 * @throws IOException if a replica cannot be read or the backup cannot be restored:
	 * the application must then not start on an empty database
	 */
	public Optional<RestoreReport> restoreIfMissing(RestoreRequest request, RestoreProgress progress)
			throws IOException {
		Path path = RestoreOutput.followLinks(request.outputPath().toAbsolutePath().normalize());
		if (!RestoreOutput.isMissing(path)) {
			return Optional.empty();
		}
		// SQLite needs the directory anyway; and a file replica that belongs into it too
		// is then known from one whose disk is not mounted
		NewDirectories parents = NewDirectories.create(SystemDisk.ownerOnly(), parent(path));
		try (RestoreLock lock = RestoreLock.acquire(path, progress)) {
			logger.trace("{} is held", lock);
			return RestoreOutput.isMissing(path) ? restoreMissing(path, request, lock.ending(progress))
					: Optional.empty();
		}
		catch (IOException | RuntimeException ex) {
			parents.removeEmpty();
			throw ex;
		}
	}

	private Optional<RestoreReport> restoreMissing(Path path, RestoreRequest request, RestoreProgress progress)
			throws IOException {
		List<Choice> choices;
		try {
			choices = choose(request);
		}
		catch (RestoreException ex) {
			if (ex.kind() != Kind.NO_BACKUP) {
				throw ex;
			}
			confirmNoBackup(request);
			logger.info("No backup of {} was found: it starts empty", this.database);
			return Optional.empty();
		}
		return Optional.of(restore(request, RestoreOutput.missingDatabase(path), choices, progress));
	}

	/**
	 * Asks again: an application that starts empty because of one wrong answer ends the
	 * good backup's life.
	 * @throws IOException if a replica cannot be read, or holds something after all
	 */
	private void confirmNoBackup(RestoreRequest request) throws IOException {
		for (Replica replica : candidates(request.replica())) {
			boolean holds = read(replica, request.replica(), () -> observed(replica).holdsBackupAfterAll());
			if (holds) {
				throw new IOException(
						"Replica '%s' of %s answers sometimes with a backup, sometimes without: find out what is between the two, and start again"
							.formatted(replica.name(), this.database));
			}
		}
	}

	private static Path parent(Path path) {
		return Objects.requireNonNull(path.getParent(), "an absolute file without a parent");
	}

	/**
	 * Replicas that hold what is wanted, the one with the newest state first; never none.
	 * Those are among them from which it cannot be restored, so that an older state does
	 * not take its place.
	 */
	private List<Choice> choose(RestoreRequest request) throws IOException {
		return choose(request.target(), request.replica());
	}

	private List<Choice> choose(RestoreTarget target, @Nullable String name) throws IOException {
		List<Choice> choices = new ArrayList<>();
		RestoreException failure = null;
		for (Replica replica : candidates(name)) {
			Restorer restorer = new Restorer(this.database, replica.name(), observed(replica));
			Proposal proposal = read(replica, name, () -> restorer.plan(target));
			PlanOutcome outcome = proposal.outcome();
			if (outcome instanceof Planned planned) {
				insert(choices, new Choice(replica, restorer, proposal, planned.plan().lastStart(),
						planned.plan().createdAt()));
			}
			else if (outcome instanceof Gap gap) {
				insert(choices, new Choice(replica, restorer, proposal, gap.newest(), gap.createdAt()));
			}
			else if (!(outcome instanceof NoBackup)) {
				RestoreException found = Restorer.failure(outcome);
				failure = (failure != null) ? failure : found;
				logger.warn("Replica {} of {} cannot be restored from: {}", replica.name(), this.database,
						found.getMessage());
			}
		}
		if (!choices.isEmpty()) {
			return choices;
		}
		throw (failure != null) ? failure : Restorer.failure(new NoBackup());
	}

	/** Before what is not newer: of equals, the one that was configured first. */
	private static void insert(List<Choice> choices, Choice choice) throws IOException {
		int at = choices.size();
		while (at > 0 && choice.isNewerThan(choices.get(at - 1))) {
			at--;
		}
		choices.add(at, choice);
	}

	private static Choice firstThatCanBePlanned(List<Choice> choices) throws IOException {
		Choice newest = choices.get(0);
		for (Choice choice : choices) {
			if (choice.proposal().isPlanned() && !newest.isKnownToReachPast(choice)) {
				return choice;
			}
		}
		throw Restorer.failure(newest.proposal().outcome());
	}

	private List<Replica> candidates(@Nullable String name) {
		if (name == null) {
			return this.replicas;
		}
		List<Replica> named = this.replicas.stream().filter((replica) -> replica.name().equals(name)).toList();
		if (named.isEmpty()) {
			throw new IllegalArgumentException("There is no replica '%s': one of %s is expected".formatted(name,
					this.replicas.stream().map(Replica::name).toList()));
		}
		return named;
	}

	private <T> T read(Replica replica, @Nullable String name, Reading<T> reading) throws IOException {
		try {
			return reading.read();
		}
		catch (IOException ex) {
			String hint = (name == null && this.replicas.size() > 1)
					? "; it may hold the newest state: name another replica to restore without it" : "";
			throw new IOException("Replica '%s' of %s cannot be read: %s%s".formatted(replica.name(), this.database,
					ex.getMessage(), hint), ex);
		}
	}

	private RestoreReport restore(RestoreRequest request, RestoreOutput output, List<Choice> choices,
			RestoreProgress progress) throws IOException {
		Choice newest = choices.get(0);
		RestoreException failure = null;
		for (Choice choice : choices) {
			if (failure != null && !choice.mayReach(newest)) {
				continue; // an older state
			}
			try {
				choice.proposal().requirePlan();
				return restore(request, output, choice, (failure != null) ? newest.inWal() : null, progress);
			}
			catch (RestoreException ex) {
				if (failure == null && ex.kind() != Kind.DAMAGED && ex.kind() != Kind.CHECK_FAILED) {
					throw ex;
				}
				if (ex.kind() == Kind.CANCELLED || ex.kind() == Kind.OUTPUT_EXISTS) {
					throw ex;
				}
				logger.warn("Replica {} of {} cannot be restored from: {}", choice.replica().name(), this.database,
						ex.getMessage());
				if (failure == null) {
					failure = ex;
				}
				else {
					failure.addSuppressed(ex);
				}
			}
		}
		throw refused(Objects.requireNonNull(failure), newest, choices);
	}

	/** Names the replicas from which something else could be restored. */
	private static RestoreException refused(RestoreException failure, Choice newest, List<Choice> choices) {
		String others = choices.stream()
			.skip(1)
			.filter((choice) -> choice.proposal().isPlanned())
			.map((choice) -> "'%s'".formatted(choice.replica().name()))
			.collect(Collectors.joining(", "));
		return others.isEmpty() ? failure : new RestoreException(failure.kind(),
				"Replica '%s' has the newest state: %s; the replicas %s have none as new, and are restored from when one is named"
					.formatted(newest.replica().name(), failure.getMessage(), others),
				failure);
	}

	private RestoreReport restore(RestoreRequest request, RestoreOutput output, Choice choice,
			@Nullable WalPosition beyond, RestoreProgress progress) throws IOException {
		long startedAt = System.nanoTime();
		long bytes = 0;
		Outcome outcome = Outcome.ERROR;
		try {
			RestoreReport report = choice.restorer()
				.restore(choice.proposal(), beyond, output, request.options(), progress,
						SystemDisk.likeFile(output.path()));
			bytes = report.bytes();
			outcome = Outcome.SUCCESS;
			return report;
		}
		finally {
			this.listener.restored(this.database, choice.replica().name(), bytes,
					Duration.ofNanos(System.nanoTime() - startedAt), outcome);
		}
	}

	private RestoreSource observed(Replica replica) {
		ReplicaFormat format = ReplicaFormats.of(replica);
		return ReplicaFormats.source(format.observe(replica.store(), this.database, replica.name(), this.listener));
	}

	/**
	 * A replica that holds what is wanted.
	 *
	 * @param proposal a plan, or why there is none
	 * @param newest where the newest segment begins
	 * @param createdAt when the newest object was stored
	 */
	private record Choice(Replica replica, Restorer restorer, Proposal proposal, ReplicaPosition newest,
			Instant createdAt) {

		@Nullable WalPosition inWal() {
			return (this.newest instanceof WalPosition position) ? position : null;
		}

		/**
		 * Whether positions tell which state is the newer one: within one generation,
		 * whose segments all replicas have alike. Transactions are numbered by each LTX
		 * replica for itself.
		 */
		boolean hasOrderWith(Choice other) {
			return this.newest instanceof WalPosition one && other.newest instanceof WalPosition another
					&& one.generation().equals(another.generation());
		}

		/**
		 * Whether it may have the state of another one. Of transactions without a common
		 * order the time of the newest commit tells, which is the same in all replicas.
		 */
		boolean mayReach(Choice other) throws IOException {
			return hasOrderWith(other) || (this.newest instanceof TransactionId && other.newest instanceof TransactionId
					&& !other.newestCommit().isAfter(newestCommit()));
		}

		private boolean isAfter(Choice other) {
			return this.newest instanceof WalPosition one && other.newest instanceof WalPosition another
					&& one.isAfter(another);
		}

		/**
		 * Whether the state is newer than another's. Within one generation the position
		 * decides, as replicas store the same segment at different times.
		 */
		boolean isNewerThan(Choice other) throws IOException {
			return hasOrderWith(other) ? isAfter(other) : newestCommit().isAfter(other.newestCommit());
		}

		private Instant newestCommit() throws IOException {
			return this.proposal.isPlanned() ? this.restorer.newestCommit(this.proposal.requirePlan()) : this.createdAt;
		}

		/**
		 * Whether another state is certainly older, as far as names say: these do not say
		 * where the newest segment ends.
		 */
		boolean isKnownToReachPast(Choice other) throws IOException {
			return !equals(other) && (!other.mayReach(this) || isAfter(other));
		}

	}

	private interface Reading<T> {

		T read() throws IOException;

	}

}
