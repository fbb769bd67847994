package org.litestream4j.replication;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.LtxOptions;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.Writer;
import org.litestream4j.format.ltx.LtxFormat;
import org.litestream4j.lease.Catalog;
import org.litestream4j.lease.LogAccess;
import org.litestream4j.live.DatabaseView;
import org.litestream4j.testing.ChildProcess;
import org.litestream4j.testing.EnabledIfRealLitestream5;
import org.litestream4j.testing.EnabledIfSqlite3;
import org.litestream4j.testing.RealLitestream5;
import org.litestream4j.testing.Sqlite3;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The real Litestream v0.5 and ours on one replica, one after the other, and its
 * extension of SQLite beside us.
 */
@EnabledIfRealLitestream5
class LtxInteropIT {

	private static final LtxFormat LTX = LtxFormat.of(LtxOptions.DEFAULTS);

	@TempDir
	private Path directory;

	private Rig.Feed replica(Rig rig) {
		return rig.replica("replica", Duration.ofHours(24), (store) -> store, LTX);
	}

	private Path restore(String... options) throws IOException {
		Path restored = this.directory.resolve("restored.db");
		Files.deleteIfExists(restored);
		RealLitestream5.get().restore(RealLitestream5.url(this.directory.resolve("replica")), restored, options);
		return restored;
	}

	private void assertRestores(Rig rig) throws IOException {
		Path expected = this.directory.resolve("expected.db");
		try (DatabaseView view = rig.shadower().openView(-1); OutputStream out = Files.newOutputStream(expected)) {
			view.writeTo(out);
		}
		assertThat(Files.mismatch(restore(), expected)).isEqualTo(-1);
	}

	private List<String> singles() throws IOException {
		try (Stream<Path> found = Files.list(this.directory.resolve("replica/ltx/0"))) {
			return found.map((path) -> path.getFileName().toString().replaceAll("0{10,}", "")).sorted().toList();
		}
	}

	private int replicateWithTheRealOne(int commits, int expected) throws IOException, SQLException {
		int before = singles().size();
		Path database = this.directory.resolve("app.db");
		try (ChildProcess real = RealLitestream5.get()
			.replicate(database, RealLitestream5.url(this.directory.resolve("replica")));
				TestDatabase application = TestDatabase.open(database)) {
			application.commits(commits);
			long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
			while (TestDatabase.entriesIn(restore()) != expected && System.nanoTime() < deadline) {
				Thread.onSpinWait();
			}
			assertThat(real.isAlive()).isTrue();
		}
		return singles().size() - before;
	}

	@Test
	void realOneTakesOurReplicaOverAndGivesItBack() throws Exception {
		for (int round = 1; round <= 2; round++) {
			try (Rig rig = Rig.start(this.directory)) {
				Rig.Feed feed = replica(rig);
				rig.commitAndCopy(2);
				feed.settle();
				feed.settle();
				rig.commitAndShip(3);
				rig.endIndex();
				rig.commitAndShip(3);
				assertRestores(rig);
				assertThat(feed.replicator().position()).isEqualTo(rig.position());
			}
			assertThat(replicateWithTheRealOne(4, 12 * round)).isPositive();
			assertThat(TestDatabase.entriesIn(restore())).isEqualTo(12 * round);
		}
	}

	@Test
	void everyTransactionOfOursIsRestoredByTheRealOne() throws Exception {
		try (Rig rig = Rig.start(this.directory)) {
			Rig.Feed feed = replica(rig);
			rig.commitAndCopy(1);
			feed.settle();
			for (int i = 2; i <= 10; i++) {
				rig.commitAndShip(1);
			}
			feed.snapshots().take();
			for (int txid = 1; txid <= 10; txid++) {
				assertThat(TestDatabase.entriesIn(restore("-txid", "%016x".formatted(txid)))).isEqualTo(txid);
			}
		}
	}

	@Test
	void fenceChangesNothingForTheRealOne() throws Exception {
		try (Rig rig = Rig.start(this.directory)) {
			Rig.Feed feed = replica(rig);
			rig.commitAndCopy(3);
			feed.settle();
			rig.commitAndShip(2);
			fence(feed, "00000000000000aa", 1);
			fence(feed, "00000000000000ab", 2);
			assertRestores(rig);
			feed.client().failNth(1);
			rig.commitAndShip(1);
			rig.commitAndShip(1);
			assertThat(singles()).containsExactly("1-1.ltx", "2-2.ltx", "3-3.ltx", "4-4.ltx", "5-5.ltx", "6-6.ltx");
			assertRestores(rig);
			fence(feed, "00000000000000ac", 3);
		}
		replicateWithTheRealOne(1, 8);
		assertThat(TestDatabase.entriesIn(restore())).isEqualTo(8);
	}

	private static void fence(Rig.Feed feed, String run, long epoch) throws IOException {
		LogAccess access = LTX.access(feed.client());
		Catalog.Log log = access.catalog().logs().get(0);
		WalPosition at = new WalPosition(log.end().generation(), log.end().index() + 1, 0);
		assertThat(access.putFence(at, new Writer(run, epoch))).isTrue();
		assertThat(access.putFence(at, new Writer(run, epoch))).as("its answer was lost").isTrue();
		assertThat(access.putFence(at, new Writer("00000000000000ff", epoch))).as("another one").isFalse();
		assertThat(access.catalog().logs()).as("adds nothing").containsExactly(log);
	}

	@Test
	@EnabledIfSqlite3
	void extensionOfSqliteReadsRowsWhileWeWrite() throws Exception {
		Path extension = RealLitestream5.extension().orElseThrow();
		try (Rig rig = Rig.start(this.directory)) {
			Rig.Feed feed = replica(rig);
			rig.commitAndCopy(1);
			feed.settle();
			rig.commitAndShip(1);
			fence(feed, "00000000000000aa", 1);
			feed.client().failNth(1);
			rig.commitAndShip(1);
			ProcessBuilder builder = new ProcessBuilder(Sqlite3.find().orElseThrow().toString(), "-batch", ":memory:");
			builder.environment()
				.putAll(Map.of("LITESTREAM_REPLICA_URL", RealLitestream5.url(feed.directory()), "LITESTREAM_LOG_FILE",
						this.directory.resolve("vfs.log").toString()));
			try (ChildProcess reader = ChildProcess.start("sqlite3", builder, Duration.ofMinutes(1))) {
				reader.send(".load " + extension);
				reader.send(".open file:replica.db?vfs=litestream");
				int expected = 3;
				for (int i = 0; i < 4; i++) {
					rig.commitAndShip(3);
					expected += 3;
					feed.upkeep();
					String wanted = "rows " + expected;
					long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
					String seen;
					do {
						reader.send("SELECT 'rows ' || count(*) FROM ledger;");
						seen = reader.awaitLine((line) -> line.startsWith("rows ") || line.contains("rror"));
					}
					while (!seen.equals(wanted) && System.nanoTime() < deadline);
					assertThat(seen).isEqualTo(wanted);
				}
			}
		}
	}

}
