package org.litestream4j.sqlite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * A new database whose WAL SQLite itself writes. Only the {@code -wal} file is read while
 * it is open, which carries no locks.
 */
final class SqliteWal implements AutoCloseable {

	private final Path database;

	private final Connection connection;

	SqliteWal(Path directory, int pageSize) throws SQLException {
		this.database = directory.resolve("app.db");
		this.connection = DriverManager.getConnection("jdbc:sqlite:" + this.database);
		run("PRAGMA page_size=" + pageSize, "PRAGMA journal_mode=WAL", "PRAGMA wal_autocheckpoint=0",
				"CREATE TABLE t(id INTEGER PRIMARY KEY, x BLOB)");
	}

	void run(String... statements) throws SQLException {
		try (Statement statement = this.connection.createStatement()) {
			for (String sql : statements) {
				statement.execute(sql);
			}
		}
	}

	long number(String query) throws SQLException {
		try (Statement statement = this.connection.createStatement(); var rows = statement.executeQuery(query)) {
			return rows.getLong(1);
		}
	}

	/** How many frames SQLite counts in the WAL, by a checkpoint that does nothing. */
	long framesPublished() throws SQLException {
		try (Statement statement = this.connection.createStatement();
				var rows = statement.executeQuery("PRAGMA wal_checkpoint(NOOP)")) {
			return rows.getLong("log");
		}
	}

	byte[] wal() throws IOException {
		return Files.readAllBytes(Path.of(this.database + "-wal"));
	}

	Path database() {
		return this.database;
	}

	@Override
	public void close() throws SQLException {
		this.connection.close();
	}

}
