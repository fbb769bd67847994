package org.litestream4j.replication;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.replication.Rig.Feed;
import org.litestream4j.replication.Rig.Setup;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.testing.CapturedLog;
import org.litestream4j.testing.DelegatingStore;
import org.litestream4j.testing.SettableClock;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;

class MaintenanceTests {

	@TempDir
	private Path temp;

	private final SettableClock clock = new SettableClock(Instant.now());

	private Setup setup() {
		return Setup.in(this.temp).clock(this.clock);
	}

	private static List<String> snapshots(Feed feed) {
		return feed.client().stored().stream().filter((name) -> name.endsWith(".snapshot.lz4")).toList();
	}

	@Test
	void newGenerationGetsItsSnapshotAtOnceAndTheNextOneAfterTheInterval() throws Exception {
		try (Rig rig = Rig.start(setup())) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.maintenance().round();
			feed.maintenance().round();
			assertThat(snapshots(feed)).hasSize(1);
			rig.commitAndShip(1);
			feed.maintenance().round();
			assertThat(snapshots(feed)).hasSize(1);
			this.clock.advance(Duration.ofHours(25));
			feed.maintenance().round();
			assertThat(snapshots(feed)).hasSize(2);
			assertThat(feed.entries(this.temp)).contains(3);
		}
	}

	@Test
	void unchangedDatabaseGetsNoFurtherSnapshot() throws Exception {
		try (Rig rig = Rig.start(setup())) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.maintenance().round();
			this.clock.advance(Duration.ofDays(3));
			feed.maintenance().round();
			assertThat(snapshots(feed)).hasSize(1);
		}
	}

	@Test
	void snapshotThatFailedIsTriedAgainWithBackoffAndThenIsFine() throws Exception {
		try (Rig rig = Rig.start(setup())) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.client().before((operation) -> {
				if (operation.contains("/snapshots/")) {
					throw new java.io.IOException("no room for snapshots");
				}
			});
			feed.maintenance().round();
			assertThat(feed.replicator().lastError()).isEqualTo("no room for snapshots");
			assertThat(feed.maintenance().nextDue(this.clock.instant())).isAfter(this.clock.instant())
				.isBeforeOrEqualTo(this.clock.instant().plusSeconds(1));
			rig.commitAndShip(1); // shipping goes on
			assertThat(feed.replicator().position()).isEqualTo(rig.position());
			feed.client().heal();
			feed.maintenance().round();
			assertThat(feed.replicator().lastError()).isNull();
			assertThat(rig.events()).contains("one failing", "one recovered");
			assertThat(feed.entries(this.temp)).contains(3);
		}
	}

	@Test
	void retentionThatFailedIsTriedAgainSoonNotAnHourLater() throws Exception {
		try (Rig rig = Rig.start(setup())) {
			Feed feed = rig.replica("one", Duration.ofHours(1));
			rig.commitAndShip(2);
			feed.maintenance().round();
			this.clock.advance(Duration.ofMinutes(61));
			feed.client().fail();
			feed.maintenance().round();
			assertThat(feed.replicator().lastError()).isEqualTo("the store is away");
			feed.client().heal();
			Instant next = feed.maintenance().nextDue(this.clock.instant());
			assertThat(Duration.between(this.clock.instant(), next)).isLessThan(Duration.ofMinutes(2));
			this.clock.advance(Duration.ofMinutes(2));
			feed.client().forget();
			feed.maintenance().round();
			assertThat(feed.client().done()).contains("list generations");
			assertThat(feed.replicator().lastError()).isNull();
		}
	}

	@Test
	void idleReplicaIsAskedForNothingBetweenTwoRetentionChecks() throws Exception {
		try (Rig rig = Rig.start(setup())) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.settle();
			feed.client().forget();
			for (int i = 0; i < 59; i++) {
				this.clock.advance(Duration.ofMinutes(1));
				rig.shadower().step();
				feed.maintenance().round();
			}
			assertThat(feed.client().attempted()).isEmpty();
			this.clock.advance(Duration.ofMinutes(2));
			feed.maintenance().round();
			assertThat(feed.client().attempted()).containsExactly("list generations", "list snapshots",
					"list segments");
		}
	}

	@Test
	void clockThatRunsAheadOfTheStoresTakesNoFurtherSnapshots() throws Exception {
		this.clock.set(Duration.ofHours(26));
		for (boolean known : new boolean[] { true, false }) {
			try (Rig rig = Rig
				.start(Setup.in(Files.createDirectory(this.temp.resolve("known-" + known))).clock(this.clock))) {
				Feed feed = rig.replica("one", Duration.ofHours(24),
						(client) -> known ? behindBy(client, Duration.ofHours(26)) : client);
				for (int i = 0; i < 5; i++) {
					rig.commitAndShip(1);
					feed.maintenance().round();
					this.clock.advance(Duration.ofMinutes(2));
				}
				assertThat(snapshots(feed)).hasSize(1);
			}
		}
	}

	@Test
	void clockThatRunsAheadOfTheStoresDeletesNothingThatIsYoungThere() throws Exception {
		Instant stored = Instant.now();
		this.clock.set(Duration.between(this.clock.instant(), stored).plusHours(49));
		try (Rig rig = Rig.start(setup()); CapturedLog log = CapturedLog.begin()) {
			Feed feed = rig.replica("one", Duration.ofHours(24), (client) -> behindBy(client, Duration.ofHours(49)));
			for (int i = 0; i < 3; i++) {
				rig.commitAndShip(2);
				feed.snapshots().take();
			}
			this.clock.advance(Duration.ofMinutes(61));
			feed.maintenance().round();
			assertThat(feed.client().done()).contains("list generations")
				.noneMatch((operation) -> operation.startsWith("delete"));
			assertThat(log.warnings())
				.filteredOn((line) -> line.contains("clock is 49 h ahead of that of replica 'one'"))
				.hasSize(1);
		}
	}

	private static ObjectStore behindBy(ObjectStore store, Duration behind) {
		return new DelegatingStore(store) {
			@Override
			public Optional<Duration> clockOffset() {
				return Optional.of(behind.negated());
			}
		};
	}

	@Test
	void snapshotFromTheFutureDoesNotEndSnapshots() throws Exception {
		try (Rig rig = Rig.start(setup())) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.settle();
			age(rig, feed, Duration.ofDays(-400));
		}
		try (Rig rig = Rig.start(setup())) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(1);
			feed.maintenance().round();
			feed.maintenance().round();
			assertThat(rig.generations()).isEmpty();
			assertThat(snapshots(feed)).hasSize(1);
			this.clock.advance(Duration.ofHours(25));
			rig.commitAndShip(1);
			feed.maintenance().round();
			assertThat(snapshots(feed)).hasSize(2);
		}
	}

	@Test
	void clockThatIsSetBackDoesNotPutOffTheNextTry() throws Exception {
		try (Rig rig = Rig.start(setup())) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.client().before((operation) -> {
				if (operation.contains("/snapshots/")) {
					throw new java.io.IOException("no room for snapshots");
				}
			});
			feed.maintenance().round();
			this.clock.set(Duration.ofDays(-365));
			Instant now = this.clock.steady().instant();
			assertThat(feed.maintenance().nextDue(now)).isBeforeOrEqualTo(now.plusSeconds(1));
		}
	}

	@Test
	void retentionThatIsRefusedIsTriedAgainAtItsInterval() throws Exception {
		try (Rig rig = Rig.start(setup())) {
			Feed feed = rig.replica("one", Duration.ofHours(1));
			for (int i = 0; i < 3; i++) {
				rig.commitAndShip(2);
				feed.snapshots().take();
			}
			age(rig, feed, Duration.ofHours(3));
			feed.client().before((operation) -> {
				if (operation.startsWith("delete")) {
					throw new java.io.IOException("AccessDenied: no right to DeleteObject");
				}
			});
			this.clock.advance(Duration.ofMinutes(61));
			feed.maintenance().round();
			assertThat(feed.replicator().lastError()).contains("no right to DeleteObject").contains("'off'");
			assertThat(feed.replicator().isFailing()).isFalse();
			assertThat(rig.events()).doesNotContain("one failing");
			feed.client().forget();
			for (int i = 0; i < 59; i++) {
				this.clock.advance(Duration.ofMinutes(1));
				feed.maintenance().round();
			}
			assertThat(feed.client().attempted()).isEmpty();
			assertThat(feed.replicator().lastError()).contains("no right to DeleteObject");
			feed.client().heal();
			this.clock.advance(Duration.ofMinutes(2));
			feed.maintenance().round();
			assertThat(feed.replicator().lastError()).isNull();
			assertThat(feed.client().done()).contains("delete snapshots");
		}
	}

	@Test
	void retentionThatIsOffDeletesNothing() throws Exception {
		try (Rig rig = Rig.start(setup())) {
			Feed feed = rig.replica("one", Duration.ZERO);
			for (int i = 0; i < 3; i++) {
				rig.commitAndShip(2);
				feed.snapshots().take();
			}
			age(rig, feed, Duration.ofDays(4000));
			this.clock.advance(Duration.ofDays(400));
			feed.maintenance().round();
			assertThat(feed.client().done()).contains("list generations")
				.noneMatch((operation) -> operation.startsWith("delete"));
		}
	}

	@Test
	void restartsThatComeMoreOftenThanRetentionDoNotPutItOff() throws Exception {
		List<String> listings = new ArrayList<>();
		for (int i = 0; i < 7; i++) {
			try (Rig rig = Rig.start(setup())) {
				Feed feed = rig.replica("one");
				rig.commitAndShip(1);
				feed.maintenance().round();
				feed.client().done().stream().filter("list generations"::equals).forEach(listings::add);
				this.clock.advance(Duration.ofMinutes(20));
			}
		}
		assertThat(listings).hasSize(2);
	}

	@Test
	void startAtWhichRetentionIsDueTakesNoSnapshotOfAGenerationThatHasOne() throws Exception {
		try (Rig rig = Rig.start(setup())) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(1);
			feed.settle();
		}
		this.clock.advance(Duration.ofMinutes(61));
		try (Rig rig = Rig.start(setup())) {
			Feed feed = rig.replica("one");
			Thread maintenance = new Thread(() -> {
				try {
					// Before it is known what the replica holds
					feed.maintenance().round();
				}
				catch (InterruptedException ex) {
					Thread.currentThread().interrupt();
				}
			});
			maintenance.start();
			while (maintenance.getState() != Thread.State.TIMED_WAITING && maintenance.isAlive()) {
				Thread.onSpinWait();
			}
			feed.ship();
			maintenance.join();
			assertThat(rig.generations()).isEmpty();
			assertThat(feed.client().done()).contains("list generations");
			assertThat(snapshots(feed)).isEmpty();
			assertThat(feed.replicator().newestSnapshot()).isNotNull();
		}
	}

	@Test
	void positionIsToldWhenTheOldErrorIsGone() throws Exception {
		try (Rig rig = Rig.start(setup())) {
			Feed feed = rig.replica("one");
			feed.client().fail();
			rig.commitAndShip(1);
			List<String> errors = new ArrayList<>();
			feed.replicator().whenPositionKnown(() -> errors.add(String.valueOf(feed.replicator().lastError())));
			feed.client().heal();
			feed.ship();
			rig.commitAndShip(1);
			assertThat(errors).containsExactly("null");
		}
	}

	@Test
	void retentionDeletesWhatTheWindowDoesNotNeed() throws Exception {
		try (Rig rig = Rig.start(setup())) {
			Feed feed = rig.replica("one", Duration.ofHours(1));
			for (int i = 0; i < 4; i++) {
				rig.commitAndShip(2);
				feed.snapshots().take();
			}
			rig.commitAndShip(1);
			int before = TestDatabase.names(directory(rig, feed, "snapshots")).size();
			assertThat(before).isEqualTo(4);
			age(rig, feed);
			feed.maintenance().checkRetention(Instant.now().minus(Duration.ofHours(2)));
			assertThat(TestDatabase.names(directory(rig, feed, "snapshots"))).containsExactly("00000003.snapshot.lz4");
			assertThat(TestDatabase.names(directory(rig, feed, "wal")))
				.allMatch((name) -> name.startsWith("00000003_"));
			assertThat(feed.entries(this.temp)).contains(9);
		}
	}

	@Test
	void whenRetentionHasDeletedAnEndedIndexTheGenerationStillGoesOn() throws Exception {
		try (Rig rig = Rig.start(setup())) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.snapshots().take();
			rig.commitAndShip(2);
			assertThat(feed.snapshots().take().index()).isEqualTo(1);
			age(rig, feed);
			feed.maintenance().checkRetention(Instant.now().minus(Duration.ofHours(2)));
			assertThat(directory(rig, feed, "wal")).doesNotExist();

			feed.client().failNth(1);
			rig.commitAndShip(1);
			feed.ship();
			assertThat(rig.generations()).hasSize(1);
			assertThat(feed.entries(this.temp)).contains(5);
		}
	}

	private static Path directory(Rig rig, Feed feed, String kind) {
		return feed.directory().resolve("generations").resolve(rig.position().generation().name()).resolve(kind);
	}

	/** Makes all objects a day older. */
	private static void age(Rig rig, Feed feed) throws Exception {
		age(rig, feed, Duration.ofDays(1));
	}

	private static void age(Rig rig, Feed feed, Duration by) throws Exception {
		for (String kind : List.of("snapshots", "wal")) {
			Path directory = directory(rig, feed, kind);
			for (String name : TestDatabase.names(directory)) {
				Path object = directory.resolve(name);
				Instant at = Files.getLastModifiedTime(object).toInstant();
				Files.setLastModifiedTime(object, FileTime.from(at.minus(by)));
			}
		}
	}

}
