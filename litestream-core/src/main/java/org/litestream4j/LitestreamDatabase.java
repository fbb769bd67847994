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

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.DatabaseStatus.ReplicaStatus;
import org.litestream4j.DatabaseStatus.State;
import org.litestream4j.format.Durations;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.restore.NewDatabaseFile;
import org.litestream4j.restore.RestoreOutput;
import org.litestream4j.restore.RestoreProgress;

/**
 * One SQLite database that is being replicated. Thread-safe.
 */
public final class LitestreamDatabase implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(LitestreamDatabase.class);

	/** For a restore or validation that runs to see that it shall end, and tidy up. */
	private static final Duration OPERATIONS_STOP = Duration.ofSeconds(5);

	private final LitestreamOptions options;

	private final LitestreamListener listener;

	/** Another one after each {@link #resume()}. */
	private volatile DatabaseEngine engine;

	/** Paused or closed. */
	private volatile boolean stopped;

	private boolean closed;

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
	 * @throws IOException if the database cannot be replicated, with one sentence on why
	 */
	public static LitestreamDatabase start(LitestreamOptions options, List<Replica> replicas,
			LitestreamListener listener) throws IOException {
		LitestreamListener safe = new SafeListener(listener);
		return new LitestreamDatabase(options, safe, DatabaseEngine.start(options, replicas, safe));
	}

	/** How it was started. */
	public LitestreamOptions options() {
		return this.options;
	}

	/** Where it is replicated to. */
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

	/** How replication stands. */
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
	 * @return the position that every replica has reached
	 * @throws TimeoutException if a replica could not do it in time; the message names it
	 * @throws IOException if the live WAL cannot be read, or belongs to a file that was
	 * moved, replaced or deleted: what can be shipped is shipped then all the same
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
			if (!feed.replicator().awaitPosition(wanted, left)) {
				String error = feed.replicator().lastError();
				throw new TimeoutException("replica '%s' did not reach position %s within %s%s".formatted(feed.name(),
						wanted, Durations.describe(timeout), (error != null) ? "; its last error: " + error : ""));
			}
		}
		requireOpenFile();
		return wanted;
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
	 * @return false if the time has passed before
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
				return false;
			}
		}
		requireOpenFile();
		return true;
	}

	/**
	 * Takes a snapshot now.
	 * @param replica of this replica, or null for every replica
	 * @throws OperationRunningException if one is being taken on request
	 * @throws IllegalArgumentException for an unknown replica
	 */
	public List<Snapshot> snapshot(@Nullable String replica) throws IOException, InterruptedException {
		requireRunning();
		requireOpenFile();
		List<ReplicaFeed> chosen = choose(replica);
		try (Operations.Running running = this.engine.operations().begin("snapshot")) {
			List<Snapshot> snapshots = new ArrayList<>();
			for (ReplicaFeed feed : chosen) {
				running.reportWith(feed.snapshots()::progress);
				snapshots.add(feed.takeSnapshot());
			}
			return snapshots;
		}
	}

	private List<ReplicaFeed> choose(@Nullable String replica) {
		List<ReplicaFeed> chosen = this.engine.feeds()
			.stream()
			.filter((feed) -> replica == null || feed.name().equals(replica))
			.toList();
		if (chosen.isEmpty()) {
			throw new IllegalArgumentException("replica '%s' is unknown: %s is allowed".formatted(replica,
					this.engine.feeds().stream().map(ReplicaFeed::name).toList()));
		}
		return chosen;
	}

	/**
	 * Restores a state into another file. The live database is not touched.
	 * @throws OperationRunningException if a restore runs
	 */
	public RestoreReport restore(RestoreRequest request, RestoreProgress progress) throws IOException {
		try (Operations.Running running = this.engine.operations().begin("restore")) {
			return new LitestreamRestore(this.options.name(), this.engine.replicas(), this.listener).restore(request,
					running.reporting(progress));
		}
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
	 * @throws OperationRunningException if a backup runs
	 * @throws org.litestream4j.restore.RestoreException if the output exists
	 */
	public BackupReport backup(Path outputPath, RestoreProgress progress) throws IOException {
		requireRunning();
		long start = System.nanoTime();
		try (Operations.Running running = this.engine.operations().begin("backup")) {
			RestoreProgress told = running.reporting(progress);
			RestoreOutput output = RestoreOutput.newFile(outputPath);
			NewDatabaseFile.Made made = NewDatabaseFile.write(output, SystemDisk.likeFile(this.options.database()),
					(draft) -> this.engine.shadower()
						.copyTo(draft, (left, pages) -> told.advanced((long) pages - left, pages)));
			Duration duration = Duration.ofNanos(System.nanoTime() - start);
			logger.info("Database '{}' was copied to {}: {} bytes in {} ms", this.options.name(), output.path(),
					made.bytes(), duration.toMillis());
			return new BackupReport(output.path(), made.bytes(), made.sha256(), duration);
		}
	}

	/**
	 * Compares the live database, at one exact position, with a restore of that position,
	 * byte for byte. Writers are not blocked. A replica that differs, or that cannot be
	 * restored from, heals itself by a snapshot or a new generation; one that cannot be
	 * read is no exception either, but a report with an error.
	 * @param replica this replica, or null for every replica
	 * @throws OperationRunningException if a validation runs
	 * @throws IllegalArgumentException for an unknown replica
	 * @throws IOException if replication has stopped or stops
	 */
	public List<ValidationReport> validate(@Nullable String replica) throws IOException, InterruptedException {
		requireRunning();
		requireOpenFile();
		return this.engine.validations().validate(choose(replica));
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
	public synchronized void pause() {
		if (this.stopped) {
			return;
		}
		try {
			endOperations();
			shipTheRest(); // a first snapshot is part of it
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
			this.engine = DatabaseEngine.start(this.options, this.engine.replicas(), this.listener);
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
	public synchronized void close() {
		if (this.closed) {
			return;
		}
		this.closed = true;
		try {
			pause();
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

	private void shipTheRest() {
		try {
			sync(this.options.shutdownSyncTimeout());
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
