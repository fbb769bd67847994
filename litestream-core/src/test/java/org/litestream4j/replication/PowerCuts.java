package org.litestream4j.replication;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.LitestreamRestore;
import org.litestream4j.Replica;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreRequest;
import org.litestream4j.io.PowerCutDisk;
import org.litestream4j.io.Survival;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.replication.Rig.Feed;
import org.litestream4j.replication.Rig.Setup;
import org.litestream4j.store.FileStore;
import org.litestream4j.testing.PlainRestore;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The power is cut after each operation on the disk that holds the replica and the meta
 * directory: whatever of the unforced changes is on it, the replica restores a state that
 * was committed, with everything that had been acknowledged, and replication goes on.
 */
abstract class PowerCuts {

	/** Classes that share the moments, as a fork runs one class after the other. */
	static final int SHARDS = 3;

	private final int shard;

	private final int shards;

	@TempDir
	private Path temp;

	@Nullable private Rig rig;

	/** Entries that were in the replica, with a snapshot, when a round had ended. */
	private int acknowledged = -1;

	private long operations;

	private final List<Moment> moments = new ArrayList<>();

	/**
	 * What there could be after a power cut.
	 *
	 * @param operation counts from 1
	 * @param images of the disk, with less or more of what was not forced
	 * @param database a copy, which is as it was
	 * @param acknowledged entries that must be restored, or -1
	 * @param committed entries in the database
	 */
	private record Moment(long operation, List<Path> images, @Nullable Path database, int acknowledged, int committed) {
	}

	PowerCuts(int shard) {
		this(shard, SHARDS);
	}

	PowerCuts(int shard, int shards) {
		this.shard = shard;
		this.shards = shards;
	}

	/** Adds the replica that is written. */
	Feed replica(Rig run) {
		return run.replica("one");
	}

	/**
	 * The entry with which the newest state ends, restored without the code under test.
	 */
	Optional<Integer> entries(Path replica, Path scratch) throws Exception {
		return PlainRestore.entriesIn(replica, scratch);
	}

	/** Restores the newest state with the code under test. */
	void restore(Path replica, Path restored) throws Exception {
		Replica source = new Replica("one", new FileStore(replica, SystemDisk.ownerOnly()), options());
		new LitestreamRestore("app", List.of(source), LitestreamListener.NONE).restore(RestoreRequest.latest(restored),
				RestoreProgress.NONE);
	}

	/** How it is restored by the code under test. */
	Replica.Options options() {
		return Replica.Options.DEFAULTS;
	}

	@Test
	void replicaIsRestorableAndReplicationGoesOnWheneverThePowerIsCut() throws Exception {
		Path root = Files.createDirectory(this.temp.resolve("disk"));
		Path database = Files.createDirectory(this.temp.resolve("live")).resolve("app.db");
		PowerCutDisk disk = new PowerCutDisk(root);
		disk.afterEachOperation((operation) -> note(disk, operation, database));
		Setup setup = Setup.in(root).database(database).disk(disk);
		try (Rig run = Rig.start(setup)) {
			this.rig = run;
			everything(run);
		}
		assertThat(this.operations).isGreaterThan(150);
		int continued = 0;
		for (Moment moment : this.moments) {
			for (Path image : moment.images()) {
				checkReplica(moment, image.resolve("one"));
			}
			continued += goesOn(moment) ? 1 : 0;
			delete(this.temp.resolve("moment-" + moment.operation()));
		}
		assertThat(continued).as("starts that went on in the same generation").isGreaterThan(20 / this.shards);
	}

	private void note(PowerCutDisk disk, long operation, Path database) {
		this.operations = operation;
		if (operation % this.shards != this.shard) {
			return;
		}
		Path directory = this.temp.resolve("moment-" + operation);
		try {
			Files.createDirectories(directory);
			List<Path> images = new ArrayList<>();
			for (Survival survival : List.of(Survival.nothingUnforced(), Survival.namesOnly(), Survival.everything(),
					Survival.random(operation))) {
				Path image = directory.resolve("image-" + images.size());
				disk.crashImage(image, survival);
				images.add(image);
			}
			Rig running = this.rig;
			Path copy = (running != null) ? TestDatabase.copy(database, directory.resolve("live")) : null;
			int committed = (running != null) ? running.database().committed() : 0;
			this.moments.add(new Moment(operation, images, copy, this.acknowledged, committed));
		}
		catch (IOException ex) {
			throw new AssertionError(ex);
		}
	}

	private void everything(Rig run) throws Exception {
		Feed feed = replica(run);
		ship(run, feed, 2);
		feed.maintenance().round();
		acknowledge(run, feed);
		for (int i = 0; i < 3; i++) {
			ship(run, feed, 1 + i);
		}
		feed.snapshots().take();
		ship(run, feed, 1);
		run.commitAndCopy(2); // not shipped before the index ends
		run.endIndex();
		run.commitAndCopy(1);
		ship(run, feed, 1);
		feed.snapshots().take();
		ship(run, feed, 2);
		run.shadower().startGeneration(GenerationReason.REQUESTED, "the test wants one");
		ship(run, feed, 1);
		feed.maintenance().round();
		acknowledge(run, feed);
		feed.maintenance().checkRetention(Instant.now());
		ship(run, feed, 2);
		run.shadower().trim(run.position());
		ship(run, feed, 1);
	}

	private void ship(Rig run, Feed feed, int commits) throws Exception {
		run.commitAndCopy(commits);
		feed.ship();
		feed.upkeep();
		if (this.acknowledged >= 0) {
			acknowledge(run, feed);
		}
	}

	/** What the facade's sync() promises: the replica is there, and has a snapshot. */
	private void acknowledge(Rig run, Feed feed) throws InterruptedException {
		if (feed.replicator().awaitPosition(run.position(), java.time.Duration.ZERO)) {
			this.acknowledged = run.database().committed();
		}
	}

	private void checkReplica(Moment moment, Path replica) throws Exception {
		Path directory = this.temp.resolve("moment-" + moment.operation());
		Optional<Integer> plain = entries(replica, directory);
		if (moment.acknowledged() >= 0) {
			assertThat(plain).as("%s", replica).isPresent();
			assertThat(plain.orElseThrow()).as("entries restored from %s", replica)
				.isBetween(moment.acknowledged(), moment.committed());
		}
		if (plain.isPresent()) {
			Path restored = directory.resolve("restored.db");
			restore(replica, restored);
			assertThat(TestDatabase.entriesIn(restored)).isEqualTo(plain.orElseThrow());
			Files.delete(restored);
		}
	}

	/** Starts on what is left, and says whether it was in the same generation. */
	private boolean goesOn(Moment moment) throws Exception {
		if (moment.database() == null) {
			return false;
		}
		Path image = moment.images().get((int) (moment.operation() % moment.images().size()));
		try (Rig again = Rig.start(Setup.in(image).database(moment.database()))) {
			assertThat(again.database().committed()).isEqualTo(moment.committed());
			boolean same = again.generations().isEmpty();
			Feed feed = replica(again);
			feed.settle();
			again.commitAndShip(2);
			feed.settle();
			feed.settle();
			assertThat(entries(feed.directory(), image)).as("entries after going on with %s", image)
				.contains(moment.committed() + 2);
			return same && again.generations().isEmpty();
		}
		catch (SQLException ex) {
			throw new AssertionError("%s: %s".formatted(image, ex.getMessage()), ex);
		}
	}

	private static void delete(Path directory) throws IOException {
		try (Stream<Path> paths = Files.walk(directory)) {
			for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
				Files.delete(path);
			}
		}
	}

}
