package org.litestream4j.replication;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.LitestreamRestore;
import org.litestream4j.LtxOptions;
import org.litestream4j.Replica;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreRequest;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.ltx.LtxFile;
import org.litestream4j.format.ltx.LtxFormat;
import org.litestream4j.format.ltx.LtxReplica;
import org.litestream4j.inspect.CheckReport;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.live.DatabaseView;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.testing.EnabledIfRealLitestream5;
import org.litestream4j.testing.RealLitestream5;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A replica in the format of Litestream v0.5, as it is written without threads; what it
 * holds is what the real one restores.
 */
@EnabledIfRealLitestream5
class LtxShippingTests {

	@TempDir
	private Path directory;

	private Rig.Feed replica(Rig rig) {
		return rig.replica("replica", Duration.ofHours(24), (store) -> store, LtxFormat.of(LtxOptions.DEFAULTS));
	}

	private static List<String> files(Rig.Feed feed) throws IOException {
		try (Stream<Path> found = Files.walk(feed.directory().resolve("ltx"))) {
			return found.filter(Files::isRegularFile)
				.map((path) -> feed.directory().resolve("ltx").relativize(path).toString())
				.map((name) -> name.replaceAll("0{10,}", ""))
				.sorted()
				.toList();
		}
	}

	private void assertRestores(Rig rig, Rig.Feed feed) throws IOException {
		assertRestores(rig, (restored) -> RealLitestream5.get().restore(feed.directory(), restored));
	}

	private void assertRestoresHere(Rig rig, Rig.Feed feed) throws IOException {
		assertRestores(rig, (restored) -> restoreHere(feed, RestoreTarget.latest(), restored));
	}

	private static void restoreHere(Rig.Feed feed, RestoreTarget target, Path output) throws IOException {
		Replica replica = new Replica("replica", store(feed), Replica.Options.DEFAULTS);
		new LitestreamRestore("app", List.of(replica), LitestreamListener.NONE)
			.restore(RestoreRequest.latest(output).withTarget(target));
	}

	private static ObjectStore store(Rig.Feed feed) {
		return new FileStore(feed.directory(), SystemDisk.ownerOnly());
	}

	private interface Restore {

		void to(Path restored) throws IOException;

	}

	private void assertRestores(Rig rig, Restore restore) throws IOException {
		Path restored = this.directory.resolve("restored.db");
		Files.deleteIfExists(restored);
		restore.to(restored);
		Path expected = this.directory.resolve("expected.db");
		try (DatabaseView view = rig.shadower().openView(-1); OutputStream out = Files.newOutputStream(expected)) {
			view.writeTo(out);
		}
		assertThat(Files.mismatch(restored, expected)).isEqualTo(-1);
	}

	@Test
	void emptyReplicaBeginsWithTheWholeDatabaseAndGoesOnWithWhatChanges() throws Exception {
		try (Rig rig = Rig.start(this.directory)) {
			Rig.Feed feed = replica(rig);
			rig.commitAndCopy(3);
			feed.settle();
			assertThat(files(feed)).containsExactly("0/1-1.ltx", "9/1-1.ltx");
			assertRestores(rig, feed);
			rig.commitAndShip(2);
			rig.commitAndShip(5);
			assertThat(files(feed)).containsExactly("0/1-1.ltx", "0/2-2.ltx", "0/3-3.ltx", "9/1-1.ltx");
			assertRestores(rig, feed);
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 512, 1024, 4096, 32768, 65536 })
	void whateverPagesAndSizesEveryStateIsRestoredByteForByte(int pageSize) throws Exception {
		Path database = this.directory.resolve("app.db");
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
				Statement statement = connection.createStatement()) {
			statement.execute("PRAGMA page_size=" + pageSize);
			statement.execute("CREATE TABLE big (id INTEGER PRIMARY KEY, v BLOB)");
		}
		try (Rig rig = Rig.start(this.directory)) {
			Rig.Feed feed = replica(rig);
			feed.settle();
			rig.commitAndShip(3);
			int[] rows = { 20, 200, 1, 90 };
			for (int step = 0; step < rows.length; step++) {
				rig.database()
					.execute("INSERT INTO big (v) SELECT randomblob(%d) FROM generate_series(1, %d)"
						.formatted(pageSize, rows[step])
						.replace("generate_series(1, %d)".formatted(rows[step]),
								"(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i FROM n)"
									.formatted(rows[step])));
				rig.commitAndShip(1);
				assertRestores(rig, feed);
				rig.database().execute("DELETE FROM big WHERE id % 3 = " + step % 3);
				if (step % 2 == 1) {
					rig.database().execute("VACUUM");
				}
				rig.commitAndShip(2);
				assertRestores(rig, feed);
				rig.endIndex();
				rig.commitAndShip(1);
				assertRestores(rig, feed);
			}
			assertThat(rig.generations()).hasSize(1);
		}
	}

	@Test
	void pagesThatWereSpiltAndRolledBackNeverReachTheReplica() throws Exception {
		try (Rig rig = Rig.start(this.directory)) {
			Rig.Feed feed = replica(rig);
			rig.database().execute("CREATE TABLE spilt (id INTEGER PRIMARY KEY, v BLOB)");
			rig.commitAndCopy(1);
			feed.settle();
			for (int round = 0; round < 3; round++) {
				long files = files(feed).size();
				try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + rig.database().path());
						Statement statement = other.createStatement()) {
					statement.execute("PRAGMA cache_size=5");
					long before = walSize(rig);
					statement.execute("BEGIN IMMEDIATE");
					statement.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
							+ " INSERT INTO spilt (v) SELECT zeroblob(2000) FROM n");
					if (round == 0) { // later it is written over what was spilt before
						assertThat(walSize(rig)).as("what was spilt").isGreaterThan(before);
					}
					rig.shadower().step();
					feed.ship();
					assertThat(files(feed)).hasSize((int) files);
					statement.execute("ROLLBACK");
				}
				rig.commitAndShip(1);
				assertRestores(rig, feed);
				Path newest = feed.directory()
					.resolve("ltx/0/%1$016x-%1$016x.ltx"
						.formatted(Objects.requireNonNull(feed.replicator().txid()).value()));
				assertThat(Files.size(newest)).as("a few pages").isLessThan(20_000);
				if (round == 1) {
					rig.endIndex();
				}
			}
		}
	}

	private static long walSize(Rig rig) throws IOException {
		return Files.size(Path.of(rig.database().path() + "-wal"));
	}

	@Test
	void whatIsShippedAfterARestartGoesOn() throws Exception {
		try (Rig rig = Rig.start(this.directory)) {
			Rig.Feed feed = replica(rig);
			rig.commitAndCopy(1);
			feed.settle();
			rig.commitAndShip(2);
		}
		try (Rig rig = Rig.start(this.directory)) {
			Rig.Feed feed = replica(rig);
			rig.commitAndShip(2);
			feed.settle();
			assertThat(files(feed)).containsExactly("0/1-1.ltx", "0/2-2.ltx", "0/3-3.ltx", "9/1-1.ltx");
			assertRestores(rig, feed);
			assertThat(rig.generations()).isEmpty();
		}
	}

	@Test
	void newGenerationGoesOnWithTheWholeDatabase() throws Exception {
		try (Rig rig = Rig.start(this.directory)) {
			Rig.Feed feed = replica(rig);
			rig.commitAndCopy(1);
			feed.settle();
			rig.commitAndShip(2);
			rig.shadower().leaveGeneration(rig.position().generation(), GenerationReason.REPLICA_DIVERGED, "a test");
			rig.commitAndShip(1);
			feed.ship();
			assertThat(files(feed)).as("pieces wait").containsExactly("0/1-1.ltx", "0/2-2.ltx", "9/1-1.ltx");
			feed.settle();
			rig.commitAndShip(1);
			assertThat(files(feed)).containsExactly("0/1-1.ltx", "0/2-2.ltx", "0/3-3.ltx", "0/4-4.ltx", "9/1-1.ltx",
					"9/1-3.ltx");
			assertRestores(rig, feed);
		}
	}

	@Test
	void firstSnapshotIsNamedByWhatItHoldsWhateverIsShippedMeanwhile() throws Exception {
		try (Rig rig = Rig.start(this.directory)) {
			Rig.Feed feed = replica(rig);
			rig.commitAndCopy(3);
			feed.ship();
			AtomicBoolean shipped = new AtomicBoolean();
			feed.replicator().wakenBy(() -> {
				if (feed.replicator().newestSnapshot() != null && shipped.compareAndSet(false, true)) {
					commitAndShip(rig);
				}
			});
			feed.settle();
			assertThat(shipped).isTrue();
			assertThat(files(feed)).containsExactly("0/1-1.ltx", "0/2-2.ltx", "9/1-1.ltx");
			assertRestores(rig, feed);
		}
	}

	private static void commitAndShip(Rig rig) {
		try {
			rig.commitAndShip(1);
		}
		catch (IOException | SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	void snapshotIsMadeOfWhatTheReplicaHolds() throws Exception {
		try (Rig rig = Rig.start(this.directory)) {
			Rig.Feed feed = replica(rig);
			rig.commitAndCopy(1);
			feed.settle();
			rig.commitAndShip(2);
			rig.commitAndShip(3);
			feed.snapshots().take();
			assertThat(files(feed)).containsExactly("0/1-1.ltx", "0/2-2.ltx", "0/3-3.ltx", "9/1-1.ltx", "9/1-3.ltx");
			Files.delete(feed.directory().resolve("ltx/0/0000000000000002-0000000000000002.ltx"));
			assertRestores(rig, feed);
		}
	}

	@Test
	void whatIsLostIsMadeGoodByTheWholeDatabase() throws Exception {
		try (Rig rig = Rig.start(this.directory)) {
			Rig.Feed feed = replica(rig);
			rig.commitAndCopy(1);
			feed.settle();
			rig.commitAndShip(2);
			rig.commitAndShip(3);
			rig.commitAndShip(1);
			Files.delete(feed.directory().resolve("ltx/0/0000000000000003-0000000000000003.ltx"));
			feed.maintenance().checkRetention(Instant.MIN);
			feed.maintenance().checkRetention(Instant.MIN);
			feed.settle();
			rig.commitAndShip(1);
			assertThat(files(feed)).containsExactly("0/1-1.ltx", "0/2-2.ltx", "0/4-4.ltx", "0/5-5.ltx", "0/6-6.ltx",
					"9/1-1.ltx", "9/1-5.ltx");
			assertRestores(rig, feed);
			assertThat(rig.generations()).as("none but the first").hasSize(1);
			assertThat(rig.events()).contains("replica problem NOT_RESTORABLE", "replica solved NOT_RESTORABLE");
		}
	}

	@Test
	void pieceWhoseAnswerWasLostIsNotWrittenTwice() throws Exception {
		try (Rig rig = Rig.start(this.directory)) {
			Rig.Feed feed = replica(rig);
			rig.commitAndCopy(1);
			feed.settle();
			feed.client().after((call) -> {
				throw new IOException("the answer was lost");
			});
			rig.commitAndShip(2);
			feed.client().heal();
			rig.commitAndShip(2);
			assertThat(files(feed)).containsExactly("0/1-1.ltx", "0/2-2.ltx", "0/3-3.ltx", "9/1-1.ltx");
			assertRestores(rig, feed);
		}
	}

	@Test
	void compactionAsksTheStoreForNothingThatWasJustStored() throws Exception {
		Duration atOnce = Duration.ofNanos(1);
		LtxOptions options = new LtxOptions(List.of(atOnce, Duration.ofDays(1), Duration.ofDays(1)), Duration.ZERO);
		try (Rig rig = Rig.start(this.directory)) {
			Rig.Feed feed = rig.replica("replica", Duration.ofHours(24), (store) -> store, LtxFormat.of(options));
			rig.commitAndCopy(1);
			feed.settle();
			feed.upkeep();
			for (int i = 0; i < 20; i++) {
				rig.commitAndShip(1);
			}
			feed.client().forget();
			feed.upkeep();
			assertThat(feed.client().attempted()).hasSize(1)
				.allMatch((operation) -> operation.startsWith("write ltx/1/"));
			assertRestores(rig, feed);
		}
	}

	@Test
	void thousandTransactionsAreCompactedAndPruned() throws Exception {
		Duration atOnce = Duration.ofNanos(1);
		LtxOptions options = new LtxOptions(List.of(atOnce, atOnce, Duration.ofDays(1)), Duration.ZERO);
		try (Rig rig = Rig.start(this.directory)) {
			Rig.Feed feed = rig.replica("replica", Duration.ofHours(24), (store) -> store, LtxFormat.of(options));
			rig.commitAndCopy(1);
			feed.settle();
			for (int i = 2; i <= 1000; i++) {
				rig.commitAndShip(1);
				if (i % 300 == 0) {
					feed.upkeep();
				}
			}
			assertRestores(rig, feed);
			feed.upkeep();
			feed.maintenance().checkRetention(Instant.EPOCH);
			assertThat(files(feed)).contains("0/3e8-3e8.ltx").filteredOn((name) -> name.startsWith("0/")).hasSize(1);
			assertRestores(rig, feed);
			rig.commitAndShip(1);
			assertRestores(rig, feed);
		}
	}

	private void makeAnew(int pageSize) throws IOException, SQLException {
		Path database = this.directory.resolve("app.db");
		for (String suffix : List.of("", "-wal", "-shm")) {
			Files.deleteIfExists(Path.of(database + suffix));
		}
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
				Statement statement = connection.createStatement()) {
			statement.execute("PRAGMA page_size=" + pageSize);
			statement.execute("CREATE TABLE anew (id INTEGER PRIMARY KEY, v BLOB)");
		}
	}

	/** Files of level 1 follow one another, up to the last transaction. */
	private static void assertGapless(Rig.Feed feed) throws IOException {
		long expected = 1;
		for (LtxFile file : new LtxReplica(store(feed)).list(1)) {
			assertThat(file.minTxid()).isEqualTo(expected);
			expected = file.maxTxid() + 1;
		}
		assertThat(expected).isEqualTo(Objects.requireNonNull(feed.replicator().txid()).value() + 1);
	}

	@Test
	void databaseThatIsMadeAnewWithAnotherPageSizeIsCompactedAndRestored() throws Exception {
		Duration atOnce = Duration.ofNanos(1);
		LtxFormat format = LtxFormat.of(new LtxOptions(List.of(atOnce, atOnce, Duration.ofDays(1)), Duration.ZERO));
		int[] pageSizes = { 4096, 8192, 1024 };
		for (int pageSize : pageSizes) {
			makeAnew(pageSize);
			try (Rig rig = Rig.start(this.directory)) {
				Rig.Feed feed = rig.replica("replica", Duration.ofHours(24), (store) -> store, format);
				rig.commitAndCopy(1);
				feed.settle();
				rig.commitAndShip(1);
				rig.commitAndShip(1);
				if (pageSize == 4096) {
					continue;
				}
				assertRestores(rig, feed);
				feed.upkeep();
				assertGapless(feed);
				assertThat(files(feed)).contains("2/1-3.ltx", (pageSize == 8192) ? "2/4-6.ltx" : "2/8-a.ltx");
				assertRestores(rig, feed);
				assertRestoresHere(rig, feed);
				assertThat(feed.replicator().log().audit().findings(rig.position(), false)).isEmpty();
				assertThat(format.inspector(store(feed)).check(4, RestoreProgress.NONE).verdict())
					.isEqualTo(CheckReport.Verdict.GOOD);
				feed.snapshots().take();
				rig.commitAndShip(1);
				feed.snapshots().take();
				assertRestores(rig, feed);
				assertRestoresHere(rig, feed);
			}
		}
	}

	/** As when the process ends before it has stored the snapshot of what begins. */
	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void otherPageSizeThatBeganWithoutItsSnapshotGetsOne(boolean compacting) throws Exception {
		Duration atOnce = Duration.ofNanos(1);
		LtxFormat format = LtxFormat.of(new LtxOptions(List.of(atOnce, atOnce, atOnce), Duration.ZERO));
		for (int pageSize : new int[] { 4096, 8192 }) {
			makeAnew(pageSize);
			try (Rig rig = Rig.start(this.directory)) {
				Rig.Feed feed = rig.replica("replica", Duration.ofHours(24), (store) -> store, format);
				rig.commitAndCopy(1);
				feed.settle();
				rig.commitAndShip(1);
			}
		}
		Files.delete(this.directory.resolve("replica/ltx/9/0000000000000001-0000000000000003.ltx"));
		try (Rig rig = Rig.start(this.directory)) {
			Rig.Feed feed = rig.replica("replica", Duration.ofHours(24), (store) -> store, format);
			rig.commitAndShip(1);
			if (compacting) {
				feed.upkeep();
			}
			else {
				feed.snapshots().take();
			}
			assertThat(files(feed)).contains("0/5-5.ltx", compacting ? "9/1-3.ltx" : "9/1-5.ltx");
			assertRestores(rig, feed);
			assertRestoresHere(rig, feed);
		}
	}

}
