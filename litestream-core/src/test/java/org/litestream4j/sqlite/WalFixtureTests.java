package org.litestream4j.sqlite;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * SQLite itself recovers what {@link WalFixture} writes, in both byte orders.
 */
class WalFixtureTests {

	@TempDir
	private Path directory;

	@ParameterizedTest
	@CsvSource({ "true, 512", "false, 512", "true, 4096", "false, 4096", "true, 65536", "false, 65536" })
	void toBytesWhenSqliteFindsThemIsAppliedUpToTheLastCommit(boolean bigEndian, int pageSize)
			throws IOException, SQLException {
		Path database = this.directory.resolve("app.db");
		try (Connection connection = connect(database); Statement statement = connection.createStatement()) {
			statement.execute("PRAGMA page_size=" + pageSize);
			statement.execute("PRAGMA journal_mode=WAL");
			statement.execute("CREATE TABLE t(x TEXT)");
			statement.execute("INSERT INTO t VALUES ('old text')");
		}
		// Nobody in this JVM has the database open now.
		byte[] page = Arrays.copyOfRange(Files.readAllBytes(database), pageSize, 2 * pageSize);
		byte[] committed = replace(page, "old text", "new text");
		byte[] uncommitted = replace(page, "old text", "too late");
		WalFixture wal = WalFixture.of(bigEndian, pageSize).frame(2, 2, committed).frame(2, 0, uncommitted);
		Files.write(Path.of(database + "-wal"), wal.toBytes());
		try (Connection connection = connect(database);
				Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery("SELECT x FROM t")) {
			assertThat(rows.getString(1)).isEqualTo("new text");
		}
	}

	private static Connection connect(Path database) throws SQLException {
		return DriverManager.getConnection("jdbc:sqlite:" + database);
	}

	private static byte[] replace(byte[] page, String from, String to) {
		String text = new String(page, StandardCharsets.ISO_8859_1);
		assertThat(text).contains(from);
		return text.replace(from, to).getBytes(StandardCharsets.ISO_8859_1);
	}

}
