package org.litestream4j.boot.replication;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Map;
import java.util.Properties;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.boot.replication.SqliteUrl.DatabaseFile;
import org.litestream4j.boot.replication.SqliteUrl.Foreign;
import org.litestream4j.boot.replication.SqliteUrl.LeftAlone;
import org.litestream4j.boot.replication.SqliteUrl.Refused;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link SqliteUrl}.
 */
class SqliteUrlTests {

	@TempDir
	private Path directory;

	@ParameterizedTest
	@ValueSource(strings = { "jdbc:sqlite:{}/a.db", "JDBC:SQLITE:{}/a.db", " jdbc:sqlite:{}/a.db ",
			"jdbc:sqlite:{}/with space.db", "jdbc:sqlite:{}/a%20b.db", "jdbc:sqlite:{}/a.db?journal_mode=WAL",
			"jdbc:sqlite:{}/a.db?foo=1&cache_size=100&bar=2", "jdbc:sqlite:{}/a.db?", "jdbc:sqlite:{}/a.db?foo",
			"jdbc:sqlite:file:{}/a.db", "jdbc:sqlite:file:{}/a%20b.db?mode=rwc&journal_mode=wal",
			"jdbc:sqlite:file://{}/a.db", "jdbc:sqlite:file://localhost{}/a.db", "jdbc:sqlite:file:{}/a.db#fragment",
			"jdbc:sqlite:file:{}/a.db%00ignored", "jdbc:sqlite:file:{}/%zz.db", "jdbc:sqlite:file:{}/%C3%A4.db",
			"jdbc:sqlite:file:{}/sub%2F..%2Fa.db", "jdbc:sqlite:FILE:{}/a.db", "jdbc:sqlite:{}/x/../a.db",
			"jdbc:sqlite:file:{}/a.db?cache=private&mode=rwc", "jdbc:sqlite:{}/a.db?open_mode=6" })
	void fileIsTheOneThatSqliteOpens(String pattern) throws Exception {
		String url = pattern.replace("{}", this.directory.toRealPath().toString());
		Files.createDirectories(this.directory.resolve("x"));
		Files.createDirectories(this.directory.resolve("sub"));
		Path parsed = file(url, new Properties()).path();
		if (pattern.contains("FILE:")) {
			// Relative, so not opened here
			assertThat(parsed).hasFileName("a.db");
			return;
		}
		assertThat(parsed.toString()).isEqualTo(openedBySqlite(url));
	}

	private static String openedBySqlite(String url) throws Exception {
		try (Connection connection = DriverManager.getConnection(url.trim());
				Statement statement = connection.createStatement()) {
			statement.execute("CREATE TABLE IF NOT EXISTS t(x)");
			try (ResultSet list = statement.executeQuery("PRAGMA database_list")) {
				list.next();
				return Path.of(list.getString("file")).toRealPath().toString();
			}
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			jdbc:sqlite:                                  | lives in memory
			jdbc:sqlite::memory:                          | lives in memory
			jdbc:sqlite:file::memory:?cache=shared        | lives in memory
			jdbc:sqlite:file:                             | lives in memory
			jdbc:sqlite:file:x?mode=memory&cache=shared   | lives in memory
			jdbc:sqlite:x.db?mode=memory                  | lives in memory
			jdbc:sqlite::resource:seed.db                 | is a resource of the class path
			jdbc:sqlite:file:x.db?immutable=1             | is opened with immutable=1
			jdbc:sqlite:file:x.db?immutable=true          | is opened with immutable=1
			jdbc:sqlite:file:x.db?mode=ro                 | is opened read-only
			jdbc:sqlite:x.db?open_mode=1                  | is opened read-only
			""")
	void databaseWithoutAFileToReplicateIsLeftAlone(String url, String reason) {
		assertThat(parse(url)).isEqualTo(new LeftAlone(reason));
	}

	@Test
	void readOnlyPoolIsLeftAlone() {
		assertThat(SqliteUrl.parse(new JdbcLocation("jdbc:sqlite:x.db", new Properties(), true)))
			.isEqualTo(new LeftAlone("is opened read-only"));
	}

	@Test
	void readOnlyDriverPropertyIsLeftAlone() {
		Properties properties = new Properties();
		properties.setProperty("open_mode", "1");
		assertThat(SqliteUrl.parse(new JdbcLocation("jdbc:sqlite:x.db", properties, false)))
			.isEqualTo(new LeftAlone("is opened read-only"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "jdbc:p6spy:sqlite:/x.db", "jdbc:otel:sqlite:/x.db", "JDBC:P6SPY:sqlite:/x.db" })
	void driverThatPassesEverythingOnIsLookedThrough(String url) {
		assertThat(parse(url)).isInstanceOfSatisfying(DatabaseFile.class,
				(file) -> assertThat(file.path()).isEqualTo(Path.of("/x.db")));
	}

	@Test
	void unknownDriverMayLeadToSqlite() {
		assertThat(parse("jdbc:newspy:sqlite:/x.db")).isEqualTo(new Foreign(true));
		assertThat(parse("jdbc:h2:mem:sqlite")).isEqualTo(new Foreign(false));
	}

	@ParameterizedTest
	@ValueSource(strings = { "jdbc:h2:mem:x", "jdbc:sqlite", "jdbc:sqlcipher:x.db", "" })
	void anotherEngineIsForeign(String url) {
		assertThat(parse(url)).isInstanceOf(Foreign.class);
	}

	@ParameterizedTest
	@ValueSource(strings = { "journal_mode=DELETE", "journal_mode=off", "locking_mode=EXCLUSIVE" })
	void settingThatRulesOutReplicationIsRefused(String setting) {
		assertThat(parse("jdbc:sqlite:x.db?" + setting)).isInstanceOfSatisfying(Refused.class,
				(refused) -> assertThat(refused.setting()).isEqualTo(setting));
	}

	@Test
	void driverPropertyWinsOverUrl() {
		Properties properties = new Properties();
		properties.setProperty("page_size", "8192");
		assertThat(file("jdbc:sqlite:x.db?page_size=1024&encoding=UTF-16&cache_size=5", properties).creationPragmas())
			.isEqualTo(Map.of("page_size", "8192", "encoding", "UTF-16"));
	}

	@Test
	void lastParameterWins() {
		assertThat(file("jdbc:sqlite:x.db?page_size=1024&page_size=2048", new Properties()).creationPragmas())
			.isEqualTo(Map.of("page_size", "2048"));
	}

	private static SqliteUrl parse(String url) {
		return SqliteUrl.parse(new JdbcLocation(url));
	}

	private static DatabaseFile file(String url, Properties properties) {
		return (DatabaseFile) SqliteUrl.parse(new JdbcLocation(url, properties, false));
	}

}
