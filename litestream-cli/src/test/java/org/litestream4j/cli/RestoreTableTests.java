package org.litestream4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.stream.Stream;

import net.jpountz.xxhash.XXHashFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

import org.litestream4j.testing.ChildProcess;
import org.litestream4j.testing.EnabledIfSqlite3;
import org.litestream4j.testing.Sqlite3;

import static org.assertj.core.api.Assertions.assertThat;

class RestoreTableTests {

	@TempDir
	Path directory;

	private String url = "";

	private Path temp = Path.of("");

	private Path target = Path.of("");

	@BeforeEach
	void copyReplica() throws IOException {
		this.url = Recorded.url(Recorded.copy("gens", this.directory.resolve("replica")));
		this.temp = Files.createDirectory(this.directory.resolve("temp"));
		this.target = this.directory.resolve("tables.db");
	}

	@AfterEach
	void nothingIsLeftBehind() throws IOException {
		try (Stream<Path> left = Files.list(this.temp)) {
			assertThat(left).isEmpty();
		}
		try (Stream<Path> left = Files.list(this.directory)) {
			assertThat(left.map((path) -> path.getFileName().toString())).isSubsetOf("replica", "temp", "tables.db",
					"tables.db-wal", "tables.db-shm", "whole.db", ".tables.db-litestream", "application.yml");
		}
	}

	private CliRun restore(String... arguments) {
		return CliRun.of(
				Stream
					.of(Stream.of("restore", "-temp-directory", this.temp.toString(), "-into", this.target.toString()),
							Stream.of(arguments), Stream.of(this.url))
					.flatMap((each) -> each)
					.toArray(String[]::new));
	}

	private static @Nullable String answer(Path database, String sql) throws SQLException {
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
				Statement statement = connection.createStatement();
				ResultSet answer = statement.executeQuery(sql)) {
			return answer.next() ? answer.getString(1) : null;
		}
	}

	@Test
	void tableEqualsThatOfAFullRestore() throws Exception {
		CliRun run = restore("-table", "t");
		assertThat(run.code()).as(run.err()).isZero();
		assertThat(run.out()).startsWith("Restored t: 81 rows, indexes: tk, triggers: none");
		Path whole = this.directory.resolve("whole.db");
		assertThat(CliRun.of("restore", "-o", whole.toString(), this.url).code()).isZero();
		String all = "SELECT group_concat(id || k || hex(v)) FROM t";
		assertThat(answer(this.target, all)).isEqualTo(answer(whole, all));
		assertThat(answer(this.target, "PRAGMA integrity_check")).isEqualTo("ok");
	}

	@Test
	void dryRunSaysWhatWouldBeAndWritesNothing() throws Exception {
		JsonNode json = restore("-table", "t", "-dry-run", "-json").json();
		assertThat(json.at("/dryRun").booleanValue()).isTrue();
		assertThat(json.at("/tables/0/rows").longValue()).isEqualTo(81);
		assertThat(this.target).doesNotExist();
		assertThat(restore("-table", "t").code()).isZero();
		byte[] before = Files.readAllBytes(this.target);
		CliRun again = restore("-table", "t", "-dry-run");
		assertThat(again.code()).isEqualTo(1);
		assertThat(again.err()).contains("has 't' already, and nothing is overwritten");
		assertThat(restore("-table", "t", "-as", "t then", "-dry-run").out())
			.startsWith("Would restore t as t then: 81 rows, indexes: tk_t then");
		assertThat(Files.readAllBytes(this.target)).isEqualTo(before);
	}

	@Test
	void tablesAreAddedToADatabaseThatIsThere() throws Exception {
		assertThat(restore("-table", "t").code()).isZero();
		CliRun run = restore("-table", "t", "-as", "past", "-generation", "1aa6d5e66efb67f7");
		assertThat(run.code()).as(run.err()).isZero();
		assertThat(answer(this.target, "SELECT (SELECT count(*) FROM t) - (SELECT count(*) FROM past)"))
			.isEqualTo("78");
	}

	@EnabledIfSqlite3
	@Test
	void databaseInUseIsLeftAlone() throws Exception {
		answerNothing("CREATE TABLE mine(a)");
		try (ChildProcess user = Sqlite3.start(this.target)) {
			user.send("PRAGMA journal_mode=wal; SELECT count(*) FROM mine;");
			user.awaitLine((line) -> line.equals("0"));
			CliRun run = restore("-table", "t");
			assertThat(run.code()).isEqualTo(1);
			assertThat(run.err())
				.contains("is open in another process: stop the application before tables are restored");
		}
	}

	@Test
	void replicatedDatabaseIsLeftToItsApplication() throws Exception {
		answerNothing("CREATE TABLE mine(a)");
		Path meta = Files.createDirectory(this.directory.resolve(".tables.db-litestream"));
		CliRun run = restore("-table", "t");
		assertThat(run.err()).contains("is replicated by an application, which alone may write to it");
		Files.delete(meta);
	}

	@Test
	void walThatWasLeftIsTakenForThatOfAStoppedApplication() throws Exception {
		answerNothing("CREATE TABLE mine(a)");
		Path wal = Files.createFile(this.directory.resolve("tables.db-wal"));
		CliRun run = restore("-table", "t");
		assertThat(run.code()).isEqualTo(1);
		assertThat(run.err()).contains(wal + " is there, as an application that was stopped or killed leaves it");
		Files.delete(wal);
		assertThat(restore("-table", "t").code()).isZero();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "spring.datasource.url | jdbc:sqlite:%s?foreign_keys=true",
					"spring.datasource.url | jdbc:p6spy:sqlite:file:%s", "spring.datasource.url | jdbc:sqlite:%s",
					"litestream.databases.notes.path | %s", "orders.url | jdbc:sqlite:tables.db" })
	void databaseThatTheApplicationIsConfiguredWithIsLeftToIt(String property, String value) throws Exception {
		answerNothing("CREATE TABLE mine(a)");
		Path configuration = configuration("%s: %s".formatted(property, value.formatted(this.target)));
		CliRun run = CliRun.of("restore", "-table", "t", "-temp-directory", this.temp.toString(), "-into",
				this.target.toString(), "-config", configuration.toString(), "dataSource");
		assertThat(run.code()).isEqualTo(1);
		assertThat(run.err()).contains("tables.db is replicated by an application, which alone may write to it");
	}

	@Test
	void configuredMetaDirectoryTellsTheDatabaseThatWasStopped() throws Exception {
		answerNothing("CREATE TABLE mine(a)");
		Path meta = Files.createDirectories(this.temp.resolve("meta/dataSource"));
		Path configuration = configuration("litestream.meta-directory: %s/{database}".formatted(meta.getParent()));
		String[] arguments = { "restore", "-table", "t", "-temp-directory", this.temp.toString(), "-into",
				this.target.toString(), "-dry-run", "-config", configuration.toString(), "dataSource" };
		assertThat(CliRun.of(arguments).code()).as("a meta directory of another database").isZero();
		Files.writeString(meta.resolve("stopped"), stopped(this.target));
		CliRun run = CliRun.of(arguments);
		assertThat(run.code()).isEqualTo(1);
		assertThat(run.err()).contains("tables.db is replicated by an application, which alone may write to it");
		Files.delete(meta.resolve("stopped"));
		Files.delete(meta);
		Files.delete(meta.getParent());
	}

	/** As replication writes it when it stops. */
	private static String stopped(Path database) throws IOException {
		byte[] bytes = Files.readAllBytes(database);
		long hash = XXHashFactory.safeInstance().hash64().hash(bytes, 0, bytes.length, 0);
		return "1aa6d5e66efb67f7/00000003:00000000 %x %016x".formatted(bytes.length, hash);
	}

	private Path configuration(String line) throws IOException {
		return Files.writeString(this.directory.resolve("application.yml"), """
				%s
				litestream.replicas[0].url: %s
				""".formatted(line, this.url));
	}

	private void answerNothing(String sql) throws SQLException {
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + this.target);
				Statement statement = connection.createStatement()) {
			statement.executeUpdate(sql);
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`',
			value = { "-table nosuch | There is no table 'nosuch' in that state",
					"-table t -o x | leave them out with -table", "-as x | name one with -table",
					"-table t,_litestream_seq -as x | -as is given for 2 tables" })
	void whatMakesNoSenseIsRefused(String arguments, String expected) {
		CliRun run = restore(arguments.split(" "));
		assertThat(run.code()).isPositive();
		assertThat(run.err()).contains(expected);
		assertThat(this.target).doesNotExist();
	}

	@Test
	void tableNeedsADatabaseToGoInto() {
		CliRun run = CliRun.of("restore", "-table", "t", this.url);
		assertThat(run.code()).isEqualTo(2);
		assertThat(run.err()).contains("-table is given without -into");
	}

}
