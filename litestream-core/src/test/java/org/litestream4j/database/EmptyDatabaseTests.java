package org.litestream4j.database;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link EmptyDatabase}.
 */
class EmptyDatabaseTests {

	@TempDir
	private Path directory;

	private Path database() {
		return this.directory.resolve("odd name%20#?.db");
	}

	private Connection open(String... statements) throws SQLException {
		Connection connection = DriverManager.getConnection("jdbc:sqlite:" + this.directory.resolve("made.db"));
		for (String each : statements) {
			try (Statement statement = connection.createStatement()) {
				statement.execute(each);
			}
		}
		return connection;
	}

	private void make(String... statements) throws Exception {
		open(statements).close();
		for (String suffix : new String[] { "", "-wal" }) {
			Path made = this.directory.resolve("made.db" + suffix);
			if (Files.exists(made)) {
				Files.move(made, Path.of(database() + suffix));
			}
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 512, 4096, 65_536 })
	void newDatabaseInWalModeIsEmpty(int pageSize) throws Exception {
		make("PRAGMA page_size=" + pageSize, "PRAGMA journal_mode=WAL");
		assertThat(database()).hasSize(pageSize);
		assertThat(EmptyDatabase.isAt(database())).isTrue();
		assertThat(Path.of(database() + "-shm")).doesNotExist();
	}

	@Test
	void numbersInTheHeaderAreNoContent() throws Exception {
		make("PRAGMA journal_mode=WAL", "PRAGMA user_version=7", "PRAGMA application_id=7");
		assertThat(EmptyDatabase.isAt(database())).isTrue();
	}

	@Test
	void databaseWithATableIsNotEmpty() throws Exception {
		make("PRAGMA page_size=65536", "CREATE VIEW v AS SELECT 1");
		assertThat(database()).hasSize(65_536);
		assertThat(EmptyDatabase.isAt(database())).isFalse();
	}

	@Test
	void databaseThatLostAllItsTablesIsNotEmpty() throws Exception {
		make("CREATE TABLE t(x)", "INSERT INTO t SELECT randomblob(60000) FROM (VALUES (1), (2))", "DROP TABLE t");
		assertThat(EmptyDatabase.isAt(database())).isFalse();
	}

	@Test
	void databaseWithFramesInTheWalIsNotEmpty() throws Exception {
		make("PRAGMA journal_mode=WAL");
		Files.write(Path.of(database() + "-wal"), new byte[4152]);
		assertThat(EmptyDatabase.isAt(database())).isFalse();
	}

	@Test
	void hotJournalIsNotEmpty() throws Exception {
		make("PRAGMA journal_mode=WAL");
		Files.write(Path.of(database() + "-journal"), new byte[512]);
		assertThat(EmptyDatabase.isAt(database())).isFalse();
	}

	@Test
	void fileThatIsNotADatabaseIsNotEmpty() throws Exception {
		Files.write(database(), new byte[4096]);
		assertThat(EmptyDatabase.isAt(database())).isFalse();
	}

	@Test
	void databaseThatThisProcessHasOpenIsNotLookedInto() throws Exception {
		try (Connection connection = open("PRAGMA journal_mode=WAL")) {
			assertThat(connection.isClosed()).isFalse();
			assertThat(EmptyDatabase.isAt(this.directory.resolve("made.db"))).isFalse();
		}
		assertThat(EmptyDatabase.isAt(this.directory.resolve("made.db"))).isTrue();
	}

	@Test
	void openDatabaseIsEmptyUntilATableIsCommitted() throws Exception {
		try (Connection connection = open("PRAGMA journal_mode=WAL", "PRAGMA user_version=7")) {
			Path made = this.directory.resolve("made.db");
			assertThat(EmptyDatabase.isOpenAt(made)).isTrue();
			try (Statement statement = connection.createStatement()) {
				statement.execute("CREATE TABLE t(x)");
			}
			assertThat(made).hasSize(4096);
			assertThat(EmptyDatabase.isOpenAt(made)).isFalse();
			assertThat(Path.of(made + "-wal")).as("the connection's").isNotEmptyFile();
		}
	}

}
