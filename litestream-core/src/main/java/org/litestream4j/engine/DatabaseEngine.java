package org.litestream4j.engine;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.BringBack;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.Replica;
import org.litestream4j.ReplicaFormats;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.DirectoryLock;
import org.litestream4j.io.Disk;
import org.litestream4j.io.FileFailures;
import org.litestream4j.io.OnFailure;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.live.ShadowOptions;
import org.litestream4j.live.WalShadower;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.replication.CommitWaits;
import org.litestream4j.replication.ReplicationLoop;
import org.litestream4j.replication.Replicator;
import org.litestream4j.replication.SteadyClock;
import org.litestream4j.validate.Validation;

/**
 * The parts that replicate one database, and the order in which they start and stop: work
 * ends before what it uses is closed, and the directory stays locked until then, as a
 * second engine would overwrite the shadow WAL. To be begun and stopped once, by one
 * thread at a time.
 */
public final class DatabaseEngine {

	private static final Logger logger = LoggerFactory.getLogger(DatabaseEngine.class);

	private static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);

	private final LitestreamOptions options;

	private final List<Replica> replicas;

	private final LitestreamListener listener;

	private final Operations operations;

	private final DirectoryLock directoryLock;

	private final WalShadower shadower;

	private final Validations validations;

	private final List<ReplicaFeed> feeds;

	private final ReplicationLoop loop;

	private final CommitWaits waits;

	@Nullable private ScheduledTask copying;

	@Nullable private ScheduledTask trimming;

	private DatabaseEngine(LitestreamOptions options, List<Replica> replicas, LitestreamListener listener,
			DirectoryLock directoryLock, Takeovers takeovers) throws IOException {
		this.options = options;
		this.replicas = replicas;
		this.listener = listener;
		this.directoryLock = directoryLock;
		Clock clock = Clock.systemUTC();
		Clock steady = new SteadyClock();
		this.operations = new Operations(options.name(), clock);
		List<ReplicaFeed> fed = new ArrayList<>();
		this.feeds = fed;
		Disk disk = SystemDisk.likeFile(options.database());
		this.shadower = WalShadower.start(shadowOptions(options), disk, listener, clock,
				() -> fed.forEach((feed) -> feed.replicator().advanced()));
		boolean assembled = false;
		try {
			takeovers.opened(this.shadower);
			this.validations = new Validations(options.name(), this.operations,
					new Validation(options, this.shadower, listener, Validation.FIRST_PAUSE));
			for (Replica replica : this.replicas) {
				fed.add(new ReplicaFeed(options.name(), replica, takeovers.format(replica.name()), this.shadower,
						listener, clock, steady, takeovers.notes(replica.name()), takeovers.owner(replica.name()),
						takeovers.keeper(replica.name()), options.lease().duration(),
						this.validations::validateOnSchedule));
			}
			List<Replicator> replicators = fed.stream().map(ReplicaFeed::replicator).toList();
			this.loop = new ReplicationLoop(options.name(), this.shadower, replicators, options.monitorInterval(),
					options.maxShadowWalSize(), steady);
			this.waits = new CommitWaits(this.loop, this.shadower.shadowWal(), replicators);
			assembled = true;
		}
		finally {
			if (!assembled) {
				quietly(this.shadower::close);
			}
		}
	}

	private static Replica observed(LitestreamOptions options, Replica replica, LitestreamListener listener) {
		return new Replica(replica.name(),
				ReplicaFormats.of(replica).observe(replica.store(), options.name(), replica.name(), listener),
				replica.options());
	}

	private static ShadowOptions shadowOptions(LitestreamOptions options) {
		return new ShadowOptions(options.name(), options.database(), options.metaDirectory(), options.busyTimeout(),
				options.checkpointInterval(), options.minCheckpointPageCount(), options.maxCheckpointPageCount(),
				options.truncatePageCount(), WalPosition.MAX_OFFSET, options.minFreeSpace(), options.creationPragmas());
	}

	/**
	 * Puts the parts together and starts them.
	 * @param listener must not throw
	 * @param bringBack restores the database if it is missing
	 * @throws IOException if the database cannot be replicated, with one sentence on why
	 */
	public static DatabaseEngine start(LitestreamOptions options, List<Replica> replicas, LitestreamListener listener,
			BringBack bringBack) throws IOException {
		requireReplicas(replicas);
		Path directory = options.database().getParent();
		if (directory == null || !Files.isDirectory(directory)) {
			throw new IOException(
					"the directory of database %s does not exist: create it".formatted(options.database()));
		}
		Locations.require(options, replicas);
		Disk disk = SystemDisk.likeFile(options.database());
		createMetaDirectory(disk, options.metaDirectory());
		List<Replica> observed = replicas.stream().map((replica) -> observed(options, replica, listener)).toList();
		DirectoryLock lock = DirectoryLock.acquire(options.metaDirectory());
		try (OnFailure unlock = OnFailure.run(lock::close)) {
			Takeovers takeovers = Takeovers.begin(options, observed, listener, disk);
			try (OnFailure handOver = OnFailure.run(takeovers::release)) {
				takeovers.bringBack(bringBack);
				DatabaseEngine engine = new DatabaseEngine(options, observed, listener, lock, takeovers);
				engine.begin();
				takeovers.begun();
				handOver.keep();
				return unlock.keep(engine);
			}
		}
	}

	private static void createMetaDirectory(Disk disk, Path directory) throws IOException {
		try {
			disk.createDirectories(directory);
		}
		catch (FileSystemException ex) {
			throw new IOException(
					"the meta directory %s cannot be created (%s): make it writable, or set litestream.meta-directory"
						.formatted(directory, FileFailures.reason(ex)),
					ex);
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
		boolean begun = false;
		try {
			WalPosition position = position();
			this.feeds.forEach((feed) -> feed.replicator().advanced());
			EngineScheduler scheduler = EngineScheduler.shared();
			Turn turn = new Turn();
			this.feeds.forEach((feed) -> feed.start(scheduler, turn));
			this.trimming = scheduler.copy(this.loop.trim());
			this.copying = scheduler.copy(this.loop);
			announce(position);
			FileLimit.OF_PROCESS.started();
			begun = true;
		}
		finally {
			if (!begun) {
				stopWork();
				quietly(this.shadower::close);
			}
		}
	}

	private void announce(WalPosition position) {
		logger.info("Database '{}' ({}) is replicated to {} from position {}", this.options.name(),
				this.options.database(), this.replicas.stream().map((replica) -> replica.store().url()).toList(),
				position);
		this.listener.replicationStarted(this.options.name(), position);
		this.feeds.forEach((feed) -> feed.replicator().owner().announce(position));
	}

	public LitestreamOptions options() {
		return this.options;
	}

	/** As given, their clients observed. */
	public List<Replica> replicas() {
		return this.replicas;
	}

	public Operations operations() {
		return this.operations;
	}

	public WalShadower shadower() {
		return this.shadower;
	}

	public Validations validations() {
		return this.validations;
	}

	public List<ReplicaFeed> feeds() {
		return this.feeds;
	}

	public ReplicationLoop loop() {
		return this.loop;
	}

	/** Commits that wait for replicas. */
	public CommitWaits waits() {
		return this.waits;
	}

	/** Up to where the live WAL was copied. */
	public WalPosition position() {
		return this.shadower.shadowWal().requirePosition();
	}

	/**
	 * Stops the work, and closes everything but the replicas' clients. Never throws.
	 */
	public void stop() {
		stopWork();
		WalPosition position = position();
		quietly(this.shadower::close);
		handOver();
		quietly(this.directoryLock::close);
		FileLimit.OF_PROCESS.stopped();
		logger.info("Database '{}': replication stopped at position {}", this.options.name(), position);
		this.listener.replicationStopped(this.options.name(), position);
	}

	/**
	 * Whoever waits for a replica need not wait any longer. One whose store does not
	 * answer is not asked: its lease passes by itself.
	 */
	private void handOver() {
		List<Thread> threads = new ArrayList<>();
		for (ReplicaFeed feed : this.feeds) {
			if (!feed.replicator().isFailing() && feed.replicator().owner().isFencing()) {
				Thread thread = new Thread(feed::handOver, "litestream-hand-over");
				thread.setDaemon(true);
				thread.start();
				threads.add(thread);
			}
		}
		long deadline = System.nanoTime() + STOP_TIMEOUT.toNanos();
		try {
			for (Thread thread : threads) {
				thread.join(Math.max(TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()), 1));
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/** Frees what the replicas' clients hold. Never throws. */
	public void closeReplicas() {
		this.replicas.forEach((replica) -> quietly(replica.store()::close));
	}

	private void stopWork() {
		this.feeds.forEach(ReplicaFeed::stop);
		List<ScheduledTask> local = Stream.of(this.copying, this.trimming).filter(Objects::nonNull).toList();
		local.forEach(ScheduledTask::stop);
		long deadline = System.nanoTime() + STOP_TIMEOUT.toNanos();
		try {
			for (ScheduledTask task : local) {
				task.awaitEnd(); // however long that takes: it waits for no store
			}
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
