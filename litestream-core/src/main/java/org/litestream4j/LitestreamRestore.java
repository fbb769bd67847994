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

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.NewDirectories;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.Outcome;
import org.litestream4j.replica.ObservedReplicaClient;
import org.litestream4j.replica.ReplicaClient;
import org.litestream4j.restore.PlanOutcome;
import org.litestream4j.restore.PlanOutcome.Gap;
import org.litestream4j.restore.PlanOutcome.NoBackup;
import org.litestream4j.restore.PlanOutcome.Planned;
import org.litestream4j.restore.PlanOutcome.Unreadable;
import org.litestream4j.restore.RestoreException;
import org.litestream4j.restore.RestoreException.Kind;
import org.litestream4j.restore.RestoreLock;
import org.litestream4j.restore.RestoreOutput;
import org.litestream4j.restore.RestorePlan;
import org.litestream4j.restore.RestoreProgress;
import org.litestream4j.restore.RestoredFile;
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

	private static final int MAX_LINKS = 40;

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
		this.listener = listener;
	}

	/**
	 * Restores to a file that does not exist yet, and is published whole. Missing folders
	 * above it are created. Interrupting the thread cancels the restore.
	 * @throws org.litestream4j.restore.RestoreException if it cannot be done; its kind
	 * says why
	 * @throws IOException if a replica cannot be read
	 * @throws IllegalArgumentException if the request names a replica that is not there
	 */
	public RestoreReport restore(RestoreRequest request, RestoreProgress progress) throws IOException {
		return restore(request, RestoreOutput.newFile(request.outputPath()), choose(request), progress);
	}

	/**
	 * Says what {@link #restore} would do, and writes nothing. Does not look at the
	 * output path.
	 */
	public RestoreReport plan(RestoreRequest request) throws IOException {
		long startedAt = System.nanoTime();
		Choice choice = firstThatCanBePlanned(choose(request));
		RestorePlan plan = choice.planned();
		return new RestoreReport(request.outputPath().toAbsolutePath().normalize(), choice.replica().name(),
				plan.lastStart(), plan.createdAt(), null, null, Duration.ofNanos(System.nanoTime() - startedAt),
				plan.segments().size());
	}

	/**
	 * Restores a database that is missing, is zero bytes, or was created and never used,
	 * before anything opens it. A left-over {@code -wal}, {@code -shm} or
	 * {@code -journal}, and the empty file, are moved aside first, with a name that says
	 * so. A symbolic link in place of the database stays, and what it leads to is
	 * restored.
	 * @return empty if the database is there, or if no replica has any backup
	 * @throws IOException if a replica cannot be read or the backup cannot be restored:
	 * the application must then not start on an empty database
	 */
	public Optional<RestoreReport> restoreIfMissing(RestoreRequest request, RestoreProgress progress)
			throws IOException {
		Path path = followLinks(request.outputPath().toAbsolutePath().normalize());
		if (!RestoreOutput.isMissing(path)) {
			return Optional.empty();
		}
		// SQLite needs the directory anyway; and a file replica that belongs into it too
		// can
		// then be told from one whose disk is not mounted
		NewDirectories parents = NewDirectories.create(SystemDisk.ownerOnly(), parent(path));
		try (RestoreLock lock = RestoreLock.acquire(path, progress)) {
			logger.trace("{} is held", lock);
			return RestoreOutput.isMissing(path) ? restoreMissing(path, request, progress) : Optional.empty();
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
			List<Generation> generations = read(replica, request, () -> observed(replica).generationsAgain());
			if (!generations.isEmpty()) {
				throw new IOException(
						"Replica '%s' of %s answers now with a backup, now without: find out what is between the two, and start again"
							.formatted(replica.name(), this.database));
			}
		}
	}

	private static Path parent(Path path) {
		return Objects.requireNonNull(path.getParent(), "an absolute file without a parent");
	}

	private static Path followLinks(Path path) throws IOException {
		Path followed = path;
		for (int i = 0; Files.isSymbolicLink(followed); i++) {
			if (i == MAX_LINKS) {
				throw new IOException("%s is a symbolic link that leads in a circle".formatted(path));
			}
			followed = followed.resolveSibling(Files.readSymbolicLink(followed)).normalize();
		}
		return followed;
	}

	/**
	 * Replicas that hold what is wanted, the one with the newest state first; never none.
	 * Those are among them from which it cannot be restored, so that an older state does
	 * not take its place.
	 */
	private List<Choice> choose(RestoreRequest request) throws IOException {
		List<Choice> choices = new ArrayList<>();
		RestoreException failure = null;
		Unreadable newestUnreadable = null;
		for (Replica replica : candidates(request.replica())) {
			Restorer restorer = restorer(replica);
			PlanOutcome outcome = plan(replica, restorer, request);
			if (outcome instanceof Planned planned) {
				insert(choices,
						new Choice(replica, restorer, planned, planned.plan().lastStart(), planned.plan().createdAt()));
			}
			else if (outcome instanceof Gap gap) {
				insert(choices, new Choice(replica, restorer, gap, gap.newest(), gap.createdAt()));
			}
			else if (!(outcome instanceof NoBackup)) {
				newestUnreadable = newer(newestUnreadable, outcome);
				RestoreException found = Restorer.failure(outcome);
				failure = (failure != null) ? failure : found;
				logger.warn("Replica {} of {} cannot be restored from: {}", replica.name(), this.database,
						found.getMessage());
			}
		}
		if (newestUnreadable != null && !choices.isEmpty()
				&& newestUnreadable.storedAt().isAfter(choices.get(0).newestCommit())) {
			throw Restorer.failure(newestUnreadable);
		}
		if (!choices.isEmpty()) {
			return choices;
		}
		throw (failure != null) ? failure : Restorer.failure(new NoBackup());
	}

	private static @Nullable Unreadable newer(@Nullable Unreadable known, PlanOutcome outcome) {
		boolean isNewer = outcome instanceof Unreadable other
				&& (known == null || other.storedAt().isAfter(known.storedAt()));
		return isNewer ? (Unreadable) outcome : known;
	}

	/** Before what is not newer: of equals, the one that was configured first. */
	private static void insert(List<Choice> choices, Choice choice) throws IOException {
		int at = choices.size();
		while (at > 0 && choice.isNewerThan(choices.get(at - 1))) {
			at--;
		}
		choices.add(at, choice);
	}

	private static Choice firstThatCanBePlanned(List<Choice> choices) throws RestoreException {
		Choice newest = choices.get(0);
		for (Choice choice : choices) {
			if (choice.outcome() instanceof Planned && !newest.isKnownToReachBehind(choice)) {
				return choice;
			}
		}
		throw Restorer.failure(newest.outcome());
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

	private PlanOutcome plan(Replica replica, Restorer restorer, RestoreRequest request) throws IOException {
		return read(replica, request, () -> restorer.plan(request.target()));
	}

	private <T> T read(Replica replica, RestoreRequest request, Reading<T> reading) throws IOException {
		try {
			return reading.read();
		}
		catch (IOException ex) {
			String hint = (request.replica() == null && this.replicas.size() > 1)
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
			if (failure != null && !choice.generation().equals(newest.generation())) {
				continue; // an older state
			}
			try {
				choice.requirePlan();
				return restore(request, output, choice, (failure != null) ? newest.newest() : null, progress);
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
			.filter((choice) -> choice.outcome() instanceof Planned)
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
			RestoredFile restored = choice.restorer()
				.restore(output, request.target(), beyond, request.options(), progress,
						SystemDisk.likeFile(output.path()));
			bytes = restored.bytes();
			outcome = Outcome.SUCCESS;
			return new RestoreReport(output.path(), choice.replica().name(), restored.position(), restored.createdAt(),
					bytes, restored.sha256(), restored.duration(), restored.segments());
		}
		finally {
			tell(choice.replica(), bytes, Duration.ofNanos(System.nanoTime() - startedAt), outcome);
		}
	}

	private Restorer restorer(Replica replica) {
		return new Restorer(this.database, replica.name(), observed(replica));
	}

	private ReplicaClient observed(Replica replica) {
		return ObservedReplicaClient.observe(replica.client(), this.database, replica.name(), this.listener);
	}

	private void tell(Replica replica, long bytes, Duration duration, Outcome outcome) {
		try {
			this.listener.restored(this.database, replica.name(), bytes, duration, outcome);
		}
		catch (RuntimeException ex) {
			logger.warn("A listener failed on a restore of {}", this.database, ex);
		}
	}

	/**
	 * A replica that holds what is wanted.
	 *
	 * @param outcome a plan, or why there is none
	 * @param newest where the newest segment begins
	 * @param createdAt when the newest object was stored
	 */
	private record Choice(Replica replica, Restorer restorer, PlanOutcome outcome, WalPosition newest,
			Instant createdAt) {

		Generation generation() {
			return this.newest.generation();
		}

		RestorePlan planned() {
			return ((Planned) this.outcome).plan();
		}

		void requirePlan() throws RestoreException {
			if (!(this.outcome instanceof Planned)) {
				throw Restorer.failure(this.outcome);
			}
		}

		/**
		 * Whether the state is newer than another's. Within one generation the position
		 * decides, as replicas store the same segment at different times.
		 */
		boolean isNewerThan(Choice other) throws IOException {
			return generation().equals(other.generation()) ? this.newest.isAfter(other.newest)
					: newestCommit().isAfter(other.newestCommit());
		}

		private Instant newestCommit() throws IOException {
			return (this.outcome instanceof Planned) ? this.restorer.newestCommit(planned()) : this.createdAt;
		}

		/**
		 * Whether another state is certainly older, as far as names tell: these do not
		 * say where the newest segment ends.
		 */
		boolean isKnownToReachBehind(Choice other) {
			return !generation().equals(other.generation()) || this.newest.isAfter(other.newest);
		}

	}

	private interface Reading<T> {

		T read() throws IOException;

	}

}
