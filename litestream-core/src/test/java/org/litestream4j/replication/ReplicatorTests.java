package org.litestream4j.replication;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.LitestreamRestore;
import org.litestream4j.Replica;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreRequest;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Generation;
import org.litestream4j.format.Lz4;
import org.litestream4j.format.v03.ReplicaLayout;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.replication.Rig.Feed;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.StoredObject;
import org.litestream4j.testing.DelegatingStore;
import org.litestream4j.testing.FaultyStore;
import org.litestream4j.testing.SettableClock;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;

class ReplicatorTests {

	@TempDir
	private Path temp;

	@Test
	void segmentsFollowEachOtherAndNothingIsSentTwice() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			for (int i = 0; i < 5; i++) {
				rig.commitAndShip(2);
				feed.ship();
			}
			feed.settle();
			assertThat(feed.replicator().position()).isEqualTo(rig.position());
			assertThat(feed.client().stored()).doesNotHaveDuplicates();
			assertThat(feed.client().stored()).hasSize(6);
			assertThat(feed.entries(this.temp)).contains(10);
		}
	}

	@Test
	void whenTheNthOperationFailsNothingIsLostOrSentTwice() throws Exception {
		for (int n = 1; n <= 12; n++) {
			Path directory = Files.createDirectory(this.temp.resolve("fail" + n));
			try (Rig rig = Rig.start(directory)) {
				Feed feed = rig.replica("one");
				feed.client().failNth(n);
				work(rig, feed);
				assertSettled(rig, feed, directory);
				assertThat(feed.client().stored()).doesNotHaveDuplicates();
			}
		}
	}

	@Test
	void whenOnlyTheAnswerIsLostTheObjectIsNotSentAgain() throws Exception {
		for (int n = 1; n <= 12; n++) {
			Path directory = Files.createDirectory(this.temp.resolve("lost" + n));
			try (Rig rig = Rig.start(directory)) {
				Feed feed = rig.replica("one");
				int[] left = { n };
				feed.client().after((operation) -> {
					if (--left[0] == 0) {
						throw new IOException("the answer to '%s' is lost".formatted(operation));
					}
				});
				work(rig, feed);
				assertSettled(rig, feed, directory);
				assertThat(feed.client().stored()).doesNotHaveDuplicates();
			}
		}
	}

	private static void work(Rig rig, Feed feed) throws Exception {
		rig.commitAndShip(1);
		feed.settle();
		rig.commitAndShip(3);
		rig.commitAndShip(3);
		rig.endIndex();
		rig.commitAndShip(3);
		feed.settle();
	}

	private void assertSettled(Rig rig, Feed feed, Path scratch) throws Exception {
		feed.client().heal();
		feed.settle();
		feed.settle();
		assertThat(feed.replicator().position()).isEqualTo(rig.position());
		assertThat(feed.replicator().lastError()).isNull();
		assertThat(feed.entries(scratch)).contains(rig.database().committed());
		assertThat(rig.generations()).hasSize(1);
	}

	@Test
	void positionIsReadFromTheListingAfterAnErrorAndOnlyThen() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(1);
			feed.settle();
			feed.client().forget();
			rig.commitAndShip(1);
			assertThat(feed.client().attempted()).noneMatch((operation) -> operation.startsWith("list"));

			feed.client().failNth(1);
			rig.commitAndShip(1);
			assertThat(feed.replicator().position()).isNull();
			assertThat(feed.replicator().lastError()).contains("operation 1 fails");
			feed.client().forget();
			feed.ship();
			assertThat(feed.client().attempted()).startsWith("list snapshots", "list segments");
			assertThat(feed.replicator().position()).isEqualTo(rig.position());
		}
	}

	@Test
	void whatWasKnownOfAReplicaStaysKnownWhileItFails() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.settle();
			var reached = rig.position();
			var snapshot = feed.replicator().newestSnapshot();
			feed.client().fail();
			rig.commitAndShip(1);
			feed.ship();
			assertThat(feed.replicator().lastPosition()).isEqualTo(reached);
			assertThat(feed.replicator().lastSnapshot()).isNotNull().isEqualTo(snapshot);
		}
	}

	@Test
	void whatIsShippedAfterAnOutageHasTheTimesOfItsCommits() throws Exception {
		SettableClock clock = new SettableClock(Instant.parse("2026-01-31T11:00:00Z"));
		try (Rig rig = Rig.start(Rig.Setup.in(this.temp).clock(clock))) {
			Map<WalPosition, Instant> sent = new LinkedHashMap<>();
			Feed feed = rig.replica("one", Duration.ofDays(1), (store) -> new DelegatingStore(store) {
				@Override
				public StoredObject put(NewObject object, ObjectContent content) throws IOException {
					StoredObject stored = super.put(object, content);
					Instant committedAt = Instant.parse(object.metadata().get("litestream-committed-at"));
					String generation = object.name().split("/")[1];
					ReplicaLayout.parseSegment(new Generation(generation), stored.fileName(), 1, committedAt)
						.ifPresent((segment) -> sent.put(segment.start(), committedAt));
					return stored;
				}
			});
			rig.commitAndShip(1);
			WalPosition first = rig.position();
			feed.client().fail();
			clock.advance(Duration.ofSeconds(10));
			rig.commitAndShip(1);
			clock.advance(Duration.ofSeconds(10));
			rig.commitAndShip(1);
			WalPosition second = rig.position();
			clock.advance(Duration.ofHours(1));
			rig.commitAndShip(1);
			feed.client().heal();
			feed.ship();
			assertThat(feed.replicator().position()).isEqualTo(rig.position());
			assertThat(sent).containsEntry(first, Instant.parse("2026-01-31T11:00:10Z"));
			assertThat(sent.values()).last().isEqualTo(Instant.parse("2026-01-31T12:00:20Z"));
			assertThat(sent).containsKey(second);
		}
	}

	@Test
	void stateBetweenTwoCommitsOfAnOutageCanBeRestored() throws Exception {
		Instant begin = Instant.parse("2026-01-31T11:00:00Z");
		SettableClock clock = new SettableClock(begin);
		try (Rig rig = Rig.start(Rig.Setup.in(this.temp).clock(clock))) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(1);
			feed.settle();
			// What is stored so far was stored in time, by the engine's clock
			try (Stream<Path> stored = Files.walk(feed.directory())) {
				for (Path path : stored.toList()) {
					Files.setLastModifiedTime(path, FileTime.from(begin));
				}
			}
			feed.client().fail();
			for (int i = 2; i <= 4; i++) {
				clock.advance(Duration.ofMinutes(10));
				rig.commitAndShip(1);
			}
			clock.advance(Duration.ofHours(3));
			feed.client().heal();
			feed.ship();
			assertThat(feed.replicator().position()).isEqualTo(rig.position());
			for (int i = 1; i <= 4; i++) {
				Path restored = this.temp.resolve("restored-%d.db".formatted(i));
				Instant between = begin.plus(Duration.ofMinutes(10L * i - 5));
				Replica source = new Replica("one", new FileStore(feed.directory(), SystemDisk.ownerOnly()),
						Replica.Options.DEFAULTS);
				new LitestreamRestore("app", List.of(source), LitestreamListener.NONE).restore(
						new RestoreRequest(restored, null, RestoreTarget.asOf(between), RestoreOptions.DEFAULTS),
						RestoreProgress.NONE);
				assertThat(TestDatabase.entriesIn(restored)).as("at %s", between).isEqualTo(i);
			}
		}
	}

	@Test
	void replicaThatFailsDoesNotHoldAnotherBack() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed good = rig.replica("good");
			Feed bad = rig.replica("bad");
			rig.commitAndShip(2);
			good.settle();
			bad.settle();
			bad.client().fail();
			rig.commitAndShip(3);
			rig.endIndex();
			rig.commitAndShip(3);
			assertThat(good.replicator().position()).isEqualTo(rig.position());
			assertThat(good.replicator().lastError()).isNull();
			assertThat(bad.replicator().lastError()).contains("the store is away");
			assertThat(good.entries(this.temp)).contains(8);
			assertThat(bad.entries(this.temp)).contains(2);

			bad.client().heal();
			bad.ship();
			assertThat(bad.entries(this.temp)).contains(8);
			assertThat(rig.events()).containsOnlyOnce("bad failing", "bad recovered").doesNotContain("good failing");
			assertThat(rig.generations()).hasSize(1);
		}
	}

	@Test
	void foreignBytesInTheNewestSegmentStartAGeneration() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = shipped(rig);
			List<Path> segments = files(feed, "wal");
			Path last = segments.get(segments.size() - 1);
			byte[] content = decompress(last);
			content[content.length - 1]++;
			Files.write(last, compress(content));
			assertDiverges(rig, feed, "is not what the local WAL holds");
		}
	}

	private static byte[] decompress(Path object) throws IOException {
		try (InputStream in = Lz4.decompress(Files.newInputStream(object))) {
			return in.readAllBytes();
		}
	}

	private static byte[] compress(byte[] content) throws IOException {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		try (OutputStream out = Lz4.compress(bytes, content.length)) {
			out.write(content);
		}
		return bytes.toByteArray();
	}

	@Test
	void replicaThatLacksAnIndexStartsAGeneration() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = shipped(rig);
			for (int i = 0; i < 2; i++) {
				rig.endIndex();
				rig.commitAndShip(1);
			}
			assertThat(rig.position().index()).isEqualTo(2);
			Files.delete(files(feed, "wal").stream()
				.filter((path) -> path.getFileName().toString().startsWith("00000001_"))
				.findFirst()
				.orElseThrow());
			assertDiverges(rig, feed, "lacks WAL index 00000001");
		}
	}

	@Test
	void replicaAheadOfTheLocalWalStartsAGeneration() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = shipped(rig);
			Path wal = feed.directory().resolve("generations/%s/wal".formatted(rig.position().generation().name()));
			Files.copy(files(feed, "wal").get(0), wal.resolve("00000001_00000000.wal.lz4"));
			assertDiverges(rig, feed, "holds more than the local copy, which ends at");
		}
	}

	@Test
	void damagedNewestSegmentIsWrittenAgain() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = shipped(rig);
			List<Path> segments = files(feed, "wal");
			Path last = segments.get(segments.size() - 1);
			byte[] bytes = Files.readAllBytes(last);
			Files.write(last, Arrays.copyOf(bytes, bytes.length / 2));
			feed.client().failNth(1);
			rig.commitAndShip(1);
			feed.ship();
			assertThat(feed.entries(this.temp)).contains(rig.database().committed());
			assertThat(rig.generations()).hasSize(1);
		}
	}

	/** A replica with a snapshot and several segments. */
	private static Feed shipped(Rig rig) throws Exception {
		Feed feed = rig.replica("one");
		rig.commitAndShip(2);
		feed.settle();
		rig.commitAndShip(2);
		rig.commitAndShip(2);
		return feed;
	}

	private void assertDiverges(Rig rig, Feed feed, String why) throws Exception {
		Generation before = rig.position().generation();
		feed.client().failNth(1); // so that it looks again
		rig.commitAndShip(1);
		feed.ship();
		assertThat(rig.generations()).hasSize(2);
		assertThat(rig.generations().get(1).reason()).isEqualTo(GenerationReason.REPLICA_DIVERGED);
		assertThat(rig.generations().get(1).detail()).contains("'one'").contains(why);
		assertThat(rig.position().generation()).isNotEqualTo(before);
		feed.settle();
		assertThat(feed.replicator().position()).isEqualTo(rig.position());
		assertThat(feed.entries(this.temp)).contains(rig.database().committed());
	}

	@Test
	void generationThatChangesWhileAReplicaIsReadIsNoDivergence() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.settle();
			feed.client().failNth(1);
			rig.commitAndShip(1);
			once(feed.client(), "list segments",
					() -> rig.shadower().startGeneration(GenerationReason.REQUESTED, "somebody asked"));
			feed.ship();
			feed.settle();
			assertThat(rig.generations()).hasSize(2);
			assertThat(feed.replicator().position()).isEqualTo(rig.position());
			assertThat(feed.entries(this.temp)).contains(3);
		}
	}

	@Test
	void generationThatChangesWhileASegmentIsWrittenIsNoFailure() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.settle();
			rig.commitAndCopy(1);
			rig.endIndex();
			rig.commitAndCopy(1);
			once(feed.client(), "write",
					() -> rig.shadower().startGeneration(GenerationReason.REQUESTED, "somebody asked"));
			feed.ship();
			assertThat(feed.replicator().lastError()).isNull();
			feed.settle();
			assertThat(rig.generations()).hasSize(2);
			assertThat(rig.events()).doesNotContain("one failing");
			assertThat(feed.entries(this.temp)).contains(4);
		}
	}

	/** Something that happens in between. */
	@FunctionalInterface
	private interface Event {

		void happen() throws IOException;

	}

	private static void once(FaultyStore client, String operation, Event event) {
		boolean[] happened = { false };
		client.before((begun) -> {
			if (begun.startsWith(operation) && !happened[0]) {
				happened[0] = true;
				event.happen();
			}
		});
	}

	@Test
	void whenTwoReplicasAreAbandonedOneGenerationServesBoth() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed one = rig.replica("one");
			Feed two = rig.replica("two");
			rig.commitAndShip(1);
			one.settle();
			two.settle();
			one.replicator().abandon(rig.position().generation());
			two.replicator().abandon(rig.position().generation());
			one.ship();
			one.settle();
			two.ship();
			two.settle();
			assertThat(rig.generations()).hasSize(2);
			assertThat(one.entries(this.temp)).contains(1);
			assertThat(two.entries(this.temp)).contains(1);
		}
	}

	@Test
	void statusKnowsSinceWhenAReplicaIsBehind() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(1);
			assertThat(feed.replicator().behindSince()).isNull();
			feed.client().fail();
			rig.commitAndShip(1);
			assertThat(feed.replicator().behindSince()).isNotNull();
			feed.client().heal();
			feed.ship();
			assertThat(feed.replicator().behindSince()).isNull();
			assertThat(feed.replicator().lastSyncAt()).isNotNull();
		}
	}

	private static List<Path> files(Feed feed, String kind) throws IOException {
		try (var paths = Files.walk(feed.directory())) {
			return paths.filter(Files::isRegularFile)
				.filter((path) -> path.toString().contains("/" + kind + "/"))
				.sorted()
				.toList();
		}
	}

}
