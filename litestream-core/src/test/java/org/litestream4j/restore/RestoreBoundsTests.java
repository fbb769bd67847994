package org.litestream4j.restore;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreException;
import org.litestream4j.RestoreOptions.IntegrityCheck;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.v03.StoredSnapshots;
import org.litestream4j.io.Disk;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.sqlite.WalChecksum;
import org.litestream4j.sqlite.WalFrame;
import org.litestream4j.sqlite.WalHeader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/** What objects say of sizes is not believed before it is plausible. */
class RestoreBoundsTests {

	@TempDir
	private Path directory;

	private RestoreFixture fixture;

	private ReplicaWriter writer;

	@BeforeEach
	void createDatabase() throws Exception {
		this.fixture = new RestoreFixture(this.directory);
		this.writer = new ReplicaWriter(this.directory);
		this.writer.snapshot();
	}

	@AfterEach
	void closeDatabase() throws Exception {
		this.writer.close();
	}

	/** With one at a time pages go into the file at once, else into memory first. */
	@ParameterizedTest
	@ValueSource(ints = { 1, 4 })
	void commitThatNamesAGiantIsDamage(int parallelism) throws Exception {
		this.writer.commit("INSERT INTO t (v) VALUES (1)");
		store(0, commitOf(2, 0xffff_ffffL));
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(
					() -> this.fixture.restore(this.writer.client(), RestoreTarget.latest(),
							RestoreOptions.DEFAULTS.withParallelism(parallelism)
								.withIntegrityCheck(IntegrityCheck.QUICK),
							RestoreProgress.NONE))
			.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.DAMAGED))
			.withMessageContaining("names a database of 4294967295 pages, but at most ");
		assertThat(this.fixture.names()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 4 })
	void databaseThatEndsWithFreePagesIsRestored(int parallelism) throws Exception {
		this.writer.execute("PRAGMA cache_size=-100000");
		this.writer.commit("BEGIN", "INSERT INTO t (v) VALUES (zeroblob(4000000))", "DELETE FROM t", "COMMIT");
		assertThat(this.writer.bytes().length).as("free pages").isGreaterThan(4_000_000);
		this.fixture.restore(this.writer.client(), RestoreTarget.latest(),
				RestoreOptions.DEFAULTS.withParallelism(parallelism).withIntegrityCheck(IntegrityCheck.FULL),
				RestoreProgress.NONE);
		assertThat(this.fixture.output()).hasBinaryContent(this.writer.bytes());
	}

	@Test
	void restoreEndsBeforeTheDiskIsFull() throws Exception {
		byte[] bomb = Arrays.copyOf(this.writer.bytes(), 300 << 20);
		AtomicLong free = new AtomicLong(RestoreSpace.RESERVE + (100 << 20));
		RestoreSpace space = new RestoreSpace(this.directory, () -> free.addAndGet(-(64 << 20)));
		byte[] stored = ReplicaWriter.compress(bomb);
		SnapshotContent source = StoredSnapshots.open(this.writer.client().snapshots(this.writer.generation()).get(0),
				stored);
		try (Disk.DiskFile file = SystemDisk.ownerOnly().create(this.directory.resolve("image"))) {
			DatabaseImage image = new DatabaseImage(source, file, space, 1 << 20,
					new RestoreMeter("app", RestoreProgress.NONE, stored.length));
			assertThatExceptionOfType(DraftException.class).isThrownBy(() -> image.finish(false))
				.withMessageContaining("are needed there, and ");
			assertThat(file.size()).isLessThan(200 << 20);
		}
	}

	@Test
	void roomForLessThanTheSnapshotIsSaidAtOnce() {
		RestoreSpace space = new RestoreSpace(this.directory, () -> 1 << 20);
		assertThatExceptionOfType(DraftException.class).isThrownBy(() -> space.require(500_000_000))
			.withMessageContaining(this.directory.toString())
			.withMessageContaining("at least 533.6 MB are needed there, and 1.0 MB are free; free space there");
	}

	/** Some hundred bytes whose check takes all the memory there is. */
	@Test
	void expressionsOfAHostileSchemaAreNotRun() throws Exception {
		this.writer.commit(
				"CREATE TABLE bomb (a CHECK (length(zeroblob(999999999)) + length(hex(zeroblob(400000000))) > a))",
				"PRAGMA ignore_check_constraints=ON", "INSERT INTO bomb VALUES (1)");
		long before = resident();
		this.fixture.restore(this.writer.client(), RestoreTarget.latest(),
				RestoreOptions.DEFAULTS.withParallelism(4).withIntegrityCheck(IntegrityCheck.FULL),
				RestoreProgress.NONE);
		assertThat(resident() - before).isLessThan(500_000_000);
	}

	/** The highest that this process ever took, in bytes. */
	private static long resident() throws Exception {
		return Files.readAllLines(Path.of("/proc/self/status"))
			.stream()
			.filter((line) -> line.startsWith("VmHWM:"))
			.mapToLong((line) -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
			.findFirst()
			.orElse(0);
	}

	@Test
	void checkThatDoesNotEndIsEnded() throws Exception {
		this.writer.commit("WITH RECURSIVE s(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM s WHERE x < 100000)"
				+ " INSERT INTO t SELECT x, x FROM s");
		this.fixture.restore(this.writer.client(), RestoreTarget.latest());
		IntegrityChecker checker = new IntegrityChecker(new RestoreMeter("app", RestoreProgress.NONE, 1),
				Duration.ofDays(-1));
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(() -> checker.check(this.fixture.output(), IntegrityCheck.FULL))
			.withMessageContaining("The integrity_check of the restored database was stopped after ");
	}

	@Test
	void contentsThatTheSchemaForbidsAreToldFromDamage() throws Exception {
		this.writer.commit("CREATE TABLE docs (id INTEGER PRIMARY KEY, body TEXT)",
				"CREATE VIRTUAL TABLE f4 USING fts4(content=\"docs\", body)", "INSERT INTO docs VALUES (1, 'hello')",
				"INSERT INTO f4 (docid, body) VALUES (1, 'hello')", "UPDATE docs SET body = 'other words'");
		assertContentOnly("FTS4 table main.f4");
		this.writer.commit("DROP TABLE f4", "CREATE TABLE n (a INT)", "INSERT INTO n VALUES (NULL)",
				"PRAGMA writable_schema=ON",
				"UPDATE sqlite_schema SET sql = 'CREATE TABLE n (a INT NOT NULL)' WHERE name = 'n'",
				"PRAGMA writable_schema=RESET");
		assertContentOnly("NULL value in n.a");
	}

	private void assertContentOnly(String problem) throws Exception {
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(() -> this.fixture.restore(this.writer.client(), RestoreTarget.latest(),
					RestoreOptions.DEFAULTS, RestoreProgress.NONE))
			.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.CHECK_FAILED))
			.withMessageContaining("is what was backed up, and its pages are sound")
			.withMessageContaining(problem)
			.withMessageContaining("integrity-check none");
		assertThat(this.fixture.bytes(this.writer.client(), RestoreTarget.latest())).isEqualTo(this.writer.bytes());
	}

	@Test
	void whatSqliteSaysOfANameIsPrintableAndShort() {
		IntegrityResult result = IntegrityResult
			.of(List.of("Tree 2 page 2: btreeInitPage() \u001b[31m\n" + "x".repeat(9999)));
		assertThat(result).isInstanceOfSatisfying(IntegrityResult.Damaged.class, (damaged) -> {
			assertThat(damaged.problems()).hasSizeLessThan(400).contains("btreeInitPage");
			assertThat(damaged.problems().chars()).noneMatch(Character::isISOControl);
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "row 1 missing from index i", "non-unique entry in index i",
			"Tree 2 page 2: btreeInitPage() returns error code 11", "wrong # of entries in index NULL value in t" })
	void whatMayBeDamageIsDamage(String row) {
		assertThat(IntegrityResult.of(List.of(row))).isInstanceOf(IntegrityResult.Damaged.class);
		assertThat(IntegrityResult.of(List.of("NULL value in t.a", row))).isInstanceOf(IntegrityResult.Damaged.class);
		assertThat(IntegrityResult.of(List.of("ok"))).isInstanceOf(IntegrityResult.Passed.class);
		assertThat(IntegrityResult.of(List.of())).isInstanceOf(IntegrityResult.Damaged.class);
	}

	/** A WAL of one valid frame. */
	private static byte[] commitOf(int page, long databasePages) {
		WalHeader draft = new WalHeader(true, 4096, 0, 0x1234_5678_9abc_def0L, 0);
		long sum = WalChecksum.update(true, 0, draft.toBytes(), 0, 24);
		WalHeader header = new WalHeader(true, 4096, 0, draft.salts(), sum);
		byte[] frame = new byte[header.frameSize()];
		ByteBuffer.wrap(frame).putInt(page).putInt((int) databasePages).putLong(header.salts());
		sum = WalChecksum.update(true, sum, frame, 0, 8);
		sum = WalChecksum.update(true, sum, frame, WalFrame.HEADER_SIZE, 4096);
		ByteBuffer.wrap(frame).putLong(16, sum);
		return ByteBuffer.allocate(WalHeader.SIZE + frame.length).put(header.toBytes()).put(frame).array();
	}

	private void store(int index, byte[] wal) throws Exception {
		this.writer.client()
			.writeWalSegment(new WalPosition(this.writer.generation(), index, 0), Instant.now(),
					(out) -> out.write(ReplicaWriter.compress(wal)));
	}

}
