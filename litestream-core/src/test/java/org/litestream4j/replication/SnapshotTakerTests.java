package org.litestream4j.replication;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.replication.Rig.Feed;
import org.litestream4j.replication.Rig.Setup;
import org.litestream4j.testing.PlainRestore;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

class SnapshotTakerTests {

	@TempDir
	private Path temp;

	private static List<String> snapshots(Feed feed) {
		return feed.client().stored().stream().filter((name) -> name.endsWith(".snapshot.lz4")).toList();
	}

	@Test
	void twiceWithoutAChangeIsOneSnapshot() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			Snapshot first = feed.snapshots().take();
			assertThat(feed.snapshots().take()).isEqualTo(first);
			rig.commitAndShip(1);
			Snapshot second = feed.snapshots().take();
			assertThat(feed.snapshots().take()).isEqualTo(second);
			assertThat(snapshots(feed)).hasSize(2);
		}
	}

	@Test
	void afterAChangeTheIndexRollsAndEarlierStatesStayRestorable() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			List<Instant> times = new ArrayList<>();
			for (int i = 0; i < 4; i++) {
				rig.commitAndShip(2);
				times.add(newest(feed));
				assertThat(feed.snapshots().take().index()).isEqualTo(i);
				rig.commitAndShip(1);
				times.add(newest(feed));
			}
			assertThat(snapshots(feed)).doesNotHaveDuplicates().hasSize(4);
			for (int i = 1; i < times.size(); i++) { // the first is before any snapshot
				Path restored = this.temp.resolve("restored-%d.db".formatted(i));
				assertThat(PlainRestore.until(feed.directory(), times.get(i), restored)).isTrue();
				assertThat(TestDatabase.entriesIn(restored)).isEqualTo(3 * (i / 2) + ((i % 2 == 0) ? 2 : 3));
			}
		}
	}

	private static Instant newest(Feed feed) throws Exception {
		Instant newest = Instant.EPOCH;
		try (var paths = Files.walk(feed.directory())) {
			for (Path path : paths.filter(Files::isRegularFile).toList()) {
				Instant at = Files.getLastModifiedTime(path).toInstant();
				newest = at.isAfter(newest) ? at : newest;
			}
		}
		while (!Instant.now().isAfter(newest.plusMillis(10))) {
			Thread.onSpinWait(); // a file system's clock ticks every few milliseconds
		}
		return newest;
	}

	@Test
	void walIsStoredBeforeTheSnapshotThatHoldsIt() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.settle();
			rig.commitAndCopy(3);
			Thread shipping = new Thread(() -> {
				while (!Thread.currentThread().isInterrupted() && feed.replicator().position() != null
						&& !rig.position().equals(feed.replicator().position())) {
					feed.ship();
				}
			});
			feed.client().forget();
			shipping.start();
			feed.snapshots().take();
			shipping.join();
			List<String> stored = feed.client().stored();
			assertThat(stored).hasSize(2);
			assertThat(stored.get(0)).contains("/wal/");
			assertThat(stored.get(1)).contains("/snapshots/");
			assertThat(feed.entries(this.temp)).contains(5);
		}
	}

	@Test
	void whileTheWalCannotBeShippedNoSnapshotIsStored() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.settle();
			feed.client().forget();
			feed.client().fail();
			rig.commitAndShip(3);
			feed.client().heal();
			assertThatIOException().isThrownBy(() -> feed.snapshots().take())
				.withMessageContaining("the store is away");
			assertThat(snapshots(feed)).isEmpty();
			feed.ship();
			feed.snapshots().take();
			assertThat(feed.entries(this.temp)).contains(5);
		}
	}

	@Test
	void whileAReaderPinsTheWalAChangedDatabaseGetsAClearErrorAndAnUnchangedOneItsSnapshot() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			Snapshot first = feed.snapshots().take();
			try (Connection reader = DriverManager.getConnection("jdbc:sqlite:" + rig.database().path());
					Statement statement = reader.createStatement()) {
				statement.execute("BEGIN");
				statement.executeQuery("SELECT count(*) FROM ledger").close();
				assertThat(feed.snapshots().take()).isEqualTo(first);
				rig.commitAndShip(1);
				assertThatIOException().isThrownBy(() -> feed.snapshots().take())
					.withMessageContaining("a snapshot of WAL index 0 exists")
					.withMessageContaining("held back by")
					.withMessageContaining("try again");
				assertThat(snapshots(feed)).hasSize(1);
				statement.execute("ROLLBACK");
			}
			assertThat(feed.snapshots().take().index()).isEqualTo(1);
			assertThat(feed.entries(this.temp)).contains(3);
		}
	}

	@Test
	void copyingGoesOnWhileALongWriterKeepsASnapshotFromAnIndexOfItsOwn() throws Exception {
		ExecutorService threads = Executors.newSingleThreadExecutor();
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.snapshots().take();
			rig.commitAndShip(1);
			rig.database().connection().createStatement().execute("BEGIN IMMEDIATE");
			Future<Snapshot> second = threads.submit(() -> feed.snapshots().take());
			int steps = 0;
			// A step may have to wait for an attempt to open the view, and these are
			// counted
			for (long start = System.nanoTime(); steps < 3 || System.nanoTime() - start < 5_000_000_000L; steps++) {
				rig.shadower().step(); // which comes back while the writer goes on
				Thread.onSpinWait();
			}
			assertThat(second).isNotDone();
			rig.database().connection().createStatement().execute("COMMIT");
			assertThat(second.get(60, TimeUnit.SECONDS).index()).isEqualTo(1);
			assertThat(feed.entries(this.temp)).contains(3);
		}
		finally {
			threads.shutdownNow();
		}
	}

	@Test
	void duringWritesEverySnapshotIsAWholeState() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.ship();
			AtomicBoolean done = new AtomicBoolean();
			Thread writer = new Thread(() -> {
				try {
					while (!done.get()) {
						rig.database().commit(3000);
						rig.shadower().step();
						feed.ship();
					}
				}
				catch (Exception ex) {
					throw new IllegalStateException(ex);
				}
			});
			writer.start();
			int taken = 0;
			for (int i = 0; i < 5; i++) {
				try {
					feed.snapshots().take();
					taken++;
				}
				catch (java.io.IOException ex) {
					assertThat(ex).hasMessageContaining("cannot be restarted now");
				}
			}
			done.set(true);
			writer.join();
			assertThat(taken).isPositive();
			feed.ship();
			assertThat(feed.entries(this.temp)).contains(rig.database().committed());
			assertThat(rig.generations()).hasSize(1);
		}
	}

	@Test
	void afterASnapshotOnAClosedIndexAnotherProcessGoesOnInTheSameGeneration() throws Exception {
		Setup setup = Setup.in(this.temp);
		WalPosition end;
		try (Rig rig = Rig.start(setup)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.snapshots().take();
			rig.commitAndShip(1);
			assertThat(feed.snapshots().take().index()).isEqualTo(1);
			end = rig.position();
			assertThat(end.index()).isZero();
		}
		Path copy = TestDatabase.copy(setup.database(), this.temp.resolve("copy"));
		try (Rig rig = Rig.start(setup.database(copy))) {
			assertThat(rig.generations()).isEmpty();
			assertThat(rig.position()).isEqualTo(end);
			Feed feed = rig.replica("one");
			feed.settle();
			assertThat(feed.entries(this.temp)).contains(3);
			rig.commitAndShip(2);
			feed.settle();
			assertThat(rig.generations()).isEmpty();
			assertThat(rig.position().generation()).isEqualTo(end.generation());
			assertThat(rig.position().index()).isEqualTo(1);
			assertThat(feed.entries(this.temp)).contains(5);
		}
	}

	@Test
	void afterASnapshotOnAClosedIndexTheSameProcessGoesOnInTheSameGeneration() throws Exception {
		Setup setup = Setup.in(this.temp);
		WalPosition end;
		try (Rig rig = Rig.start(setup)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.snapshots().take();
			rig.commitAndShip(1);
			feed.snapshots().take();
			end = rig.position();
		}
		try (Rig rig = Rig.start(setup)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.settle();
			assertThat(rig.generations()).isEmpty();
			assertThat(rig.position().generation()).isEqualTo(end.generation());
			assertThat(rig.position().index()).isEqualTo(1);
			assertThat(feed.entries(this.temp)).contains(5);
		}
	}

	@Test
	void progressIsKnownOnlyWhileASnapshotIsWritten() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			assertThat(feed.snapshots().progress()).isNull();
			List<Double> seen = new ArrayList<>();
			feed.client().after((operation) -> {
				Double progress = feed.snapshots().progress();
				if (operation.contains("/snapshots/") && progress != null) {
					seen.add(progress);
				}
			});
			feed.snapshots().take();
			assertThat(seen).containsExactly(1.0);
			assertThat(feed.snapshots().progress()).isNull();
		}
	}

	@Test
	void failedSnapshotLeavesNothingAndTheNextOneSucceeds() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.client().failNth(1);
			assertThatIOException().isThrownBy(() -> feed.snapshots().take())
				.withMessageContaining("operation 1 fails");
			assertThat(snapshots(feed)).isEmpty();
			feed.snapshots().take();
			assertThat(rig.events()).containsExactly("one snapshot ERROR", "one snapshot SUCCESS");
			assertThat(feed.entries(this.temp)).contains(2);
		}
	}

	@Test
	void snapshotOfAGenerationThatIsLeftMeanwhileIsGivenUp() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			Generation left = rig.position().generation();
			feed.client().before((operation) -> {
				if (operation.contains("/snapshots/")) {
					rig.shadower().startGeneration(GenerationReason.REQUESTED, "somebody asked");
				}
			});
			assertThatIOException().isThrownBy(() -> feed.snapshots().take())
				.withMessageContaining("the generation changed meanwhile");
			feed.client().heal();
			assertThat(feed.directory().resolve("generations/%s/snapshots".formatted(left.name()))).satisfiesAnyOf(
					(directory) -> assertThat(directory).doesNotExist(),
					(directory) -> assertThat(directory).isEmptyDirectory());
			feed.settle();
			assertThat(rig.position().generation()).isNotEqualTo(left);
			assertThat(snapshots(feed)).singleElement().asString().contains(rig.position().generation().name());
			assertThat(feed.entries(this.temp)).contains(2);
		}
	}

}
