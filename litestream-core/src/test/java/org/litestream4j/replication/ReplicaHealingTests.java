package org.litestream4j.replication;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.Generation;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.replication.Rig.Feed;
import org.litestream4j.replication.Rig.Setup;
import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoredObject;
import org.litestream4j.testing.DelegatingStore;
import org.litestream4j.testing.SettableClock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * A replica from which something is missing, or to which somebody else writes: the next
 * checks notice it, and afterwards it can be restored again.
 */
class ReplicaHealingTests {

	@TempDir
	private Path temp;

	private final SettableClock clock = new SettableClock(Instant.now());

	private Rig rig() throws Exception {
		return Rig.start(Setup.in(this.temp).clock(this.clock));
	}

	/** Two indexes, a snapshot of each, and a segment after the newer one. */
	private static Feed shipped(Rig rig) throws Exception {
		Feed feed = rig.replica("one");
		rig.commitAndShip(2);
		feed.settle();
		rig.commitAndShip(2);
		feed.snapshots().take();
		rig.commitAndShip(1);
		rig.commitAndShip(1);
		assertThat(rig.position().index()).isEqualTo(1);
		assertThat(feed.maintenance().problem()).isNull();
		return feed;
	}

	private void check(Feed feed) throws Exception {
		this.clock.advance(Duration.ofHours(1).plusSeconds(1));
		feed.settle();
	}

	/** Until what was found is confirmed, cured and proven. */
	private void checkUntilCured(Rig rig, Feed feed, String problem) throws Exception {
		check(feed);
		assertThat(feed.maintenance().problem()).as("a listing may lag").isNull();
		this.clock.advance(Duration.ofSeconds(31));
		feed.maintenance().round();
		assertThat(rig.events()).contains("one problem " + problem);
		feed.settle();
		feed.settle();
		this.clock.advance(Duration.ofMinutes(2));
		feed.settle();
		this.clock.advance(Duration.ofHours(1));
		feed.settle();
		assertThat(feed.maintenance().problem()).isNull();
		assertThat(rig.events()).containsOnlyOnce("one problem " + problem, "one solved " + problem);
		assertRestores(rig, feed);
		rig.commitAndShip(2);
		feed.settle();
		assertRestores(rig, feed);
		check(feed);
		this.clock.advance(Duration.ofSeconds(31));
		feed.settle();
		assertThat(feed.maintenance().problem()).isNull();
	}

	private void assertRestores(Rig rig, Feed feed) throws Exception {
		assertThat(feed.entries(this.temp)).contains(rig.database().committed());
	}

	private static Path directory(Rig rig, Feed feed, String kind) {
		return feed.directory().resolve("generations").resolve(rig.position().generation().name()).resolve(kind);
	}

	private static List<Path> files(Path directory) throws IOException {
		try (var paths = Files.walk(directory)) {
			return paths.filter(Files::isRegularFile).sorted().toList();
		}
	}

	private static Path last(Path directory) throws IOException {
		List<Path> files = files(directory);
		return files.get(files.size() - 1);
	}

	@Test
	void checkOfAReplicaInOrderAsksForNothingMoreThanRetentionDoes() throws Exception {
		try (Rig rig = rig()) {
			Feed feed = shipped(rig);
			feed.client().forget();
			check(feed);
			assertThat(feed.client().attempted()).containsExactly("list generations", "list snapshots",
					"list segments");
			assertThat(rig.events()).noneMatch((event) -> event.contains("problem"));
		}
	}

	@Test
	void snapshotWhoseAnswerWasLostIsNotTakenForAForeignOne() throws Exception {
		AtomicBoolean lost = new AtomicBoolean();
		try (Rig rig = rig()) {
			Feed feed = rig.replica("one", Duration.ofHours(24), (client) -> losingAnswers(client, lost));
			rig.commitAndShip(2);
			feed.settle();
			rig.commitAndShip(2);
			lost.set(true);
			assertThatIOException().isThrownBy(() -> feed.snapshots().take());
			lost.set(false);
			rig.commitAndShip(2);
			rig.endIndex();
			rig.commitAndShip(2);
			feed.snapshots().take();
			assertThat(files(directory(rig, feed, "snapshots"))).hasSize(3);
			check(feed);
			this.clock.advance(Duration.ofSeconds(31));
			feed.settle();
			assertThat(rig.events()).noneMatch((event) -> event.contains("problem"));
			assertThat(rig.generations()).hasSize(1);
		}
	}

	private static ObjectStore losingAnswers(ObjectStore store, AtomicBoolean lost) {
		return new DelegatingStore(store) {
			@Override
			public StoredObject put(NewObject object, ObjectContent content) throws IOException {
				StoredObject stored = super.put(object, content);
				if (lost.get() && isSnapshots(object.name())) {
					throw new IOException("no answer");
				}
				return stored;
			}
		};
	}

	@Test
	void emptiedReplicaGetsASnapshotThatRestoresByItself() throws Exception {
		try (Rig rig = rig()) {
			Feed feed = shipped(rig);
			for (Path file : files(feed.directory().resolve("generations"))) {
				Files.delete(file);
			}
			checkUntilCured(rig, feed, "NOT_RESTORABLE");
			assertThat(rig.generations()).hasSize(1);
		}
	}

	@Test
	void removedSnapshotsAreTakenAgain() throws Exception {
		try (Rig rig = rig()) {
			Feed feed = shipped(rig);
			for (Path file : files(directory(rig, feed, "snapshots"))) {
				Files.delete(file);
			}
			checkUntilCured(rig, feed, "NOT_RESTORABLE");
			assertThat(rig.generations()).hasSize(1);
		}
	}

	@Test
	void lostFirstSegmentOfAnIndexIsCuredByANewGeneration() throws Exception {
		try (Rig rig = rig()) {
			Feed feed = shipped(rig);
			Files.delete(directory(rig, feed, "wal").resolve("00000001_00000000.wal.lz4"));
			checkUntilCured(rig, feed, "NOT_RESTORABLE");
			assertThat(rig.generations()).hasSize(2);
		}
	}

	@Test
	void lostNewestSegmentIsCuredByASnapshotOfTheNextIndex() throws Exception {
		try (Rig rig = rig()) {
			Feed feed = shipped(rig);
			Files.delete(last(directory(rig, feed, "wal")));
			checkUntilCured(rig, feed, "NOT_RESTORABLE");
		}
	}

	@Test
	void truncatedSegmentAndSnapshotAreReplaced() throws Exception {
		for (String kind : List.of("snapshots", "wal")) {
			Path directory = Files.createDirectory(this.temp.resolve(kind));
			try (Rig rig = Rig.start(Setup.in(directory).clock(this.clock))) {
				Feed feed = shipped(rig);
				Path object = last(directory(rig, feed, kind));
				byte[] bytes = Files.readAllBytes(object);
				Files.write(object, Arrays.copyOf(bytes, bytes.length - 1));
				checkUntilCured(rig, feed, "NOT_RESTORABLE");
			}
		}
	}

	@Test
	void whereTheWalCannotBeRestartedANewGenerationCures() throws Exception {
		try (Rig rig = rig()) {
			Feed feed = shipped(rig);
			Files.delete(last(directory(rig, feed, "wal")));
			try (var reader = java.sql.DriverManager.getConnection("jdbc:sqlite:" + rig.database().path());
					var statement = reader.createStatement()) {
				statement.execute("BEGIN");
				statement.executeQuery("SELECT count(*) FROM ledger").close();
				checkUntilCured(rig, feed, "NOT_RESTORABLE");
				statement.execute("ROLLBACK");
			}
			assertThat(rig.generations()).hasSize(2);
			assertThat(rig.generations().get(1).reason()).isEqualTo(GenerationReason.REPLICA_DIVERGED);
		}
	}

	@Test
	void segmentOfSomebodyElseInTheGenerationStartsAnother() throws Exception {
		try (Rig rig = rig()) {
			Feed feed = shipped(rig);
			Path wal = directory(rig, feed, "wal");
			Files.copy(last(wal), wal.resolve("00000001_00ffffff.wal.lz4"));
			checkUntilCured(rig, feed, "FOREIGN_WRITER");
			assertThat(rig.generations()).hasSize(2);
			assertThat(rig.generations().get(1).detail()).contains("'one'", "did not write");
		}
	}

	@Test
	void generationOfSomebodyElseIsOvertakenByASnapshot() throws Exception {
		try (Rig rig = rig()) {
			Feed feed = shipped(rig);
			Path other = feed.directory().resolve("generations/0123456789abcdef/snapshots");
			Files.createDirectories(other);
			Path foreign = Files.copy(files(directory(rig, feed, "snapshots")).get(0),
					other.resolve("00000000.snapshot.lz4"));
			Files.setLastModifiedTime(foreign, FileTime.from(Instant.now().plusMillis(200)));
			assertThat(feed.entries(this.temp)).contains(2);
			while (!Instant.now().isAfter(Files.getLastModifiedTime(foreign).toInstant().plusMillis(20))) {
				Thread.onSpinWait();
			}
			checkUntilCured(rig, feed, "FOREIGN_WRITER");
			assertThat(rig.generations()).hasSize(1);
			assertThat(foreign).exists();
		}
	}

	@Test
	void somebodyWhoGoesOnWritingIsAProblemUntilTheyStop() throws Exception {
		try (Rig rig = rig()) {
			Feed feed = shipped(rig);
			check(feed);
			Path other = Files.createDirectories(feed.directory().resolve("generations/0123456789abcdef/wal"));
			Path segment = last(directory(rig, feed, "wal"));
			for (int i = 0; i < 3; i++) {
				Files.copy(segment, other.resolve("0000000%d_00000000.wal.lz4".formatted(i)));
				rig.commitAndShip(1);
				check(feed);
				this.clock.advance(Duration.ofSeconds(31));
				feed.settle();
				assertThat(feed.maintenance().problem()).contains("0123456789abcdef", "somebody else");
			}
			assertThat(rig.generations()).hasSize(1);
			check(feed);
			assertThat(feed.maintenance().problem()).isNull();
		}
	}

	@Test
	void listingThatOnlyLagsChangesNothing() throws Exception {
		try (Rig rig = rig()) {
			Feed feed = shipped(rig);
			Path newest = last(directory(rig, feed, "wal"));
			Path hidden = Files.move(newest, this.temp.resolve("hidden"));
			feed.client().forget();
			check(feed);
			Files.move(hidden, newest);
			this.clock.advance(Duration.ofSeconds(31));
			feed.settle();
			assertThat(feed.client().attempted()).containsExactly("list generations", "list snapshots", "list segments",
					"list generations", "list snapshots", "list segments");
			assertThat(feed.client().stored()).isEmpty();
			assertThat(rig.events()).noneMatch((event) -> event.contains("problem"));
		}
	}

	@Test
	void storeWhoseListingsAlwaysLagIsPrunedAllTheSame() throws Exception {
		try (Rig rig = rig()) {
			Feed feed = shipped(rig);
			for (Path file : files(feed.directory())) {
				Files.setLastModifiedTime(file, FileTime.from(this.clock.instant().minus(Duration.ofDays(3))));
			}
			Path newest = last(directory(rig, feed, "wal"));
			Path hidden = Files.move(newest, this.temp.resolve("hidden"));
			check(feed);
			Files.move(hidden, newest);
			rig.commitAndShip(1);
			newest = last(directory(rig, feed, "wal"));
			Files.move(newest, hidden);
			this.clock.advance(Duration.ofSeconds(31));
			feed.settle();
			Files.move(hidden, newest);
			assertThat(rig.events()).contains("one deleted 1 and 2").noneMatch((event) -> event.contains("problem"));
			assertRestores(rig, feed);
			check(feed);
			assertThat(rig.events()).noneMatch((event) -> event.contains("problem"));
			assertThat(rig.generations()).hasSize(1);
		}
	}

	@Test
	void nothingIsDeletedOnTheWordOfAListingThatLacksSomething() throws Exception {
		try (Rig rig = rig()) {
			Feed feed = shipped(rig);
			for (Path file : files(feed.directory())) {
				Files.setLastModifiedTime(file, FileTime.from(this.clock.instant().minus(Duration.ofDays(3))));
			}
			Files.delete(directory(rig, feed, "wal").resolve("00000001_00000000.wal.lz4"));
			feed.client().forget();
			check(feed);
			this.clock.advance(Duration.ofSeconds(31));
			feed.maintenance().round();
			assertThat(feed.client().attempted()).noneMatch((operation) -> operation.startsWith("delete"));
			assertThat(feed.maintenance().problem()).contains("00000001_00000000");
		}
	}

	@Test
	void lossThatOnlyOlderStatesFeelIsNoProblem() throws Exception {
		try (Rig rig = rig()) {
			Feed feed = shipped(rig);
			Files.delete(files(directory(rig, feed, "wal")).get(1));
			check(feed);
			this.clock.advance(Duration.ofSeconds(31));
			feed.settle();
			assertThat(feed.maintenance().problem()).isNull();
			assertThat(rig.events()).noneMatch((event) -> event.contains("problem"));
			assertThat(rig.generations()).hasSize(1);
		}
	}

	@Test
	void firstSnapshotThatFailsIsAProblemUntilItIsTaken() throws Exception {
		try (Rig rig = rig()) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.client().before((operation) -> {
				if (operation.contains("/snapshots/")) {
					throw new IOException("no room for snapshots");
				}
			});
			assertThat(feed.maintenance().problem()).isNull();
			feed.maintenance().round();
			assertThat(feed.replicator().behindSince()).as("segments are shipped").isNull();
			assertThat(feed.maintenance().problem()).contains(rig.position().generation().name(),
					"no room for snapshots");
			this.clock.advance(Duration.ofMinutes(1));
			feed.maintenance().round();
			assertThat(rig.events()).containsOnlyOnce("one problem NOT_RESTORABLE");
			feed.client().heal();
			this.clock.advance(Duration.ofMinutes(1));
			feed.maintenance().round();
			assertThat(feed.maintenance().problem()).isNull();
			assertThat(rig.events()).containsOnlyOnce("one solved NOT_RESTORABLE");
			assertRestores(rig, feed);
		}
	}

	@Test
	void laterSnapshotThatFailsIsNoProblemAsTheFirstOneRestores() throws Exception {
		try (Rig rig = rig()) {
			Feed feed = shipped(rig);
			feed.client().before((operation) -> {
				if (operation.contains("/snapshots/")) {
					throw new IOException("no room for snapshots");
				}
			});
			this.clock.advance(Duration.ofHours(25));
			feed.maintenance().round();
			assertThat(feed.replicator().lastError()).contains("no room");
			assertThat(feed.maintenance().problem()).isNull();
		}
	}

	@Test
	void snapshotThatIsOverdueIsAProblemAlthoughNothingHasFailed() throws Exception {
		try (Rig rig = rig()) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			assertThat(feed.maintenance().problem()).isNull();
			this.clock.advance(Duration.ofSeconds(59));
			assertThat(feed.maintenance().problem()).isNull();
			this.clock.advance(Duration.ofSeconds(2));
			assertThat(feed.maintenance().problem()).contains("its first snapshot is overdue");
			feed.maintenance().round();
			assertThat(feed.maintenance().problem()).isNull();
		}
	}

	@Test
	void snapshotThatIsBeingWrittenIsWaitedFor() throws Exception {
		try (Rig rig = rig()) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			assertThat(feed.maintenance().problem()).isNull();
			String[] seen = { "nothing" };
			feed.client().after((operation) -> {
				if (operation.contains("/snapshots/")) {
					this.clock.advance(Duration.ofHours(2));
					seen[0] = String.valueOf(feed.maintenance().problem());
				}
			});
			feed.maintenance().round();
			assertThat(seen[0]).isEqualTo("null");
		}
	}

	@Test
	void generationWithoutASnapshotInTheListingIsNoticed() throws Exception {
		try (Rig rig = rig()) {
			Feed feed = shipped(rig);
			Generation generation = rig.position().generation();
			for (Path file : files(directory(rig, feed, "snapshots"))) {
				Files.delete(file);
			}
			Files.delete(directory(rig, feed, "snapshots"));
			check(feed);
			this.clock.advance(Duration.ofSeconds(31));
			feed.client().before((operation) -> {
				if (operation.startsWith("write ")) {
					throw new IOException("read-only");
				}
			});
			feed.maintenance().round();
			feed.maintenance().round();
			assertThat(feed.maintenance().problem()).contains(generation.name(), ".snapshot.lz4 is missing");
			assertThat(feed.replicator().lastError()).isEqualTo("read-only");
			feed.client().heal();
			this.clock.advance(Duration.ofMinutes(1));
			feed.settle();
			assertThat(feed.maintenance().problem()).isNull();
			assertRestores(rig, feed);
		}
	}

	@Test
	void validationThatFailsIsCuredByASnapshotAndIfThatDidNotHelpByANewGeneration() throws Exception {
		try (Rig rig = rig()) {
			Feed feed = shipped(rig);
			Generation generation = rig.position().generation();
			feed.client().forget();
			feed.maintenance().notRestorable(rig.position(), "a segment is damaged");
			assertThat(feed.maintenance().problem()).isEqualTo("a segment is damaged");
			feed.settle();
			assertThat(feed.client().stored()).singleElement().asString().contains("/snapshots/00000002");
			assertThat(feed.maintenance().problem()).as("nothing is proven yet").isEqualTo("a segment is damaged");

			feed.maintenance().notRestorable(rig.position(), "it still is");
			feed.settle();
			assertThat(rig.position().generation()).as("not at once").isEqualTo(generation);
			this.clock.advance(Duration.ofMinutes(2));
			feed.settle();
			feed.settle();
			assertThat(rig.generations()).hasSize(2);
			assertThat(rig.generations().get(1).reason()).isEqualTo(GenerationReason.REPLICA_DIVERGED);
			assertThat(feed.maintenance().problem()).isNotNull();
			feed.maintenance().restorable();
			assertThat(feed.maintenance().problem()).isNull();
			assertRestores(rig, feed);
		}
	}

	@Test
	void validationThatFindsAnotherOneRunningIsTriedAgainInASecondNotAnIntervalLater() throws Exception {
		try (Rig rig = rig()) {
			Feed feed = shipped(rig);
			int[] calls = { 0 };
			Maintenance maintenance = new Maintenance(feed.replicator(), feed.snapshots(), rig.shadower(),
					LitestreamListener.NONE, this.clock, this.clock, Duration.ofHours(24), () -> calls[0]++ > 0, () -> {
					});
			this.clock.advance(Duration.ofHours(24));
			maintenance.round();
			assertThat(calls[0]).isEqualTo(1);
			this.clock.advance(Duration.ofSeconds(1));
			maintenance.round();
			assertThat(calls[0]).isEqualTo(2);
			this.clock.advance(Duration.ofHours(23));
			maintenance.round();
			assertThat(calls[0]).isEqualTo(2);
		}
	}

}
