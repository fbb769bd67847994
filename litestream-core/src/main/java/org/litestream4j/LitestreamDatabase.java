package org.litestream4j;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeoutException;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.DatabaseStatus.ReplicaStatus;
import org.litestream4j.DatabaseStatus.State;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.DirectoryLock;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.observe.LitestreamListener.ValidationOutcome;
import org.litestream4j.replica.ObservedReplicaClient;
import org.litestream4j.replication.ReplicationLoop;
import org.litestream4j.restore.RestoreProgress;
import org.litestream4j.shadow.ShadowOptions;
import org.litestream4j.shadow.WalShadower;

/**
 * One SQLite database that is being replicated. Thread-safe.
 */
public final class LitestreamDatabase implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(LitestreamDatabase.class);

	private static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);

	private final LitestreamOptions options;

	private final List<Replica> replicas;

	private final LitestreamListener listener;

	private final Clock clock;

	private final DirectoryLock directoryLock;

	private final WalShadower shadower;

	private final List<ReplicaFeed> feeds;

	private final ReplicationLoop loop;

	private final Operations operations;

	private volatile boolean stopped;

	private LitestreamDatabase(LitestreamOptions options, List<Replica> replicas, LitestreamListener listener,
			DirectoryLock directoryLock) throws IOException {
		this.options = options;
		this.replicas = replicas.stream().map((replica) -> observed(options, replica, listener)).toList();
		this.listener = listener;
		this.clock = Clock.systemUTC();
		this.directoryLock = directoryLock;
		this.operations = new Operations(options.name(), this.clock);
		List<ReplicaFeed> fed = new ArrayList<>();
		this.feeds = fed;
		this.shadower = WalShadower.start(shadowOptions(options), SystemDisk.likeFile(options.database()), listener,
				this.clock, () -> fed.forEach((feed) -> feed.replicator().advanced()));
		for (Replica replica : this.replicas) {
			fed.add(new ReplicaFeed(options.name(), replica, this.shadower, listener, this.clock,
					this::validateOnSchedule));
		}
		this.loop = new ReplicationLoop(options.name(), this.shadower,
				fed.stream().map(ReplicaFeed::replicator).toList(), options.monitorInterval(),
				options.maxShadowWalSize(), this.clock);
	}

	private static Replica observed(LitestreamOptions options, Replica replica, LitestreamListener listener) {
		return new Replica(replica.name(),
				ObservedReplicaClient.observe(replica.client(), options.name(), replica.name(), listener),
				replica.options());
	}

	private static ShadowOptions shadowOptions(LitestreamOptions options) {
		return new ShadowOptions(options.name(), options.database(), options.metaDirectory(), options.busyTimeout(),
				options.checkpointInterval(), options.minCheckpointPageCount(), options.maxCheckpointPageCount(),
				options.truncatePageCount(), WalPosition.MAX_OFFSET, options.creationPragmas());
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
		requireReplicas(replicas);
		Path folder = options.database().getParent();
		if (folder == null || !Files.isDirectory(folder)) {
			throw new IOException("the folder of database %s does not exist: create it".formatted(options.database()));
		}
		SystemDisk.likeFile(options.database()).createDirectories(options.metaDirectory());
		DirectoryLock lock = DirectoryLock.acquire(options.metaDirectory());
		boolean started = false;
		try {
			LitestreamDatabase database = new LitestreamDatabase(options, replicas, new SafeListener(listener), lock);
			database.begin();
			started = true;
			return database;
		}
		finally {
			if (!started) {
				lock.close();
			}
		}
	}

	private static void requireReplicas(List<Replica> replicas) {
		if (replicas.isEmpty()) {
			throw new IllegalArgumentException("no replica is given: at least one is needed");
		}
		Set<String> names = new HashSet<>();
		for (Replica replica : replicas) {
			if (!names.add(replica.name())) {
				throw new IllegalArgumentException(
						"two replicas are named '%s': give each its own name".formatted(replica.name()));
			}
		}
	}

	private void begin() {
		WalPosition position = this.shadower.shadowWal().requirePosition();
		this.feeds.forEach((feed) -> feed.replicator().advanced());
		this.feeds.forEach(ReplicaFeed::start);
		this.loop.start();
		logger.info("Database '{}' ({}) is replicated to {} from position {}", this.options.name(),
				this.options.database(), this.replicas.stream().map((replica) -> replica.client().url()).toList(),
				position);
		this.listener.replicationStarted(this.options.name(), position);
	}

	/** How it was started. */
	public LitestreamOptions options() {
		return this.options;
	}

	/** Where it is replicated to. */
	public List<Replica> replicas() {
		return this.replicas;
	}

	/**
	 * Says that a transaction may have been committed. Call it after {@code commit()}, or
	 * an autocommit statement, has returned. Costs next to nothing, never blocks, never
	 * throws.
	 */
	public void changed() {
		this.loop.changed();
	}

	/** How replication stands. */
	public DatabaseStatus status() {
		String error = this.loop.lastError();
		Instant since = this.loop.failingSince();
		Map<String, ReplicaStatus> statuses = new LinkedHashMap<>();
		State worst = State.REPLICATING;
		for (ReplicaFeed feed : this.feeds) {
			ReplicaStatus status = feed.status(error, since, this.stopped);
			statuses.put(feed.name(), status);
			worst = (status.state().compareTo(worst) > 0) ? status.state() : worst;
		}
		return new DatabaseStatus(this.options.name(), this.options.database(), worst,
				this.shadower.shadowWal().position(), databaseSize(), this.shadower.walSize(),
				this.shadower.shadowWal().size(), statuses, this.operations.running());
	}

	private long databaseSize() {
		try {
			return this.shadower.databaseFile().size();
		}
		catch (IOException ex) {
			return -1;
		}
	}

	/**
	 * Ships everything that was committed before the call to every replica.
	 * @return the position that every replica has reached
	 * @throws TimeoutException if a replica could not do it in time; the message names it
	 * @throws IOException if the live WAL cannot be read
	 */
	public WalPosition sync(Duration timeout) throws IOException, TimeoutException, InterruptedException {
		requireRunning();
		long deadline = System.nanoTime() + timeout.toNanos();
		WalPosition wanted = copyNow();
		this.feeds.forEach((feed) -> feed.replicator().hurry());
		for (ReplicaFeed feed : this.feeds) {
			Duration left = Duration.ofNanos(Math.max(deadline - System.nanoTime(), 0));
			if (!feed.replicator().awaitPosition(wanted, left)) {
				String error = feed.replicator().lastError();
				throw new TimeoutException("replica '%s' did not reach position %s within %s%s".formatted(feed.name(),
						wanted, timeout, (error != null) ? "; its last error: " + error : ""));
			}
		}
		return wanted;
	}

	private WalPosition copyNow() throws IOException {
		this.loop.copyNow();
		return this.shadower.shadowWal().requirePosition();
	}

	/**
	 * Waits until everything committed before the call is in every replica, which happens
	 * at the replicas' own pace.
	 * @return false if the time has passed before
	 */
	public boolean awaitReplicated(Duration timeout) throws IOException, InterruptedException {
		requireRunning();
		long deadline = System.nanoTime() + timeout.toNanos();
		WalPosition wanted = copyNow();
		for (ReplicaFeed feed : this.feeds) {
			Duration left = Duration.ofNanos(Math.max(deadline - System.nanoTime(), 0));
			if (!feed.replicator().awaitPosition(wanted, left)) {
				return false;
			}
		}
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
		List<ReplicaFeed> chosen = choose(replica);
		try (Operations.Running running = this.operations.begin("snapshot")) {
			List<Snapshot> snapshots = new ArrayList<>();
			for (ReplicaFeed feed : chosen) {
				running.reportWith(feed.snapshots()::progress);
				snapshots.add(feed.takeSnapshot());
			}
			return snapshots;
		}
	}

	private List<ReplicaFeed> choose(@Nullable String replica) {
		List<ReplicaFeed> chosen = this.feeds.stream()
			.filter((feed) -> replica == null || feed.name().equals(replica))
			.toList();
		if (chosen.isEmpty()) {
			throw new IllegalArgumentException("replica '%s' is unknown: %s is allowed".formatted(replica,
					this.feeds.stream().map(ReplicaFeed::name).toList()));
		}
		return chosen;
	}

	/**
	 * Restores a state into another file. The live database is not touched.
	 * @throws OperationRunningException if a restore runs
	 */
	public RestoreReport restore(RestoreRequest request, RestoreProgress progress) throws IOException {
		try (Operations.Running running = this.operations.begin("restore")) {
			return new LitestreamRestore(this.options.name(), this.replicas, this.listener).restore(request,
					running.reporting(progress));
		}
	}

	/**
	 * Compares the live database, at one exact position, with a restore of that position,
	 * byte for byte. Writers are not blocked. On a mismatch the replica heals itself: a
	 * new generation starts.
	 * @param replica this replica, or null for every replica
	 * @throws OperationRunningException if a validation runs
	 * @throws IllegalArgumentException for an unknown replica
	 * @throws TimeoutException if a replica does not reach the position
	 */
	public List<ValidationReport> validate(@Nullable String replica)
			throws IOException, TimeoutException, InterruptedException {
		requireRunning();
		List<ReplicaFeed> chosen = choose(replica);
		Operations.Running running = this.operations.begin("validate");
		try (running) {
			List<ValidationReport> reports = new ArrayList<>();
			for (ReplicaFeed feed : chosen) {
				reports.add(validate(feed));
			}
			return reports;
		}
	}

	private ValidationReport validate(ReplicaFeed feed) throws IOException, TimeoutException, InterruptedException {
		long start = System.nanoTime();
		try {
			ValidationReport report = new Validation(this.options, this.shadower).run(feed);
			feed.validated(report.valid());
			String detail = report.valid() ? "" : describeMismatch(report);
			this.listener.validated(this.options.name(), feed.name(),
					report.valid() ? ValidationOutcome.OK : ValidationOutcome.MISMATCH, report.duration(), detail);
			if (!report.valid()) {
				logger.error("Database '{}': {}", this.options.name(), detail);
				this.shadower.startGeneration(GenerationReason.VALIDATION_MISMATCH, detail);
			}
			return report;
		}
		catch (IOException | TimeoutException | RuntimeException ex) {
			this.listener.validated(this.options.name(), feed.name(), ValidationOutcome.ERROR,
					Duration.ofNanos(System.nanoTime() - start), String.valueOf(ex.getMessage()));
			throw ex;
		}
	}

	private static String describeMismatch(ValidationReport report) {
		return "replica '%s' differs from the database at position %s, first in page %s".formatted(report.replica(),
				report.position(), report.firstDifferentPage());
	}

	private void validateOnSchedule(ReplicaFeed feed) {
		try {
			validate(feed.name());
		}
		catch (OperationRunningException ex) {
			logger.debug("A validation runs already", ex);
		}
		catch (IOException | TimeoutException | RuntimeException ex) {
			logger.warn("Database '{}': replica '{}' could not be validated: {}", this.options.name(), feed.name(),
					ex.getMessage());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void requireRunning() throws IOException {
		if (this.stopped) {
			throw new IOException("replication of database '%s' has stopped".formatted(this.options.name()));
		}
	}

	/**
	 * Ships what is left, for at most {@code shutdownSyncTimeout}, and stops. The WAL
	 * file stays where it is, and one connection stays open for the life of the process,
	 * so that the next start goes on from there. Safe to call again. Never throws.
	 */
	@Override
	public synchronized void close() {
		if (this.stopped) {
			return;
		}
		shipTheRest(); // a first snapshot is part of it
		this.stopped = true;
		stopThreads();
		WalPosition position = this.shadower.shadowWal().requirePosition();
		quietly(this.shadower::close);
		quietly(this.directoryLock::close);
		this.replicas.forEach((replica) -> quietly(replica.client()::close));
		logger.info("Database '{}': replication stopped at position {}", this.options.name(), position);
		this.listener.replicationStopped(this.options.name(), position);
	}

	private void shipTheRest() {
		try {
			sync(this.options.shutdownSyncTimeout());
		}
		catch (IOException | TimeoutException ex) {
			warnOfRest(String.valueOf(ex.getMessage()));
		}
		catch (InterruptedException ex) {
			warnOfRest("the thread that stops it was interrupted");
			Thread.currentThread().interrupt();
		}
	}

	private void warnOfRest(String reason) {
		WalPosition local = this.shadower.shadowWal().requirePosition();
		for (ReplicaFeed feed : this.feeds) {
			if (!feed.holds(local)) {
				logger.warn(
						"Database '{}': not everything was shipped to replica '{}' before the stop: local position {},"
								+ " replica at {}: {}",
						this.options.name(), feed.name(), local, feed.replicator().position(), reason);
			}
		}
	}

	private void stopThreads() {
		this.feeds.forEach(ReplicaFeed::stop);
		this.loop.stop();
		long deadline = System.nanoTime() + STOP_TIMEOUT.toNanos();
		try {
			for (ReplicaFeed feed : this.feeds) {
				feed.awaitStop(deadline);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void quietly(Closing closing) {
		try {
			closing.run();
		}
		catch (IOException | RuntimeException ex) {
			logger.warn("Database '{}': replication did not stop cleanly: {}", this.options.name(), ex.getMessage(),
					ex);
		}
	}

	/** Part of a stop. */
	@FunctionalInterface
	private interface Closing {

		void run() throws IOException;

	}

}
