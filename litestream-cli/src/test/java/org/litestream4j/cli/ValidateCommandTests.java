package org.litestream4j.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import tools.jackson.databind.JsonNode;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Lz4;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.testing.ChildProcess;
import org.litestream4j.testing.EnabledIfSqlite3;
import org.litestream4j.testing.Sqlite3;

import static org.assertj.core.api.Assertions.assertThat;

class ValidateCommandTests {

	private static final Generation GENERATION = new Generation("00112233445566aa");

	static final List<String> names = Recorded.NAMES;

	@TempDir
	private Path directory;

	private Path database = Path.of("");

	private Path replica = Path.of("");

	@BeforeEach
	void nameFiles() {
		this.database = this.directory.resolve("app.db");
		this.replica = this.directory.resolve("replica");
	}

	private CliRun validate(String... more) {
		String[] arguments = Stream
			.concat(Stream.of("validate", "-temp-directory", this.directory.toString(), "-db",
					this.database.toString()), Stream.concat(Stream.of(more), Stream.of(Recorded.url(this.replica))))
			.toArray(String[]::new);
		return CliRun.of(arguments);
	}

	private void restored(String name) throws IOException {
		Recorded.copy(name, this.replica);
		assertThat(CliRun.of("restore", "-o", this.database.toString(), Recorded.url(this.replica)).code()).isZero();
	}

	@ParameterizedTest
	@FieldSource("names")
	void whatWasRestoredEqualsItsReplica(String name) throws IOException {
		restored(name);
		CliRun run = validate();
		assertThat(run.code()).as("%s", run).isZero();
		assertThat(run.out()).contains("equals the newest state");
		assertThat(files()).containsExactlyInAnyOrder("app.db", "replica");
	}

	@Test
	void differenceNamesTheFirstPage() throws IOException {
		restored("plain");
		try (RandomAccessFile file = new RandomAccessFile(this.database.toFile(), "rw")) {
			file.seek(4096 * 6 + 100);
			file.write(file.read() ^ 1);
		}
		CliRun run = validate("-json");
		assertThat(run.code()).isEqualTo(3);
		JsonNode json = run.json();
		assertThat(json.get("outcome").asString()).isEqualTo("different");
		assertThat(json.get("firstDifferentPage").longValue()).isEqualTo(7);
		assertThat(json.get("differentPages").longValue()).isOne();
		assertThat(validate().out()).contains("differs", "page 7");
	}

	@Test
	void databaseThatIsShorterDiffersWhereItEnds() throws IOException {
		restored("plain");
		try (RandomAccessFile file = new RandomAccessFile(this.database.toFile(), "rw")) {
			file.setLength(4096 * 10);
		}
		assertThat(validate("-json").json().get("firstDifferentPage").longValue()).isEqualTo(11);
	}

	@Test
	@EnabledIfSqlite3
	void walThatWasShippedWholeEqualsAndIsLeftAsItIs() throws IOException {
		long[] ends = writeTwiceAndKeepWal();
		ship(0, ends[0]);
		ship(ends[0], ends[1]);
		String database = Recorded.sha256(this.database);
		String wal = Recorded.sha256(wal());
		CliRun run = validate();
		assertThat(run.code()).as("%s", run).isZero();
		assertThat(Recorded.sha256(this.database)).isEqualTo(database);
		assertThat(Recorded.sha256(wal())).isEqualTo(wal);
	}

	@Test
	@EnabledIfSqlite3
	void walThatWasShippedInPartIsCalledBehind() throws IOException {
		long[] ends = writeTwiceAndKeepWal();
		ship(0, ends[0]);
		CliRun run = validate("-json");
		assertThat(run.code()).as("%s", run).isEqualTo(4);
		assertThat(run.json().get("outcome").asString()).isEqualTo("behind");
		assertThat(run.json().get("behindBytes").longValue()).isEqualTo(ends[1] - ends[0]);
		assertThat(validate().out()).contains("lacks the newest commits");
	}

	@Test
	@EnabledIfSqlite3
	void replicaThatIsBehindAndWrongIsCalledDifferent() throws IOException {
		long[] ends = writeTwiceAndKeepWal();
		ship(0, ends[0]);
		try (RandomAccessFile file = new RandomAccessFile(this.database.toFile(), "rw")) {
			file.seek(4096 * 6 + 100);
			file.write(file.read() ^ 1);
		}
		assertThat(validate().code()).isEqualTo(3);
	}

	@Test
	@EnabledIfSqlite3
	void openDatabaseIsRefused() throws IOException {
		restored("plain");
		try (ChildProcess shell = Sqlite3.start(this.database)) {
			shell.send("pragma journal_mode=wal;");
			shell.send("select 'rows', count(*) from t;");
			shell.awaitLine((line) -> line.startsWith("rows"));
			CliRun run = validate();
			assertThat(run.code()).as("%s", run).isEqualTo(1);
			assertThat(run.isOneSentence()).isTrue();
			assertThat(run.err()).contains("open in another process", "stop the application");
		}
	}

	@Test
	void interruptedTransactionIsRefused() throws IOException {
		restored("plain");
		Files.writeString(this.directory.resolve("app.db-journal"), "hot");
		CliRun run = validate();
		assertThat(run.code()).isEqualTo(1);
		assertThat(run.err()).contains("app.db-journal", "roll it back");
	}

	@Test
	void missingOrForeignFileIsNamed() throws IOException {
		Recorded.copy("plain", this.replica);
		assertThat(validate().err()).contains("does not exist").hasLineCount(1);
		Files.writeString(this.database, "no database at all, but long enough");
		assertThat(validate().err()).contains("not a SQLite database").hasLineCount(1);
	}

	/**
	 * Leaves a database as a killed application does: two commits in the WAL, none of
	 * them in the database file.
	 * @return where the commits end in the WAL
	 */
	private long[] writeTwiceAndKeepWal() throws IOException {
		restored("plain");
		Path live = this.database;
		this.database = this.directory.resolve("killed.db");
		long[] ends = new long[2];
		try (ChildProcess shell = Sqlite3.start(live)) {
			shell.send("pragma journal_mode=wal; pragma wal_autocheckpoint=0;");
			for (int i = 0; i < 2; i++) {
				shell.send("create table later%d as select zeroblob(9000); select 'done %d';".formatted(i, i));
				String done = "done " + i;
				shell.awaitLine(done::equals);
				ends[i] = Files.size(live.resolveSibling("app.db-wal"));
			}
			Files.copy(live, this.database);
			Files.copy(live.resolveSibling("app.db-wal"), wal());
		}
		try (Stream<Path> paths = Files.walk(this.replica).sorted(Comparator.reverseOrder())) {
			for (Path path : (Iterable<Path>) paths::iterator) {
				Files.delete(path);
			}
		}
		client().writeSnapshot(GENERATION, 0, Instant.now(), compressed(Files.readAllBytes(this.database)));
		return ends;
	}

	private V03Replica client() {
		return new V03Replica(new FileStore(this.replica, SystemDisk.ownerOnly()));
	}

	private void ship(long from, long to) throws IOException {
		byte[] part = Arrays.copyOfRange(Files.readAllBytes(wal()), (int) from, (int) to);
		client().writeWalSegment(new WalPosition(GENERATION, 0, from), Instant.now(), compressed(part));
	}

	private static ObjectContent compressed(byte[] bytes) throws IOException {
		ByteArrayOutputStream stored = new ByteArrayOutputStream();
		try (OutputStream compressing = Lz4.compress(stored, bytes.length)) {
			compressing.write(bytes);
		}
		return stored::writeTo;
	}

	private Path wal() {
		return this.database.resolveSibling(this.database.getFileName() + "-wal");
	}

	private List<String> files() throws IOException {
		try (Stream<Path> files = Files.list(this.directory)) {
			return files.map((file) -> file.getFileName().toString()).toList();
		}
	}

}
