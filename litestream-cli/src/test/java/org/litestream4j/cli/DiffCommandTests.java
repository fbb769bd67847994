package org.litestream4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;

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

class DiffCommandTests {

	private static final String OLD = "1aa6d5e66efb67f7";

	private static final String NEW = "b8e9afb5e0717645";

	@TempDir
	Path directory;

	private String url = "";

	private Path temp = Path.of("");

	@BeforeEach
	void copyReplica() throws IOException {
		this.url = Recorded.url(Recorded.copy("gens", this.directory.resolve("replica")));
		this.temp = Files.createDirectory(this.directory.resolve("temp"));
	}

	@AfterEach
	void nothingIsLeftBehind() throws IOException {
		try (Stream<Path> left = Files.list(this.temp)) {
			assertThat(left).isEmpty();
		}
	}

	private CliRun diff(String... arguments) {
		return CliRun.of(Stream
			.of(Stream.of("diff", "-temp-directory", this.temp.toString()), Stream.of(arguments), Stream.of(this.url))
			.flatMap((each) -> each)
			.toArray(String[]::new));
	}

	private Path restored(String generation) {
		Path file = this.directory.resolve(generation + ".db");
		assertThat(CliRun.of("restore", "-generation", generation, "-o", file.toString(), this.url).code()).isZero();
		return file;
	}

	private static void execute(Path database, String sql) throws SQLException {
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
				Statement statement = connection.createStatement()) {
			statement.executeUpdate(sql);
		}
	}

	private static long count(Path database, String table) throws SQLException {
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
				Statement statement = connection.createStatement();
				ResultSet answer = statement.executeQuery("SELECT count(*) FROM " + table)) {
			return answer.getLong(1);
		}
	}

	@Test
	void summaryCountsRowsByTable() {
		CliRun run = diff("-from", OLD + "/0", "-to", OLD);
		assertThat(run.code()).as(run.err()).isZero();
		assertThat(run.out().lines()).first().asString().startsWith("From " + OLD + "/00000000:00024380, stored at ");
		assertThat(run.out().lines()).anyMatch((line) -> line.matches("t +3 +0 +0 +id"));
	}

	@Test
	void jsonHasBothStates() {
		JsonNode json = diff("-from", OLD + "/00000000:00024380", "-json", "-table", "t").json();
		assertThat(json.at("/from/offset").longValue()).isEqualTo(0x24380);
		assertThat(json.at("/to/generation").stringValue()).isEqualTo(NEW);
		assertThat(json.at("/equal").booleanValue()).isFalse();
		assertThat(json.at("/tables/0/added").longValue()).isEqualTo(81);
		assertThat(json.at("/tables/0/rows")).hasSize(81);
		assertThat(json.at("/tables/0/rows/0/change").stringValue()).isEqualTo("added");
	}

	@Test
	void rowsBeyondTheLimitAreCounted() {
		CliRun run = diff("-from", OLD, "-to", NEW, "-table", "t", "-limit", "2");
		assertThat(run.out().lines().filter((line) -> line.startsWith("+ t id="))).hasSize(2);
		assertThat(run.out()).contains("and 76 more of t: -limit shows more, -sql all");
	}

	@Test
	void statementsLeadFromTheFirstStateToTheSecond() throws SQLException {
		Path database = restored(OLD);
		Path script = this.directory.resolve("diff.sql");
		CliRun run = diff("-from", OLD, "-to", NEW, "-sql", "-o", script.toString());
		assertThat(run.code()).as(run.err()).isZero();
		assertThat(run.out()).contains("_litestream_seq");
		CliRun printed = diff("-from", OLD, "-to", NEW, "-sql");
		assertThat(script).content().isEqualTo(printed.out());
		execute(database, printed.out());
		assertThat(diff("-from", NEW, "-database", database.toString(), "-exit-code").code()).isZero();
	}

	@Test
	void databaseIsComparedWithItsWalAndChangedInNothing() throws Exception {
		Path database = restored(NEW);
		byte[] before = Files.readAllBytes(database);
		CliRun same = diff("-from", NEW, "-database", database.toString());
		assertThat(same.out()).as(same.err()).contains("Nothing differs: 3 tables were compared");
		assertThat(Files.readAllBytes(database)).isEqualTo(before);
		assertThat(Files.exists(this.directory.resolve(NEW + ".db-shm"))).isFalse();
		execute(database, "DELETE FROM t WHERE id = 1");
		CliRun changed = diff("-to", "latest", "-database", database.toString(), "-exit-code", "-table", "t");
		assertThat(changed.code()).isEqualTo(3);
		assertThat(changed.out()).contains("From the database " + database, "+ t id=1: ");
	}

	@EnabledIfSqlite3
	@Test
	void databaseInUseIsComparedAsOfOneMoment() throws Exception {
		Path database = restored(NEW);
		try (ChildProcess user = Sqlite3.start(database)) {
			user.send("INSERT INTO t(id, k) VALUES(1000, 'new');");
			user.send("SELECT count(*) FROM t;");
			user.awaitLine((line) -> !line.isBlank());
			CliRun run = diff("-from", "latest", "-database", database.toString(), "-table", "t");
			assertThat(run.out()).as(run.err()).contains("+ t id=1000: k='new'");
			assertThat(count(database, "t")).isPositive();
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "-to latest | -from is missing", "-from latest -to latest -database x | use two",
					"-from latest -o x | without -sql", "-from latest -sql -json | -sql and -json are both given",
					"-from latest -limit -1 | 0 or more", "-from yesteryear | yesteryear",
					"-from latest -table nosuch | There is no table 'nosuch' in either state: there are t,",
					"-from b8e9afb5e0717645/00000000:zz | is not a position" })
	void whatMakesNoSenseIsRefused(String arguments, String expected) {
		CliRun run = diff(arguments.split(" "));
		assertThat(run.code()).isEqualTo(2);
		assertThat(run.err()).contains(expected);
		assertThat(run.out()).isEmpty();
	}

	@Test
	void stateThatIsNotThereIsOneSentence() {
		CliRun run = diff("-from", "2001-01-01T00:00:00Z");
		assertThat(run.code()).isEqualTo(1);
		assertThat(run.isOneSentence()).as(run.err()).isTrue();
		assertThat(List.of(run.err())).isNotEmpty();
	}

	@Test
	void scriptNeverReplacesAFile() throws IOException {
		Path script = Files.writeString(this.directory.resolve("mine.sql"), "mine");
		CliRun run = diff("-from", OLD, "-sql", "-o", script.toString());
		assertThat(run.code()).isEqualTo(1);
		assertThat(run.err()).contains("mine.sql exists, and is not overwritten");
		assertThat(script).content().isEqualTo("mine");
	}

}
