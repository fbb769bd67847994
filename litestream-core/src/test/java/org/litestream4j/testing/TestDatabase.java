package org.litestream4j.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;

/**
 * A database with a ledger: each commit adds one row to it and changes older ones, so
 * that what a restored copy holds tells which commit it is of, and whether it is whole.
 * Not thread-safe.
 */
public final class TestDatabase implements AutoCloseable {

	private final Path path;

	private final Connection connection;

	private int commits;

	private TestDatabase(Path path, Connection connection) {
		this.path = path;
		this.connection = connection;
	}

	/** Opens a database that the engine has in WAL mode, and makes its tables. */
	public static TestDatabase open(Path path) throws SQLException {
		return open(path, "busy_timeout", "5000");
	}

	/** Opens it with one of the driver's connection properties. */
	public static TestDatabase open(Path path, String property, String value) throws SQLException {
		Properties properties = new Properties();
		properties.setProperty(property, value);
		Connection connection = DriverManager.getConnection("jdbc:sqlite:" + path.toUri(), properties);
		TestDatabase database = new TestDatabase(path, connection);
		database.execute("PRAGMA wal_autocheckpoint=0");
		database.execute("PRAGMA synchronous=NORMAL");
		database.execute("PRAGMA busy_timeout=5000");
		database.execute("CREATE TABLE IF NOT EXISTS ledger (id INTEGER PRIMARY KEY, sum INTEGER, filler BLOB)");
		database.commits = database.count();
		return database;
	}

	/** Commits one entry. */
	public void commit() throws SQLException {
		commit(200);
	}

	/**
	 * Commits one entry with some bytes, which are followed by a change of older ones.
	 */
	public void commit(int bytes) throws SQLException {
		int id = ++this.commits;
		execute("BEGIN IMMEDIATE");
		execute("INSERT INTO ledger SELECT %d, %d + coalesce(sum(id), 0), randomblob(%d) FROM ledger".formatted(id, id,
				bytes));
		execute("UPDATE ledger SET filler = randomblob(%d) WHERE id IN (1, %d)".formatted(bytes, id / 2));
		execute("COMMIT");
	}

	/** Commits a number of entries. */
	public void commits(int number) throws SQLException {
		for (int i = 0; i < number; i++) {
			commit();
		}
	}

	/** How many entries were committed. */
	public int committed() {
		return this.commits;
	}

	/** Which entry the database file ends with; fails if it is not a whole ledger. */
	public static int entriesIn(Path file) throws SQLException {
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
				Statement statement = connection.createStatement()) {
			String integrity = statement.executeQuery("PRAGMA integrity_check").getString(1);
			if (!integrity.equals("ok")) {
				throw new AssertionError("%s: %s".formatted(file, integrity));
			}
			boolean empty = statement.executeQuery("SELECT count(*) FROM sqlite_schema").getInt(1) == 0;
			if (empty) {
				return 0;
			}
			int count = statement.executeQuery("SELECT count(*) FROM ledger").getInt(1);
			int wrong = statement
				.executeQuery("SELECT count(*) FROM ledger WHERE sum <> id * (id + 1) / 2 OR id > " + count)
				.getInt(1);
			if (wrong != 0) {
				throw new AssertionError("%s: %d of %d entries are wrong".formatted(file, wrong, count));
			}
			return count;
		}
	}

	private int count() throws SQLException {
		try (Statement statement = this.connection.createStatement()) {
			return statement.executeQuery("SELECT count(*) FROM ledger").getInt(1);
		}
	}

	/** Runs one statement. */
	public void execute(String sql) throws SQLException {
		try (Statement statement = this.connection.createStatement()) {
			statement.execute(sql);
		}
	}

	/** The first column of the first row. */
	public String query(String sql) throws SQLException {
		try (Statement statement = this.connection.createStatement()) {
			return statement.executeQuery(sql).getString(1);
		}
	}

	/** The file. */
	public Path path() {
		return this.path;
	}

	/** The connection. */
	public Connection connection() {
		return this.connection;
	}

	/**
	 * Copies the database and its WAL, as they are now, as only another process may.
	 * Nobody writes meanwhile.
	 * @param directory where to; is created
	 * @return the copy
	 */
	public Path copyTo(Path directory) throws IOException {
		return copy(this.path, directory);
	}

	/** Copies a database and its WAL, without opening them in this process. */
	public static Path copy(Path database, Path directory) throws IOException {
		Files.createDirectories(directory);
		List<String> command = new ArrayList<>(List.of("cp", "-p", database.toString()));
		Path wal = Path.of(database + "-wal");
		if (Files.exists(wal)) {
			command.add(wal.toString());
		}
		command.add(directory.toString());
		Process copying = new ProcessBuilder(command).inheritIO().start();
		try {
			if (copying.waitFor() != 0) {
				throw new IOException("%s ended with status %d".formatted(command, copying.waitFor()));
			}
		}
		catch (InterruptedException ex) {
			throw new IOException("interrupted", ex);
		}
		return directory.resolve(database.getFileName());
	}

	/** The names in a directory. */
	public static Set<String> names(Path directory) throws IOException {
		Set<String> names = new TreeSet<>();
		try (var children = Files.list(directory)) {
			children.forEach((child) -> names.add(child.getFileName().toString()));
		}
		return names;
	}

	@Override
	public void close() throws SQLException {
		this.connection.close();
	}

}
