package org.litestream4j;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.WalPosition;
import org.litestream4j.io.DirectoryLock;
import org.litestream4j.io.Disk;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.replica.ObservedReplicaClient;
import org.litestream4j.replication.ReplicaNotes;
import org.litestream4j.replication.ReplicationLoop;
import org.litestream4j.replication.SteadyClock;
import org.litestream4j.shadow.ShadowOptions;
import org.litestream4j.shadow.WalShadower;

/**
 * The parts that replicate one database, and the order in which they start and stop:
 * threads end before what they use is closed, and the directory stays locked until then,
 * as a second engine would overwrite the shadow WAL. To be begun and stopped once, by one
 * thread at a time.
 */
final class DatabaseEngine {

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

	private DatabaseEngine(LitestreamOptions options, List<Replica> replicas, LitestreamListener listener,
			DirectoryLock directoryLock) throws IOException {
		this.options = options;
		this.replicas = replicas.stream().map((replica) -> observed(options, replica, listener)).toList();
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
			this.validations = new Validations(options, this.shadower, this.operations, listener,
					Validations.FIRST_PAUSE);
			for (Replica replica : this.replicas) {
				ReplicaNotes notes = ReplicaNotes.of(disk, options.metaDirectory(), replica.name(),
						replica.client().url());
				fed.add(new ReplicaFeed(options.name(), replica, this.shadower, listener, clock, steady, notes,
						this.validations::validateOnSchedule));
			}
			this.loop = new ReplicationLoop(options.name(), this.shadower,
					fed.stream().map(ReplicaFeed::replicator).toList(), options.monitorInterval(),
					options.maxShadowWalSize(), steady);
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
				ObservedReplicaClient.observe(replica.client(), options.name(), replica.name(), listener),
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
	 * @throws IOException if the database cannot be replicated, with one sentence on why
	 */
	static DatabaseEngine start(LitestreamOptions options, List<Replica> replicas, LitestreamListener listener)
			throws IOException {
		requireReplicas(replicas);
		Path folder = options.database().getParent();
		if (folder == null || !Files.isDirectory(folder)) {
			throw new IOException("the folder of database %s does not exist: create it".formatted(options.database()));
		}
		Locations.require(options, replicas);
		SystemDisk.likeFile(options.database()).createDirectories(options.metaDirectory());
		DirectoryLock lock = DirectoryLock.acquire(options.metaDirectory());
		boolean started = false;
		try {
			DatabaseEngine engine = new DatabaseEngine(options, replicas, listener, lock);
			engine.begin();
			started = true;
			return engine;
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
		boolean begun = false;
		try {
			WalPosition position = position();
			this.feeds.forEach((feed) -> feed.replicator().advanced());
			this.feeds.forEach(ReplicaFeed::start);
			this.loop.start();
			announce(position);
			begun = true;
		}
		finally {
			if (!begun) {
				stopThreads();
				quietly(this.shadower::close);
			}
		}
	}

	private void announce(WalPosition position) {
		logger.info("Database '{}' ({}) is replicated to {} from position {}", this.options.name(),
				this.options.database(), this.replicas.stream().map((replica) -> replica.client().url()).toList(),
				position);
		this.listener.replicationStarted(this.options.name(), position);
	}

	LitestreamOptions options() {
		return this.options;
	}

	/** As given, their clients observed. */
	List<Replica> replicas() {
		return this.replicas;
	}

	Operations operations() {
		return this.operations;
	}

	WalShadower shadower() {
		return this.shadower;
	}

	Validations validations() {
		return this.validations;
	}

	List<ReplicaFeed> feeds() {
		return this.feeds;
	}

	ReplicationLoop loop() {
		return this.loop;
	}

	/** Up to where the live WAL was copied. */
	WalPosition position() {
		return this.shadower.shadowWal().requirePosition();
	}

	/**
	 * Stops the threads, and closes everything but the replicas' clients. Never throws.
	 */
	void stop() {
		stopThreads();
		WalPosition position = position();
		quietly(this.shadower::close);
		quietly(this.directoryLock::close);
		logger.info("Database '{}': replication stopped at position {}", this.options.name(), position);
		this.listener.replicationStopped(this.options.name(), position);
	}

	/** Frees what the replicas' clients hold. Never throws. */
	void closeReplicas() {
		this.replicas.forEach((replica) -> quietly(replica.client()::close));
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
