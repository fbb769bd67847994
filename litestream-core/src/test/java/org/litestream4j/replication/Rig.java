package org.litestream4j.replication;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.v03.V03Format;
import org.litestream4j.io.Disk;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.live.ShadowOptions;
import org.litestream4j.live.WalShadower;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.testing.FaultyStore;
import org.litestream4j.testing.PlainRestore;
import org.litestream4j.testing.SettableClock;
import org.litestream4j.testing.TestDatabase;

/**
 * The engine without its threads: a real database that is followed, and replicas that are
 * fed when a test says so. Not thread-safe.
 */
final class Rig implements AutoCloseable {

	private final Setup setup;

	private final WalShadower shadower;

	private final List<Feed> feeds = new CopyOnWriteArrayList<>();

	private final List<GenerationStart> generations = new CopyOnWriteArrayList<>();

	private final List<String> events = new CopyOnWriteArrayList<>();

	private final TestDatabase database;

	/** A generation that began. */
	record GenerationStart(WalPosition position, LitestreamListener.GenerationReason reason, String detail) {
	}

	/**
	 * What belongs to one replica.
	 *
	 * @param directory the replica's directory
	 * @param client fails when told to
	 * @param replicator ships
	 * @param snapshots takes snapshots
	 * @param maintenance does what is due
	 */
	record Feed(Path directory, FaultyStore client, Replicator replicator, SnapshotTaker snapshots,
			Maintenance maintenance) {

		/** One round of shipping. */
		void ship() {
			this.replicator.round();
		}

		/** Does what the replica's log does by itself, if anything. */
		void upkeep() throws IOException {
			ReplicaLog.Upkeep own = this.replicator.upkeep();
			if (own != null) {
				own.run((level, duration, outcome) -> {
				});
			}
		}

		/** Ships, and does what else is due, as a first snapshot. */
		void settle() throws InterruptedException {
			ship();
			this.maintenance.round();
		}

		/** The entry with which the replica's newest state ends. */
		Optional<Integer> entries(Path scratch) throws IOException, SQLException {
			return PlainRestore.entriesIn(this.directory, scratch);
		}

	}

	/**
	 * How the rig is set up.
	 *
	 * @param directory replicas are below it
	 * @param database the database
	 * @param meta the meta directory
	 * @param disk changes the meta directory and replicas
	 * @param clock what the engine takes for now
	 * @param minCheckpointPages from how many on a gentle checkpoint is tried
	 * @param maxCheckpointPages from how many on a firm one
	 */
	record Setup(Path directory, Path database, Path meta, Disk disk, Clock clock, int minCheckpointPages,
			int maxCheckpointPages) {

		static Setup in(Path directory) {
			return new Setup(directory, directory.resolve("app.db"), directory.resolve("meta"), SystemDisk.ownerOnly(),
					Clock.systemUTC(), 1000, 10_000);
		}

		Setup database(Path newDatabase) {
			return new Setup(this.directory, newDatabase, this.meta, this.disk, this.clock, this.minCheckpointPages,
					this.maxCheckpointPages);
		}

		Setup clock(Clock newClock) {
			return new Setup(this.directory, this.database, this.meta, this.disk, newClock, this.minCheckpointPages,
					this.maxCheckpointPages);
		}

		Setup disk(Disk newDisk) {
			return new Setup(this.directory, this.database, this.meta, newDisk, this.clock, this.minCheckpointPages,
					this.maxCheckpointPages);
		}

		/** Checkpoints at every step, so that every commit after one begins an index. */
		Setup rollingAlways() {
			return new Setup(this.directory, this.database, this.meta, this.disk, this.clock, 1, 1);
		}

	}

	private Rig(Setup setup) throws IOException, SQLException {
		this.setup = setup;
		ShadowOptions options = new ShadowOptions("app", setup.database(), setup.meta(), Duration.ofSeconds(1),
				Duration.ofMinutes(1), setup.minCheckpointPages(), setup.maxCheckpointPages(), 121_359,
				WalPosition.MAX_OFFSET, 0, Map.of());
		this.shadower = WalShadower.start(options, setup.disk(), listener(), setup.clock(),
				() -> this.feeds.forEach((feed) -> feed.replicator().advanced()));
		this.database = TestDatabase.open(setup.database());
	}

	/** Starts following a database, which is made if it is missing. */
	static Rig start(Path directory) throws IOException, SQLException {
		return new Rig(Setup.in(directory));
	}

	static Rig start(Setup setup) throws IOException, SQLException {
		return new Rig(setup);
	}

	private LitestreamListener listener() {
		return new LitestreamListener() {
			@Override
			public void generationStarted(String name, WalPosition position, GenerationReason reason, String detail) {
				Rig.this.generations.add(new GenerationStart(position, reason, detail));
			}

			@Override
			public void replicaFailing(String name, String replica, Throwable failure) {
				Rig.this.events.add(replica + " failing");
			}

			@Override
			public void replicaRecovered(String name, String replica, Duration after) {
				Rig.this.events.add(replica + " recovered");
			}

			@Override
			public void snapshotTaken(String name, String replica, @Nullable Snapshot snapshot, Duration duration,
					Outcome outcome) {
				Rig.this.events.add(replica + " snapshot " + outcome);
			}

			@Override
			public void problemFound(String name, @Nullable String replica, Problem problem, String detail) {
				Rig.this.events.add(replica + " problem " + problem);
			}

			@Override
			public void problemSolved(String name, @Nullable String replica, Problem problem) {
				Rig.this.events.add(replica + " solved " + problem);
			}

			@Override
			public void retentionDeleted(String name, String replica, int snapshots, int segments) {
				Rig.this.events.add(replica + " deleted " + snapshots + " and " + segments);
			}
		};
	}

	/** Adds a directory replica that keeps everything for a day. */
	Feed replica(String name) {
		return replica(name, Duration.ofHours(24));
	}

	/** Adds a directory replica. */
	Feed replica(String name, Duration retention) {
		return replica(name, retention, (store) -> store);
	}

	/** Adds a directory replica whose store is not quite what it should be. */
	Feed replica(String name, Duration retention, UnaryOperator<ObjectStore> store) {
		return replica(name, retention, store, V03Format.INSTANCE);
	}

	/** Adds a directory replica in some format. */
	Feed replica(String name, Duration retention, UnaryOperator<ObjectStore> store, LogFormat format) {
		Path directory = this.setup.directory().resolve(name);
		FaultyStore faulty = new FaultyStore(store.apply(new FileStore(directory, this.setup.disk())));
		ReplicatorOptions options = new ReplicatorOptions("app", name, Duration.ofMillis(1), Duration.ofHours(24),
				retention, Duration.ofHours(1));
		Replicator replicator = new Replicator(options, faulty, format, this.shadower, listener(), this.setup.clock(),
				steady(), ReplicaNotes.of(this.setup.disk(), this.setup.meta(), name, faulty.url(), "0123456789abcdef"),
				ReplicaOwner.open("app", name, listener()));
		SnapshotTaker snapshots = new SnapshotTaker(replicator, this.shadower, listener());
		Maintenance maintenance = new Maintenance(replicator, snapshots, this.shadower, listener(), this.setup.clock(),
				steady(), null, () -> true, () -> {
				});
		Feed feed = new Feed(directory, faulty, replicator, snapshots, maintenance);
		this.feeds.add(feed);
		return feed;
	}

	private Clock steady() {
		return (this.setup.clock() instanceof SettableClock settable) ? settable.steady() : this.setup.clock();
	}

	/** Commits, copies and ships to every replica. */
	void commitAndShip(int commits) throws IOException, SQLException {
		commitAndCopy(commits);
		this.feeds.forEach(Feed::ship);
	}

	/** Commits and copies. */
	void commitAndCopy(int commits) throws IOException, SQLException {
		this.database.commits(commits);
		this.shadower.step();
	}

	/** Makes the next commit begin a new index. */
	void endIndex() throws IOException {
		this.shadower.openView(position().index()).close();
	}

	WalShadower shadower() {
		return this.shadower;
	}

	TestDatabase database() {
		return this.database;
	}

	WalPosition position() {
		return this.shadower.shadowWal().requirePosition();
	}

	/** Generations that have started, and why. */
	List<GenerationStart> generations() {
		return this.generations;
	}

	List<String> events() {
		return this.events;
	}

	/** What the thread that copies would repeat. */
	ReplicationLoop loop(long maxShadowWalSize) {
		return new ReplicationLoop("app", this.shadower, this.feeds.stream().map(Feed::replicator).toList(),
				Duration.ofNanos(1), maxShadowWalSize, this.setup.clock());
	}

	@Override
	public void close() throws IOException, SQLException {
		this.database.close();
		this.shadower.close();
	}

}
