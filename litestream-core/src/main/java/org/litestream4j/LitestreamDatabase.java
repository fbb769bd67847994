package org.litestream4j;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.DatabaseStatus.ReplicaStatus;
import org.litestream4j.DatabaseStatus.State;
import org.litestream4j.NotReplicatedException.Reason;
import org.litestream4j.engine.DatabaseEngine;
import org.litestream4j.engine.Operations;
import org.litestream4j.engine.ReplicaFeed;
import org.litestream4j.format.Durations;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.GuardedListener;
import org.litestream4j.observe.LitestreamListener.CommitOutcome;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.replication.CommitWaits.Ending;
import org.litestream4j.replication.CommitWaits;
import org.litestream4j.restore.NewDatabaseFile;
import org.litestream4j.restore.RestoreOutput;

/**
 * One SQLite database that is being replicated. Thread-safe.
 */
public final class LitestreamDatabase implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(LitestreamDatabase.class);

	/** How long a running restore or validation gets to notice the stop and clean up. */
	private static final Duration OPERATIONS_STOP = Duration.ofSeconds(5);

	private static final CommitWaits.Result OVERDUE = new CommitWaits.Result(Ending.IMPOSSIBLE,
			"an earlier commit has waited in vain, and is not there yet");

	private final LitestreamOptions options;

	private final LitestreamListener listener;

	/** Another one after each {@link #resume()}. */
	private volatile DatabaseEngine engine;

	/** Paused or closed. */
	private volatile boolean stopped;

	private boolean closed;

	/** What a commit does while an earlier one is overdue. */
	public enum IfOverdue {

		/** It waits all the same. */
		WAIT,
		/** It does not, until the replicas have caught up with that. */
		GIVE_UP

	}

	private LitestreamDatabase(LitestreamOptions options, LitestreamListener listener, DatabaseEngine engine) {
		this.options = options;
		this.listener = listener;
		this.engine = engine;
	}

	/**
	 * Starts replicating. Must come before anything else opens the database: a connection
	 * opened and closed earlier deletes the WAL, and with it the proof that it continues
	 * what was replicated. Creates the database if it is missing.
	 * @param options which database, and how
	 * @param replicas where to; at least one
	 * @param listener hears of it
	 * @return the database, whose replication runs until it is paused or closed
	 * @throws IOException if the database cannot be replicated, with one sentence on why
	 */
	public static LitestreamDatabase start(LitestreamOptions options, List<Replica> replicas,
			LitestreamListener listener) throws IOException {
		return start(options, replicas, listener, BringBack.NOTHING);
	}

	/**
	 * As {@link #start(LitestreamOptions, List, LitestreamListener)}, but the database
	 * can be restored first: when nobody else writes to its replicas any more, and before
	 * it is opened. If that is all that a replica holds, its generation goes on without a
	 * snapshot.
	 * @param options which database, and how
	 * @param replicas where to; at least one
	 * @param listener hears of it
	 * @param bringBack restores the database if it is missing
	 * @return the database, whose replication runs until it is paused or closed
	 * @throws DivergenceException if the database is not what a replica holds, and
	 * {@link LitestreamOptions#onDivergence()} leaves it to people what to do
	 * @throws IOException if the database cannot be replicated, with one sentence on why
	 */
	public static LitestreamDatabase start(LitestreamOptions options, List<Replica> replicas,
			LitestreamListener listener, BringBack bringBack) throws IOException {
		LitestreamListener safe = GuardedListener.of(listener);
		return new LitestreamDatabase(options, safe, DatabaseEngine.start(options, replicas, safe, bringBack));
	}

	/**
	 * {@return the options it was started with}
	 */
	public LitestreamOptions options() {
		return this.options;
	}

	/**
	 * {@return the replicas it was started with, in their order}
	 */
	public List<Replica> replicas() {
		return this.engine.replicas();
	}

	/**
	 * Says that a transaction may have been committed. Call it after {@code commit()}, or
	 * an autocommit statement, has returned. Costs next to nothing, never blocks, never
	 * throws.
	 */
	public void changed() {
		this.engine.loop().changed();
	}

	/**
	 * Waits while a checkpoint of the replication has the write lock, which is some
	 * milliseconds now and then, so that the next statement does not sleep longer than
	 * that in SQLite's busy handler. Need not be called. May be called before a statement
	 * that may write, by any thread; returns after a tenth of a second at the latest, and
	 * at once if the thread is interrupted. Costs next to nothing when there is nothing
	 * to wait for, never throws.
	 */
	public void awaitTurn() {
		this.engine.loop().awaitTurn();
	}

	/**
	 * {@return how replication stands now}
	 */
	public DatabaseStatus status() {
		String problem = this.stopped ? null : this.engine.shadower().fileProblem();
		String error = (problem != null) ? problem : this.engine.loop().lastError();
		Instant since = this.engine.loop().failingSince();
		Map<String, ReplicaStatus> statuses = new LinkedHashMap<>();
		State worst = State.REPLICATING;
		for (ReplicaFeed feed : this.engine.feeds()) {
			ReplicaStatus status = feed.status(error, since, this.stopped);
			statuses.put(feed.name(), status);
			worst = (status.state().compareTo(worst) > 0) ? status.state() : worst;
		}
		return new DatabaseStatus(this.options.name(), this.options.database(), worst,
				this.engine.shadower().shadowWal().position(), databaseSize(), this.engine.shadower().walSize(),
				this.engine.shadower().shadowWal().size(), statuses, this.engine.operations().running(), problem);
	}

	private long databaseSize() {
		try {
			return this.engine.shadower().databaseFile().size();
		}
		catch (IOException ex) {
			return -1;
		}
	}

	/**
	 * Ships everything that was committed before the call to every replica.
	 * @param timeout how long to wait for all replicas together
	 * @return the position that every replica has reached
	 * @throws TimeoutException if a replica could not do it in time; the message names it
	 * @throws IOException if the live WAL cannot be read, or belongs to a file that was
	 * moved, replaced or deleted, or a replica was taken over by somebody else: what can
	 * be shipped is shipped then all the same
	 * @throws InterruptedException if the thread is interrupted while it waits
	 */
	public WalPosition sync(Duration timeout) throws IOException, TimeoutException, InterruptedException {
		requireRunning();
		long deadline = System.nanoTime() + Durations.nanos(timeout);
		if (!this.engine.loop().copyNow(timeout)) {
			throw new TimeoutException(
					"the WAL could not be copied within %s, as a checkpoint or a backup is busy with it"
						.formatted(Durations.describe(timeout)));
		}
		WalPosition wanted = this.engine.position();
		this.engine.feeds().forEach((feed) -> feed.replicator().hurry());
		for (ReplicaFeed feed : this.engine.feeds()) {
			Duration left = Duration.ofNanos(Math.max(deadline - System.nanoTime(), 0));
			if (!feed.replicator().awaitPosition(wanted, left) && !feed.replicator().owner().isLost()) {
				String error = feed.replicator().lastError();
				throw new TimeoutException("replica '%s' did not reach position %s within %s%s".formatted(feed.name(),
						wanted, Durations.describe(timeout), (error != null) ? "; its last error: " + error : ""));
			}
		}
		requireOwned();
		requireOpenFile();
		return wanted;
	}

	/** What was committed here is not shipped to a replica that is somebody else's. */
	private void requireOwned() throws IOException {
		for (ReplicaFeed feed : this.engine.feeds()) {
			if (feed.replicator().owner().isLost()) {
				throw new IOException(
						"replica '%s' was taken over: %s".formatted(feed.name(), feed.replicator().lastError()));
			}
		}
	}

	/** What others commit who open the name now is neither seen nor shipped. */
	private void requireOpenFile() throws IOException {
		String problem = this.engine.shadower().fileProblem();
		if (problem != null) {
			throw new IOException(problem);
		}
	}

	/**
	 * Waits until everything committed before the call is in every replica, which happens
	 * at the replicas' own pace.
	 * @param timeout how long to wait for all replicas together
	 * @return true as soon as every replica has it; false if the time has passed before
	 * @throws IOException as {@link #sync(Duration)} has it
	 * @throws InterruptedException if the thread is interrupted while it waits
	 */
	public boolean awaitReplicated(Duration timeout) throws IOException, InterruptedException {
		requireRunning();
		long deadline = System.nanoTime() + Durations.nanos(timeout);
		if (!this.engine.loop().copyNow(timeout)) {
			return false;
		}
		WalPosition wanted = this.engine.position();
		for (ReplicaFeed feed : this.engine.feeds()) {
			Duration left = Duration.ofNanos(Math.max(deadline - System.nanoTime(), 0));
			if (!feed.replicator().awaitPosition(wanted, left)) {
				requireOwned();
				return false;
			}
		}
		requireOpenFile();
		return true;
	}

	/**
	 * Waits until so many of the replicas hold everything that was committed before the
	 * call, and could restore it. They ship at once, whatever their sync interval. Calls
	 * of several threads share segments: the more wait, the less each costs.
	 * @param replicas how many of them, 1 to all; whichever
	 * @param timeout how long to wait
	 * @throws NotReplicatedException if that many do not hold it in time, or cannot: what
	 * was committed stays so, and may or may not be in replicas
	 * @throws IllegalArgumentException if there are not that many replicas
	 * @throws InterruptedException if the thread is interrupted while it waits
	 */
	public void awaitCommitted(int replicas, Duration timeout) throws NotReplicatedException, InterruptedException {
		awaitCommitted(replicas, timeout, IfOverdue.WAIT);
	}

	/**
	 * As {@link #awaitCommitted(int, Duration)}, which would make everybody wait for as
	 * long as a replica is away, unless that is not wanted.
	 * @param replicas how many of them, 1 to all; whichever
	 * @param timeout how long to wait
	 * @param ifOverdue what to do while what an earlier call has waited for in vain is
	 * not in as many replicas yet
	 * @throws NotReplicatedException as {@link #awaitCommitted(int, Duration)} has it
	 * @throws InterruptedException if the thread is interrupted while it waits
	 */
	public void awaitCommitted(int replicas, Duration timeout, IfOverdue ifOverdue)
			throws NotReplicatedException, InterruptedException {
		requireReplicas(replicas);
		long start = System.nanoTime();
		CommitWaits.Result result = new CommitWaits.Result(Ending.LATE, "the thread that waited was interrupted");
		try {
			result = (ifOverdue == IfOverdue.GIVE_UP && this.engine.waits().isOverdue(replicas)) ? OVERDUE
					: this.engine.waits().await(replicas, timeout);
		}
		finally {
			this.listener.commitAwaited(this.options.name(), outcome(result.ending()),
					Duration.ofNanos(System.nanoTime() - start));
		}
		if (result.ending() == Ending.LATE) {
			throw new NotReplicatedException(Reason.TIMEOUT,
					("what was committed to database '%s' was not in %d of %d replica(s) within %s; it is committed here,"
							+ " and may or may not be in replicas: %s")
						.formatted(this.options.name(), replicas, this.engine.feeds().size(),
								Durations.describe(timeout), result.detail()));
		}
		if (result.ending() == Ending.IMPOSSIBLE) {
			throw new NotReplicatedException(Reason.UNAVAILABLE,
					("what was committed to database '%s' cannot come to be in %d of %d replica(s) now; it is committed"
							+ " here, and may or may not be in replicas: %s")
						.formatted(this.options.name(), replicas, this.engine.feeds().size(), result.detail()));
		}
	}

	private static CommitOutcome outcome(Ending ending) {
		return switch (ending) {
			case REPLICATED -> CommitOutcome.REPLICATED;
			case LATE -> CommitOutcome.TIMEOUT;
			case IMPOSSIBLE -> CommitOutcome.UNAVAILABLE;
		};
	}

	private void requireReplicas(int replicas) {
		int most = this.engine.feeds().size();
		if (replicas < 1 || replicas > most) {
			throw new IllegalArgumentException(
					"a commit to database '%s' cannot wait for %d replica(s): 1 to %d is allowed"
						.formatted(this.options.name(), replicas, most));
		}
	}

	/**
	 * Takes a snapshot on every replica now, one after the other.
	 * @return the snapshots, in the order of the replicas
	 * @throws OperationRunningException if one is being taken on request
	 * @throws IOException if replication has stopped, or a snapshot failed
	 * @throws InterruptedException if the thread is interrupted meanwhile
	 */
	public List<Snapshot> snapshot() throws IOException, InterruptedException {
		return snapshot(this.engine.feeds());
	}

	/**
	 * Takes a snapshot on one replica now.
	 * @param replica its name
	 * @return the snapshot as it was stored
	 * @throws OperationRunningException if one is being taken on request
	 * @throws IllegalArgumentException for an unknown replica
	 * @throws IOException if replication has stopped, or the snapshot failed
	 * @throws InterruptedException if the thread is interrupted meanwhile
	 */
	public Snapshot snapshot(String replica) throws IOException, InterruptedException {
		return snapshot(List.of(find(replica))).get(0);
	}

	private List<Snapshot> snapshot(List<ReplicaFeed> chosen) throws IOException, InterruptedException {
		requireRunning();
		requireOpenFile();
		try (Operations.Running running = this.engine.operations().begin("snapshot")) {
			List<Snapshot> snapshots = new ArrayList<>();
			for (ReplicaFeed feed : chosen) {
				running.reportWith(feed.snapshots()::progress);
				snapshots.add(feed.takeSnapshot());
			}
			return snapshots;
		}
	}

	private ReplicaFeed find(String replica) {
		List<ReplicaFeed> feeds = this.engine.feeds();
		return feeds.stream()
			.filter((feed) -> feed.name().equals(replica))
			.findFirst()
			.orElseThrow(() -> new IllegalArgumentException("replica '%s' is unknown: %s is allowed".formatted(replica,
					feeds.stream().map(ReplicaFeed::name).toList())));
	}

	/**
	 * Restores a state into another file. The live database is not touched.
	 * @param request what to restore, and where to
	 * @param progress hears how far it is, and may end it
	 * @return what was restored
	 * @throws OperationRunningException if a restore runs
	 * @throws RestoreException if it cannot be done; its kind says why
	 * @throws IOException if a replica cannot be read
	 * @throws IllegalArgumentException if the request names an unknown replica
	 */
	public RestoreReport restore(RestoreRequest request, RestoreProgress progress) throws IOException {
		try (Operations.Running running = this.engine.operations().begin("restore")) {
			return restorer().restore(request, running.reporting(progress));
		}
	}

	/**
	 * As {@link #restore(RestoreRequest, RestoreProgress)}, without being asked how far
	 * it is.
	 * @param request what to restore, and where to
	 * @return what was restored
	 * @throws IOException as {@link #restore(RestoreRequest, RestoreProgress)} has it
	 */
	public RestoreReport restore(RestoreRequest request) throws IOException {
		return restore(request, RestoreProgress.NONE);
	}

	/**
	 * Says what {@link #restore(RestoreRequest, RestoreProgress)} would do, and writes
	 * nothing. Does not look at the output path. Reads the listings of the replicas.
	 * @param request what would be restored
	 * @return the plan, as far as listings tell
	 * @throws RestoreException if nothing can be planned; its kind says why
	 * @throws IOException if a replica cannot be read
	 * @throws IllegalArgumentException for an unknown replica
	 */
	public PlannedRestore plan(RestoreRequest request) throws IOException {
		return restorer().plan(request);
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
		return restorer().plan(target);
	}

	private LitestreamRestore restorer() {
		return new LitestreamRestore(this.options.name(), this.engine.replicas(), this.listener);
	}

	/**
	 * Copies the database as it is now into another file, through a connection that has
	 * been open since the start: so it also saves what is in a database whose file was
	 * moved, replaced or deleted since, and needs no replica. Writers are not blocked.
	 * Cannot be cancelled.
	 * @param outputPath the file to create, under the rules of a restore: neither it nor
	 * anything that SQLite would read beside it may exist, and it appears whole or not at
	 * all
	 * @param progress hears how far it is, in pages
	 * @return what was written
	 * @throws OperationRunningException if a backup runs
	 * @throws RestoreException if the output exists
	 * @throws IOException if replication has stopped, the database cannot be read, or the
	 * output cannot be written
	 */
	public BackupReport backup(Path outputPath, RestoreProgress progress) throws IOException {
		requireRunning();
		long start = System.nanoTime();
		try (Operations.Running running = this.engine.operations().begin("backup")) {
			RestoreProgress reported = running.reporting(progress);
			RestoreOutput output = RestoreOutput.newFile(outputPath);
			NewDatabaseFile.Made made = NewDatabaseFile.write(output, SystemDisk.likeFile(this.options.database()),
					(draft) -> this.engine.shadower()
						.copyTo(draft, (left, pages) -> reported.advanced((long) pages - left, pages)));
			Duration duration = Duration.ofNanos(System.nanoTime() - start);
			logger.info("Database '{}' was copied to {}: {} bytes in {} ms", this.options.name(), output.path(),
					made.bytes(), duration.toMillis());
			return new BackupReport(output.path(), made.bytes(), made.sha256(), duration);
		}
	}

	/**
	 * Compares the live database with a restore from every replica, one after the other:
	 * as {@link #validate(String)}.
	 * @return a report on each replica, in their order
	 * @throws OperationRunningException if a validation runs
	 * @throws IOException if replication has stopped or stops
	 * @throws InterruptedException if the thread is interrupted meanwhile
	 */
	public List<ValidationReport> validate() throws IOException, InterruptedException {
		return validate(this.engine.feeds());
	}

	/**
	 * Compares the live database, at one exact position, with a restore of that position
	 * from one replica, byte for byte. Writers are not blocked. A replica that differs,
	 * or that cannot be restored from, heals itself by a snapshot or a new generation;
	 * one that cannot be read is no exception either, but a report with an error.
	 * @param replica its name
	 * @return what was found
	 * @throws OperationRunningException if a validation runs
	 * @throws IllegalArgumentException for an unknown replica
	 * @throws IOException if replication has stopped or stops
	 * @throws InterruptedException if the thread is interrupted meanwhile
	 */
	public ValidationReport validate(String replica) throws IOException, InterruptedException {
		return validate(List.of(find(replica))).get(0);
	}

	private List<ValidationReport> validate(List<ReplicaFeed> chosen) throws IOException, InterruptedException {
		requireRunning();
		requireOpenFile();
		return this.engine.validations().validate(chosen);
	}

	private void requireRunning() throws IOException {
		if (this.stopped) {
			throw new IOException("replication of database '%s' has stopped".formatted(this.options.name()));
		}
	}

	/**
	 * Ships what is left, for at most {@code shutdownSyncTimeout}, and stops, as
	 * {@link #close()} does, but can be resumed: meanwhile another application context,
	 * or another process, may replicate the database. Does nothing if it is paused or
	 * closed. Never throws.
	 */
	public void pause() {
		pause(this.options.shutdownSyncTimeout());
	}

	/**
	 * As {@link #pause()}, but ships for at most so long, which may be less than
	 * {@code shutdownSyncTimeout}: when many databases stop they share one deadline.
	 * @param timeout for what is left to be shipped; zero or less to ship nothing
	 */
	public synchronized void pause(Duration timeout) {
		if (this.stopped) {
			return;
		}
		try {
			endOperations();
			shipTheRest(timeout); // a first snapshot is part of it
		}
		finally {
			this.stopped = true;
			this.engine.stop();
		}
	}

	/**
	 * Goes on after a {@link #pause()}: in the same generation if it can be proven that
	 * nothing was missed. Does nothing if it runs.
	 * @throws IOException if the database cannot be replicated, with one sentence on why;
	 * it is still paused then
	 */
	public synchronized void resume() throws IOException {
		if (this.closed) {
			requireRunning();
		}
		if (this.stopped) {
			this.engine = DatabaseEngine.start(this.options, this.engine.replicas(), this.listener, BringBack.NOTHING);
			this.stopped = false;
		}
	}

	/**
	 * Ships what is left, for at most {@code shutdownSyncTimeout}, and stops. The WAL
	 * file stays where it is, and two connections stay open until the application has
	 * closed its own, so that the next start goes on from there. They hold no
	 * transaction, and checkpoint when the WAL exceeds {@code maxCheckpointPageCount}
	 * pages, after which the next start begins a generation. Safe to call again. Never
	 * throws.
	 */
	@Override
	public void close() {
		close(this.options.shutdownSyncTimeout());
	}

	/**
	 * As {@link #close()}, but ships for at most so long, which may be less than
	 * {@code shutdownSyncTimeout}: when many databases stop they share one deadline.
	 * @param timeout for what is left to be shipped; zero or less to ship nothing
	 */
	public synchronized void close(Duration timeout) {
		if (this.closed) {
			return;
		}
		this.closed = true;
		try {
			pause(timeout);
		}
		finally {
			this.engine.closeReplicas();
		}
	}

	private void endOperations() {
		try {
			this.engine.operations().stop(OPERATIONS_STOP);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void shipTheRest(Duration timeout) {
		try {
			sync(timeout.isNegative() ? Duration.ZERO : timeout);
		}
		catch (IOException | TimeoutException | RuntimeException ex) {
			warnOfRest(String.valueOf(ex.getMessage()));
		}
		catch (InterruptedException ex) {
			warnOfRest("the thread that stops it was interrupted");
			Thread.currentThread().interrupt();
		}
	}

	private void warnOfRest(String reason) {
		WalPosition local = this.engine.position();
		String problem = this.engine.shadower().fileProblem();
		if (problem != null) {
			logger.warn(
					"Database '{}': what was committed to a file that is no longer the database's own is in the"
							+ " replicas up to position {} at most, and what was committed after that is lost: {}",
					this.options.name(), local, problem);
		}
		String uncopied = this.engine.loop().lastError();
		if (problem == null && uncopied != null) {
			logger.warn("Database '{}': what was committed after position {} was neither copied nor shipped before the"
					+ " stop: {}", this.options.name(), local, uncopied);
		}
		for (ReplicaFeed feed : this.engine.feeds()) {
			if (!feed.holds(local)) {
				WalPosition last = feed.replicator().lastPosition();
				logger.warn(
						"Database '{}': not everything was shipped to replica '{}' before the stop: local position {},"
								+ " replica at {}: {}",
						this.options.name(), feed.name(), local, (last != null) ? last : "a position that is not known",
						reason);
			}
		}
	}

}
