package org.litestream4j.history;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.Replica;
import org.litestream4j.ReplicaFormats;
import org.litestream4j.RestoreException;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.TransactionId;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.ltx.LtxHeader;
import org.litestream4j.format.ltx.LtxReplicaWriter;
import org.litestream4j.format.ltx.RecordedLtx;
import org.litestream4j.history.LogRequest.Detail;
import org.litestream4j.history.diff.ScratchDirectory;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.restore.ReplicaWriter;
import org.litestream4j.restore.RestoreOutput;
import org.litestream4j.restore.Restorer;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.testing.CountingStore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/** The past of a replica in the format of Litestream v0.5. */
class LtxHistoryTests {

	private static final long SEED = 19;

	static final List<String> recorded = RecordedLtx.NAMES;

	private static final String BAD = "SELECT count(*) FROM t WHERE v = 'bad'";

	@TempDir
	private Path directory;

	private static HistorySource source(ObjectStore store) {
		return ReplicaFormats.history("app", new Replica("file", store, Replica.Options.DEFAULTS),
				LitestreamListener.NONE);
	}

	private static ReplicaHistory history(ObjectStore store) {
		return new ReplicaHistory("app", new Replica("file", store, Replica.Options.DEFAULTS), LitestreamListener.NONE);
	}

	private static HistoryLog log(ObjectStore store, Detail detail) throws IOException {
		return history(store).log(new LogRequest(null, null, null, 1000, detail), RestoreProgress.NONE);
	}

	private static String insert(int rows, int bytes) {
		return "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO t (v) SELECT randomblob(%d) FROM n"
			.formatted(rows, bytes);
	}

	/**
	 * A hundred transactions, in which the database grows and shrinks, with snapshots
	 * that end where nothing else does; the older ones have no files of their own.
	 */
	private static void write(LtxReplicaWriter writer, Random random) throws SQLException, IOException {
		for (int i = 1; i <= 100; i++) {
			writer.commit(switch (random.nextInt(6)) {
				case 0 -> "DELETE FROM t WHERE id %% %d = 0".formatted(2 + random.nextInt(3));
				case 1 -> "UPDATE t SET v = randomblob(%d) WHERE id %% 7 = 0".formatted(random.nextInt(900));
				case 2 -> (i % 4 == 0) ? "VACUUM" : insert(1, 20);
				default -> insert(1 + random.nextInt(40), random.nextInt(2000));
			});
			if (i % 33 == 1) {
				writer.snapshot();
			}
			if (i % 3 == 0) {
				writer.compact(1);
			}
			if (i % 12 == 0) {
				writer.compact(2);
			}
		}
		writer.delete(0, 70);
		writer.delete(1, 40);
	}

	@ParameterizedTest
	@ValueSource(ints = { 512, 4096 })
	void everyStateIsThatOfTheWriterHoweverItIsMovedTo(int pageSize) throws Exception {
		Random random = new Random(SEED);
		try (LtxReplicaWriter writer = new LtxReplicaWriter(this.directory, "page_size=" + pageSize);
				ScratchDirectory scratch = ScratchDirectory.create(this.directory, "scratch")) {
			write(writer, random);
			HistorySource source = source(writer.store());
			HistoryView view = source.view();
			List<? extends HistoryPoint> points = view.points();
			assertThat(points.subList(1, points.size())).extracting(HistoryPoint::line)
				.as("the first file of level 2 is a whole one, and what follows is made of it")
				.containsOnly(points.get(1).line())
				.isNotEqualTo(points.get(0).line());
			assertThat(points).filteredOn((point) -> !point.isChange())
				.extracting(HistoryPoint::end)
				.containsExactly(new TransactionId(1), new TransactionId(12), new TransactionId(34),
						new TransactionId(67));
			assertThat(view.holes()).isNull();
			try (MovingState state = new MovingState("app", source, view, scratch, RestoreProgress.NONE)) {
				for (int i = 0; i < 60; i++) {
					int point = (i < 2) ? i : random.nextInt(points.size());
					StateFile file = state.moveTo(point);
					TransactionId txid = (TransactionId) state.at(point).position();
					assertThat(txid).isEqualTo(points.get(point).end());
					assertThat(Files.readAllBytes(file.path())).as("seed %d, point %d", SEED, point)
						.isEqualTo(writer.state(txid));
				}
			}
		}
	}

	@ParameterizedTest
	@FieldSource("recorded")
	void everyStateOfAReplicaThatTheRealOneWroteIsMovedTo(String name) throws Exception {
		Random random = new Random(SEED);
		RecordedLtx replica = RecordedLtx.of(name);
		Map<Long, String> expected = replica.restores()
			.stream()
			.collect(Collectors.toMap(RecordedLtx.Expected::txid, RecordedLtx.Expected::sha256));
		HistorySource source = source(replica.replica().store());
		HistoryView view = source.view();
		try (ScratchDirectory scratch = ScratchDirectory.create(this.directory, "scratch");
				MovingState state = new MovingState("app", source, view, scratch, RestoreProgress.NONE)) {
			for (int i = 0; i < 40; i++) {
				int point = (i == 0) ? 0 : random.nextInt(view.points().size());
				StateFile file = state.moveTo(point);
				String wanted = expected.get(((TransactionId) state.at(point).position()).value());
				if (wanted != null) {
					byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file.path()));
					assertThat(HexFormat.of().formatHex(digest)).as("seed %d, point %d", SEED, point).isEqualTo(wanted);
				}
			}
		}
	}

	@Test
	void wayBetweenTwoPointsTakesTheFewestBytes() throws Exception {
		try (LtxReplicaWriter writer = new LtxReplicaWriter(this.directory)) {
			writer.commit(insert(200, 1000));
			for (int i = 2; i <= 60; i++) {
				writer.commit("UPDATE t SET v = randomblob(1000) WHERE id = 1");
				if (i % 10 == 0) {
					writer.compact(1);
				}
			}
			writer.snapshot();
			HistoryView view = source(writer.store()).view();
			assertThat(view.points()).hasSize(60);
			assertThat(view.between(9, 59)).extracting(HistoryView.Step::to).containsExactly(19, 29, 39, 49, 59);
			assertThat(view.between(8, 21)).extracting(HistoryView.Step::to).containsExactly(9, 19, 20, 21);
			assertThat(view.between(7, 7)).isEmpty();
		}
	}

	@Test
	void pointsAreNewestFirstAndEachIsRestoredByItsTimeAndByItsTransaction() throws Exception {
		try (LtxReplicaWriter writer = new LtxReplicaWriter(this.directory, "page_size=1024")) {
			write(writer, new Random(SEED));
			HistoryLog log = log(writer.store(), Detail.TRANSACTIONS);
			assertThat(log.note()).isNull();
			Set<TransactionId> seen = new HashSet<>();
			for (RestorePoint point : log.points()) {
				TransactionId txid = (TransactionId) Objects.requireNonNull(point.position());
				seen.add(txid);
				assertThat(point.time()).isEqualTo(LtxReplicaWriter.time(txid.value()));
				assertThat(restore(writer.store(), RestoreTarget.asOf(point.time()))).as(point.toString())
					.isEqualTo(writer.state(txid));
				assertThat(restore(writer.store(), RestoreTarget.of(txid))).isEqualTo(writer.state(txid));
				assertThat(point.databasePages()).isEqualTo(writer.state(txid).length / 1024);
			}
			assertThat(log.points()).extracting(RestorePoint::time).isSortedAccordingTo((a, b) -> b.compareTo(a));
			assertThat(seen).hasSize(log.points().size())
				.contains(new TransactionId(100), new TransactionId(72), new TransactionId(67), new TransactionId(66),
						new TransactionId(36), new TransactionId(34), new TransactionId(24), new TransactionId(1))
				.doesNotContain(new TransactionId(71), new TransactionId(68), new TransactionId(30));
			assertThat(log.points()).filteredOn((point) -> point.transactions() == null).hasSize(4);
			assertThat(log.points().get(0).transactions()).isOne();
			assertThat(log.points()).filteredOn((point) -> new TransactionId(36).equals(point.position()))
				.extracting(RestorePoint::transactions)
				.as("since the one that more than a snapshot leads to")
				.containsExactly(12);
		}
	}

	private byte[] restore(ObjectStore store, RestoreTarget target) throws IOException {
		Path output = this.directory.resolve("restored.db");
		new Restorer("app", "file", ReplicaFormats.source(store)).restore(target, RestoreOutput.newFile(output),
				RestoreOptions.DEFAULTS, RestoreProgress.NONE, SystemDisk.ownerOnly());
		byte[] bytes = Files.readAllBytes(output);
		Files.delete(output);
		return bytes;
	}

	@Test
	void pagesOfLargeFilesAreCountedByTheirIndexAndSnapshotsAreNotRead() throws Exception {
		try (LtxReplicaWriter writer = new LtxReplicaWriter(this.directory, "page_size=512")) {
			writer.commit(insert(2, 100));
			writer.commit(insert(30_000, 400));
			writer.commit(insert(400, 400));
			int added = (writer.state(new TransactionId(2)).length - writer.state(new TransactionId(1)).length) / 512;
			CountingStore store = new CountingStore(writer.store());
			List<RestorePoint> points = log(store, Detail.TRANSACTIONS).points();
			assertThat(points).hasSize(3);
			assertThat(points.get(1).pages()).isBetween((long) added, (long) added + 4);
			assertThat(points.get(2).pages()).as("what led to the first state is unknown").isNull();
			assertThat(store.opened()).isEmpty();
			assertThat(store.openedBytes()).isLessThan(points.get(1).bytes() / 10);
			CountingStore listed = new CountingStore(writer.store());
			assertThat(log(listed, Detail.LISTING).points()).hasSize(3);
			assertThat(listed.openedBytes()).isZero();
		}
	}

	@Test
	void whatPointsTouchedIsToldAlsoBehindASnapshotThatNothingElseEndsWith() throws Exception {
		try (LtxReplicaWriter writer = new LtxReplicaWriter(this.directory)) {
			write(writer, new Random(SEED));
			writer.commit("CREATE TABLE other (id INTEGER PRIMARY KEY, v)");
			writer.commit("INSERT INTO other VALUES (1, 'one'), (2, 'two')");
			writer.fence();
			writer.commit("UPDATE other SET v = 'three' WHERE id = 2");
			HistoryLog log = history(writer.store()).log(new LogRequest(null, null, null, 1000, Detail.TABLES),
					this.directory, RestoreProgress.NONE);
			assertThat(log.points()).extracting(RestorePoint::position)
				.as("what adds nothing is no point")
				.doesNotContain(new TransactionId(103));
			assertThat(log.points().get(0).changes())
				.containsExactly(new ObjectChange("table", "other", "other", 1, 0L, 1L, 0L, ObjectChange.Kind.CHANGED));
			assertThat(Objects.requireNonNull(log.points().get(1).changes()).get(0).inserted()).isEqualTo(2);
			assertThat(log.points()).filteredOn((point) -> point.changes() == null).hasSize(4);
		}
	}

	@Test
	void logIsPagedAndFollowed() throws Exception {
		try (LtxReplicaWriter writer = new LtxReplicaWriter(this.directory)) {
			write(writer, new Random(SEED));
			List<RestorePoint> all = log(writer.store(), Detail.TRANSACTIONS).points();
			List<RestorePoint> paged = new ArrayList<>();
			HistoryLog page = history(writer.store()).log(LogRequest.newest(7), RestoreProgress.NONE);
			paged.addAll(page.points());
			while (page.more()) {
				page = history(writer.store()).log(new LogRequest(null, null, page.next(), 7, Detail.TRANSACTIONS),
						RestoreProgress.NONE);
				paged.addAll(page.points());
			}
			assertThat(paged).isEqualTo(all);
			TransactionId added = writer.commit(insert(1, 1));
			assertThat(history(writer.store()).after(all.get(0).start(), RestoreProgress.NONE))
				.extracting(RestorePoint::position)
				.containsExactly(added);
			Instant from = LtxReplicaWriter.time(80);
			Instant to = LtxReplicaWriter.time(84).plusMillis(999);
			assertThat(history(writer.store())
				.log(new LogRequest(from, to, null, 100, Detail.TRANSACTIONS), RestoreProgress.NONE)
				.points()).extracting(RestorePoint::position)
				.containsExactly(new TransactionId(84), new TransactionId(83), new TransactionId(82),
						new TransactionId(81), new TransactionId(80));
		}
	}

	@Test
	void whatIsMissingIsSaidAndWhatASnapshotLeadsToAfterItIsALineOfItsOwn() throws Exception {
		try (LtxReplicaWriter writer = new LtxReplicaWriter(this.directory)) {
			for (int i = 1; i <= 12; i++) {
				writer.commit(insert(1, 100));
				if (i == 8) {
					writer.snapshot();
				}
			}
			writer.store().delete(List.of("ltx/0/0000000000000005-0000000000000005.ltx"));
			HistoryView view = source(writer.store()).view();
			assertThat(view.points())
				.extracting((point) -> ((TransactionId) Objects.requireNonNull(point.end())).value())
				.containsExactly(1L, 2L, 3L, 4L, 8L, 9L, 10L, 11L, 12L);
			assertThat(view.points()).extracting(HistoryPoint::line)
				.containsOnly(view.points().get(0).line(), view.points().get(4).line());
			assertThat(view.points().get(4).line()).isNotEqualTo(view.points().get(0).line());
			assertThat(view.holes()).isEqualTo(
					"2 LTX files from transaction 0000000000000006 on cannot be restored, as one before them is missing");
			BisectReport report = bisect(writer.store(), "SELECT count(*) > 9 FROM t");
			assertThat(Objects.requireNonNull(report.after()).position()).isEqualTo(new TransactionId(10));
		}
	}

	private BisectReport bisect(ObjectStore store, String sql) throws IOException {
		Path scratch = this.directory.resolve("scratch");
		Files.createDirectories(scratch);
		BisectReport report = history(store).bisect(null, null, sql,
				new QueryOptions(scratch, Duration.ofMinutes(1), 5), RestoreProgress.NONE);
		assertThat(scratch).isEmptyDirectory();
		return report;
	}

	@ParameterizedTest
	@ValueSource(ints = { 2, 11, 12, 50, 67, 68, 69, 99, 100 })
	void firstPointWithAnotherAnswerIsFoundWhereverItIs(int bad) throws Exception {
		try (LtxReplicaWriter writer = new LtxReplicaWriter(this.directory)) {
			for (int i = 1; i <= 100; i++) {
				writer.commit((i == bad) ? "INSERT INTO t (v) VALUES ('bad')" : insert(1, 50));
				if (i % 3 == 0) {
					writer.compact(1);
				}
				if (i % 12 == 0) {
					writer.compact(2);
				}
				if (i == 1 || i == 68) {
					writer.snapshot();
				}
			}
			writer.delete(0, 69);
			BisectReport report = bisect(writer.store(), BAD);
			long expected = (bad > 69) ? bad : (bad == 67 || bad == 68) ? 68 : (bad + 2) / 3 * 3;
			assertThat(Objects.requireNonNull(report.after()).position()).isEqualTo(new TransactionId(expected));
			assertThat(Objects.requireNonNull(report.after()).time()).isEqualTo(LtxReplicaWriter.time(expected));
			TransactionId before = (TransactionId) Objects.requireNonNull(report.before()).position();
			assertThat(before.value()).isBetween(Math.max(expected - 3, 1), expected - 1);
			assertThat(report.transaction()).isNull();
			ReplicaHistory history = history(writer.store());
			QueryOptions options = new QueryOptions(this.directory, Duration.ofMinutes(1), 5);
			assertThat(history.query(RestoreTarget.of(before), BAD, options, RestoreProgress.NONE).answer().rows())
				.isEqualTo(List.of(List.of(0L)));
			assertThat(history
				.query(RestoreTarget.asOf(LtxReplicaWriter.time(expected)), BAD, options, RestoreProgress.NONE)
				.answer()
				.rows()).isEqualTo(List.of(List.of(1L)));
		}
	}

	@Test
	void bisectFetchesCoarseFilesWhereTheAnswerDidNotChange() throws Exception {
		try (LtxReplicaWriter writer = new LtxReplicaWriter(this.directory)) {
			for (int i = 1; i <= 400; i++) {
				writer.commit((i == 333) ? "INSERT INTO t (v) VALUES ('bad')"
						: (i == 1) ? insert(100, 1000) : "UPDATE t SET v = randomblob(1000) WHERE id < 4");
				if (i % 10 == 0) {
					writer.compact(1);
				}
				if (i % 100 == 0) {
					writer.compact(2);
				}
				if (i == 1) {
					writer.snapshot();
				}
			}
			long snapshot = Files.size(this.directory.resolve("replica/ltx/9/0000000000000001-0000000000000001.ltx"));
			CountingStore store = new CountingStore(writer.store());
			BisectReport report = bisect(store, BAD);
			assertThat(Objects.requireNonNull(report.after()).position()).isEqualTo(new TransactionId(333));
			assertThat(report.points()).isEqualTo(400);
			assertThat(store.openedBytes()).as("all of it, and the header that says when the snapshot was made")
				.isEqualTo(report.fetchedBytes() + LtxHeader.SIZE);
			long singles = source(writer.store()).view().points().stream().mapToLong(HistoryPoint::storedBytes).sum();
			assertThat(report.fetchedBytes() - snapshot).isPositive().isLessThan((singles - snapshot) / 4);
		}
	}

	@Test
	void secondStateIsMadeFromTheFirstWhereThatTakesLess() throws Exception {
		Random random = new Random(SEED);
		try (LtxReplicaWriter writer = new LtxReplicaWriter(this.directory)) {
			write(writer, random);
			HistorySource source = source(writer.store());
			List<? extends HistoryPoint> points = source.view().points();
			int moved = 0;
			for (int i = 0; i < 40; i++) {
				HistoryPoint from = points.get(random.nextInt(points.size()));
				HistoryPoint to = points.get(random.nextInt(points.size()));
				StatePair pair = new StatePair("app", source, RestoreOptions.DEFAULTS, RestoreProgress.NONE);
				try (ScratchDirectory scratch = ScratchDirectory.create(this.directory, "scratch")) {
					RestoreReport first = pair.first(from.target())
						.writeTo(RestoreOutput.newFile(scratch.file("first.db")), scratch.disk());
					RestoreReport second = pair.second(to.target())
						.writeTo(RestoreOutput.newFile(scratch.file("second.db")), scratch.disk());
					assertThat(Files.readAllBytes(first.outputPath())).as("seed %d, pair %d", SEED, i)
						.isEqualTo(writer.state((TransactionId) Objects.requireNonNull(from.end())));
					assertThat(Files.readAllBytes(second.outputPath())).as("seed %d, pair %d", SEED, i)
						.isEqualTo(writer.state((TransactionId) Objects.requireNonNull(to.end())));
					assertThat(second.position()).isEqualTo(to.end());
					moved += pair.isMoved() ? 1 : 0;
				}
			}
			assertThat(moved).as("pairs of 40 of which the second was made from the first").isBetween(4, 32);
		}
	}

	@Test
	void fileThatIsDamagedIsNamed() throws Exception {
		try (LtxReplicaWriter writer = new LtxReplicaWriter(this.directory)) {
			write(writer, new Random(SEED));
			Path file = this.directory.resolve("replica/ltx/0/000000000000005a-000000000000005a.ltx");
			byte[] bytes = Files.readAllBytes(file);
			bytes[bytes.length - 1] ^= 1;
			Files.write(file, bytes);
			assertThatExceptionOfType(RestoreException.class).isThrownBy(() -> log(writer.store(), Detail.TRANSACTIONS))
				.withMessageContaining("The LTX file ltx/0/000000000000005a-000000000000005a.ltx is damaged");
		}
	}

	@Test
	void replicaThatWasMovedFromOneFormatToTheOtherHasThePastOfBoth() throws Exception {
		Path moved = Files.createDirectories(this.directory.resolve("moved"));
		try (ReplicaWriter before = new ReplicaWriter(moved);
				LtxReplicaWriter writer = new LtxReplicaWriter(
						Files.createDirectories(this.directory.resolve("ltx")))) {
			before.noteTimes();
			before.setTime(LtxReplicaWriter.time(0).minusSeconds(1000));
			before.commit("INSERT INTO t (v) VALUES ('good')");
			before.snapshot();
			before.commit("INSERT INTO t (v) VALUES ('good')");
			for (int i = 0; i < 5; i++) {
				writer.commit((i == 3) ? "INSERT INTO t (v) VALUES ('bad')" : insert(1, 10));
			}
			Files.move(this.directory.resolve("ltx/replica/ltx"), moved.resolve("replica/ltx"));
			ObjectStore store = before.client().store();
			HistoryLog log = log(store, Detail.TRANSACTIONS);
			assertThat(log.points()).hasSize(7);
			assertThat(log.points().get(0).position()).isEqualTo(new TransactionId(5));
			assertThat(log.points().get(6).position()).isInstanceOf(WalPosition.class);
			BisectReport report = bisect(store, BAD);
			assertThat(Objects.requireNonNull(report.after()).position()).isEqualTo(new TransactionId(4));
			assertThat(report.from().position()).isInstanceOf(WalPosition.class);
		}
	}

	@Test
	void pastIsToldAcrossAnotherPageSize() throws Exception {
		try (LtxReplicaWriter writer = new LtxReplicaWriter(this.directory, "page_size=4096");
				ScratchDirectory scratch = ScratchDirectory.create(this.directory, "scratch")) {
			for (int pageSize : new int[] { 4096, 8192, 1024 }) {
				writer.commit("PRAGMA page_size=" + pageSize, "VACUUM");
				writer.commit(insert(30, 900));
				writer.commit(insert(3, 900));
			}
			List<RestorePoint> points = history(writer.store())
				.log(new LogRequest(null, null, null, 1000, Detail.TABLES), RestoreProgress.NONE)
				.points();
			assertThat(points).extracting((point) -> point.changes() != null)
				.containsExactly(true, true, false, true, true, false, true, true, false);
			assertThat(Objects.requireNonNull(points.get(0).changes()).get(0).inserted()).isEqualTo(3);
			assertThat(log(writer.store(), Detail.TRANSACTIONS).points()).hasSize(9);
			HistorySource source = source(writer.store());
			HistoryView view = source.view();
			try (MovingState state = new MovingState("app", source, view, scratch, RestoreProgress.NONE)) {
				for (int point : new int[] { 0, 8, 2, 3, 5, 6, 1, 7 }) {
					assertThat(Files.readAllBytes(state.moveTo(point).path())).as("point %d", point)
						.isEqualTo(writer.state((TransactionId) state.at(point).position()));
				}
			}
			for (int from = 0; from < 9; from++) {
				for (int to = from; to < 9; to++) {
					StatePair pair = new StatePair("app", source, RestoreOptions.DEFAULTS, RestoreProgress.NONE);
					try (ScratchDirectory both = ScratchDirectory.create(this.directory, "both")) {
						pair.first(view.points().get(from).target())
							.writeTo(RestoreOutput.newFile(both.file("first.db")), both.disk());
						RestoreReport second = pair.second(view.points().get(to).target())
							.writeTo(RestoreOutput.newFile(both.file("second.db")), both.disk());
						assertThat(Files.readAllBytes(second.outputPath())).as("from %d to %d", from, to)
							.isEqualTo(writer.state(new TransactionId(to + 1)));
					}
				}
			}
		}
	}

}
