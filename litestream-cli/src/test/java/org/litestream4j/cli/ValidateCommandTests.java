package org.litestream4j.cli;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import tools.jackson.databind.JsonNode;

import org.litestream4j.testing.EnabledIfSqlite3;
import org.litestream4j.testing.Sqlite3;

import static org.assertj.core.api.Assertions.assertThat;

class ValidateCommandTests {

	static final java.util.List<String> names = Recorded.NAMES;

	@TempDir
	private Path folder;

	private Path database = Path.of("");

	private Path replica = Path.of("");

	@BeforeEach
	void nameFiles() {
		this.database = this.folder.resolve("app.db");
		this.replica = this.folder.resolve("replica");
	}

	private CliRun validate(String... more) {
		String[] arguments = Stream
			.concat(Stream.of("validate", "-temp-directory", this.folder.toString(), "-db", this.database.toString()),
					Stream.concat(Stream.of(more), Stream.of(Recorded.url(this.replica))))
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
	void committedWalCountsAndIsLeftAsItIs() throws IOException {
		restored("plain");
		writeAndKeepWal("create table later(x); insert into later values(zeroblob(9000));");
		String database = Recorded.sha256(this.database);
		String wal = Recorded.sha256(wal());
		CliRun run = validate();
		assertThat(run.code()).as("%s", run).isEqualTo(3);
		assertThat(Recorded.sha256(this.database)).isEqualTo(database);
		assertThat(Recorded.sha256(wal())).isEqualTo(wal);
	}

	@Test
	@EnabledIfSqlite3
	void openDatabaseIsRefused() throws IOException {
		restored("plain");
		try (Sqlite3 shell = Sqlite3.open(this.database)) {
			shell.run("pragma journal_mode=wal");
			shell.run("select count(*) from t");
			CliRun run = validate();
			assertThat(run.code()).as("%s", run).isEqualTo(1);
			assertThat(run.isOneSentence()).isTrue();
			assertThat(run.err()).contains("open in another process", "stop the application");
		}
	}

	@Test
	void interruptedTransactionIsRefused() throws IOException {
		restored("plain");
		Files.writeString(this.folder.resolve("app.db-journal"), "hot");
		CliRun run = validate();
		assertThat(run.code()).isEqualTo(1);
		assertThat(run.err()).contains("app.db-journal", "roll it back");
	}

	@Test
	void missingOrForeignFileIsNamed() throws IOException {
		Recorded.copy("plain", this.replica);
		assertThat(validate().err()).contains("does not exist").hasLineCount(1);
		Files.writeString(this.database, "no database at all, but long enough");
		assertThat(validate().err()).contains("no SQLite database").hasLineCount(1);
	}

	/** Copies the WAL away while it is there, and puts it back. */
	private void writeAndKeepWal(String sql) throws IOException {
		try (Sqlite3 shell = Sqlite3.open(this.database)) {
			shell.run("pragma journal_mode=wal");
			shell.run("pragma wal_autocheckpoint=0");
			shell.run(sql);
			Files.copy(this.database, this.folder.resolve("copy.db"));
			Files.copy(wal(), this.folder.resolve("copy.db-wal"));
		}
		this.database = this.folder.resolve("copy.db");
	}

	private Path wal() {
		return this.database.resolveSibling(this.database.getFileName() + "-wal");
	}

	private java.util.List<String> files() throws IOException {
		try (Stream<Path> files = Files.list(this.folder)) {
			return files.map((file) -> file.getFileName().toString()).toList();
		}
	}

}
