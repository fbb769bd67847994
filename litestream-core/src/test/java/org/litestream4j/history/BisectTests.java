package org.litestream4j.history;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.Replica;
import org.litestream4j.RestoreException;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.restore.ReplicaWriter;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.testing.CountingStore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * Tests for {@link ReplicaHistory#query} and {@link ReplicaHistory#bisect}.
 */
class BisectTests {

	private static final String BAD = "SELECT count(*) FROM t WHERE v = 'bad'";

	@TempDir
	private Path directory;

	private Path scratch = Path.of("");

	private final List<WalPosition> ends = new ArrayList<>();

	@BeforeEach
	void createScratch() throws IOException {
		this.scratch = Files.createDirectory(this.directory.resolve("scratch"));
	}

	private QueryOptions options() {
		return new QueryOptions(this.scratch, Duration.ofMinutes(1), 5);
	}

	private static ReplicaHistory history(ObjectStore store) {
		return new ReplicaHistory("app", new Replica("file", store, Replica.Options.DEFAULTS), LitestreamListener.NONE);
	}

	private BisectReport bisect(ReplicaWriter writer, String sql) throws IOException {
		return history(writer.client().store()).bisect(null, null, sql, options(), RestoreProgress.NONE);
	}

	/**
	 * The bad row is written at one of sixty points, in a second transaction of three.
	 */
	private ReplicaWriter write(int bad) throws Exception {
		ReplicaWriter writer = new ReplicaWriter(this.directory);
		writer.noteTimes();
		for (int i = 0; i < 60; i++) {
			if (i == 20) {
				writer.nextIndex();
			}
			if (i == 40) {
				writer.nextGeneration();
			}
			String good = "INSERT INTO t (v) VALUES (randomblob(50))";
			this.ends
				.add((i == bad) ? writer.commit(good, "INSERT INTO t (v) VALUES ('bad')", good) : writer.commit(good));
			if (i == 0 || i == 40) {
				writer.snapshot();
			}
		}
		return writer;
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 2, 19, 20, 33, 39, 40, 41, 59 })
	void firstPointWithAnotherAnswerIsFoundWhereverItIs(int bad) throws Exception {
		try (ReplicaWriter writer = write(bad)) {
			BisectReport report = bisect(writer, BAD);
			assertThat(report.isChanged()).isTrue();
			assertThat(Objects.requireNonNull(report.after()).position()).isEqualTo(this.ends.get(bad));
			assertThat(Objects.requireNonNull(report.before()).position()).isEqualTo(this.ends.get(bad - 1));
			assertThat(Objects.requireNonNull(report.before()).answer().rows()).isEqualTo(List.of(List.of(0L)));
			assertThat(Objects.requireNonNull(report.after()).answer().rows()).isEqualTo(List.of(List.of(1L)));
			assertThat(report.points()).isEqualTo(60);
			if (bad != 40) {
				assertThat(Objects.requireNonNull(report.transaction()).number()).isEqualTo(2);
				assertThat(Objects.requireNonNull(report.transaction()).of()).isEqualTo(3);
				assertThat(((WalPosition) Objects.requireNonNull(report.transaction()).position())
					.isAfter(this.ends.get(bad))).isFalse();
			}
			assertThat(this.scratch).isEmptyDirectory();
		}
	}

	@Test
	void nothingIsFetchedThatLiesFarBehindTheChangeAndEachObjectOnceButTheFound() throws Exception {
		try (ReplicaWriter writer = write(33)) {
			CountingStore store = new CountingStore(writer.client().store());
			BisectReport report = history(store).bisect(null, null, BAD, options(), RestoreProgress.NONE);
			List<String> contents = store.opened().stream().filter((name) -> !name.contains("snapshots")).toList();
			assertThat(store.opened()).filteredOn((name) -> name.contains("snapshots")).hasSize(1);
			assertThat(report.fetchedBytes()).isPositive();
			assertThat(contents).noneMatch((name) -> name.contains(writer.generation().name()));
			String found = "00000001_%08x".formatted(this.ends.get(32).offset());
			assertThat(contents).filteredOn((name) -> name.contains(found)).hasSize(2);
			assertThat(contents).filteredOn((name) -> !name.contains(found) && !name.contains("00000000_00000000"))
				.doesNotHaveDuplicates();
		}
	}

	@Test
	void rangeIsLookedAtAndNothingElse() throws Exception {
		try (ReplicaWriter writer = write(33)) {
			List<RestorePoint> points = history(writer.client().store())
				.log(LogRequest.newest(100), RestoreProgress.NONE)
				.points();
			Instant tenth = points.get(points.size() - 11).time();
			Instant thirtieth = points.get(points.size() - 31).time();
			BisectReport none = history(writer.client().store()).bisect(tenth, thirtieth, BAD, options(),
					RestoreProgress.NONE);
			assertThat(none.isChanged()).isFalse();
			assertThat(none.points()).isEqualTo(21);
			assertThat(none.from().position()).isEqualTo(this.ends.get(10));
			assertThat(none.to().position()).isEqualTo(this.ends.get(30));
			BisectReport found = history(writer.client().store()).bisect(thirtieth, null, BAD, options(),
					RestoreProgress.NONE);
			assertThat(Objects.requireNonNull(found.after()).position()).isEqualTo(this.ends.get(33));
			assertThatExceptionOfType(RestoreException.class).isThrownBy(() -> history(writer.client().store())
				.bisect(null, Instant.EPOCH, BAD, options(), RestoreProgress.NONE))
				.withMessageContaining("There is no restore point");
		}
	}

	/** An object is stored a second after its commit here, as the next commit is made. */
	@Test
	void timeOfTheStateBeforeRestoresItAlsoWhereItIsTheFirst() throws Exception {
		try (ReplicaWriter writer = write(11)) {
			ReplicaHistory history = history(writer.client().store());
			List<RestorePoint> points = history.log(LogRequest.newest(100), RestoreProgress.NONE).points();
			Instant tenth = points.get(points.size() - 11).time();
			BisectReport report = history.bisect(tenth, null, BAD, options(), RestoreProgress.NONE);
			BisectReport.State before = Objects.requireNonNull(report.before());
			assertThat(before.position()).isEqualTo(this.ends.get(10));
			assertThat(before.time()).isEqualTo(tenth);
			assertThat(
					history.query(RestoreTarget.asOf(before.time()), BAD, options(), RestoreProgress.NONE).position())
				.isEqualTo(before.position());
		}
	}

	@Test
	void tableThatAppearsIsAChangeAndOneThatIsNeverThereAFailure() throws Exception {
		try (ReplicaWriter writer = write(5)) {
			writer.commit("CREATE TABLE late (x)");
			BisectReport report = bisect(writer, "SELECT count(*) FROM late");
			assertThat(Objects.requireNonNull(report.before()).answer().error()).isEqualTo("no such table: late");
			assertThat(Objects.requireNonNull(report.after()).answer().rows()).isEqualTo(List.of(List.of(0L)));
			assertThatIOException().isThrownBy(() -> bisect(writer, "SELECT * FROM nowhere"))
				.withMessage("SQLite cannot answer the query in any state: no such table: nowhere");
			assertThat(this.scratch).isEmptyDirectory();
		}
	}

	@Test
	void queryAnswersAsOfThen() throws Exception {
		try (ReplicaWriter writer = write(33)) {
			ReplicaHistory history = history(writer.client().store());
			QueryReport before = history.query(RestoreTarget.at(this.ends.get(32)), BAD, options(),
					RestoreProgress.NONE);
			QueryReport after = history.query(RestoreTarget.at(this.ends.get(33)), BAD, options(),
					RestoreProgress.NONE);
			assertThat(before.answer().rows()).isEqualTo(List.of(List.of(0L)));
			assertThat(after.answer().rows()).isEqualTo(List.of(List.of(1L)));
			assertThat(after.position()).isEqualTo(this.ends.get(33));
			QueryAnswer all = history
				.query(RestoreTarget.latest(), "SELECT id, v, NULL AS n, 1.5 AS r FROM t ORDER BY id", options(),
						RestoreProgress.NONE)
				.answer();
			assertThat(all.columns()).containsExactly("id", "v", "n", "r");
			assertThat(all.rows()).hasSize(5);
			assertThat(all.isCut()).isTrue();
			assertThat(all.count()).isEqualTo(62);
			assertThat(all.rows().get(0)).satisfies((row) -> {
				assertThat(row.get(0)).isEqualTo(1L);
				assertThat((byte[]) row.get(1)).hasSize(50);
				assertThat(row.get(2)).isNull();
				assertThat(row.get(3)).isEqualTo(1.5);
			});
			assertThat(this.scratch).isEmptyDirectory();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "DELETE FROM t", "/* x */ UPDATE t SET v = 1", "ATTACH 'x.db' AS x", "VACUUM INTO 'x.db'",
			"", "-- nothing", "SELECT 1; DELETE FROM t", "SELECT ';' -- ;\n; SELECT 2" })
	void whatDoesNotOnlyReadIsRefusedBeforeAnythingIsFetched(String sql) {
		assertThatIllegalArgumentException().isThrownBy(() -> new StateQuery(sql, options(), RestoreProgress.NONE))
			.withMessageStartingWith("The query ");
	}

	@ParameterizedTest
	@ValueSource(strings = { "SELECT 1;", " -- c\n(select 1)", "WITH x AS (SELECT ';') SELECT * FROM x ; -- end" })
	void oneStatementThatReadsIsTaken(String sql) {
		if (sql.contains("(select")) {
			assertThatIllegalArgumentException().isThrownBy(() -> QueryText.require(sql));
			return;
		}
		assertThat(QueryText.require(sql)).startsWithIgnoringCase(sql.strip().substring(0, 4)).doesNotEndWith("end");
	}

	@Test
	void writingInAWithClauseIsRefusedBySqlite() throws Exception {
		try (ReplicaWriter writer = write(5)) {
			assertThatIOException()
				.isThrownBy(() -> history(writer.client().store()).query(RestoreTarget.latest(),
						"WITH x AS (SELECT 1) DELETE FROM t", options(), RestoreProgress.NONE))
				.withMessageContaining("readonly");
			assertThat(this.scratch).isEmptyDirectory();
		}
	}

	@Test
	void queryThatNeverEndsIsStopped() throws Exception {
		try (ReplicaWriter writer = write(5)) {
			QueryOptions hasty = new QueryOptions(this.scratch, Duration.ofMillis(100), 5);
			assertThatExceptionOfType(RestoreException.class)
				.isThrownBy(() -> history(writer.client().store()).query(RestoreTarget.latest(),
						"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n", hasty,
						RestoreProgress.NONE))
				.withMessageContaining("was stopped after 100 ms");
			assertThat(this.scratch).isEmptyDirectory();
		}
	}

}
