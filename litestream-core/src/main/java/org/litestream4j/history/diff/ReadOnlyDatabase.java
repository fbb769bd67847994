package org.litestream4j.history.diff;

import java.io.Closeable;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

import org.jspecify.annotations.Nullable;
import org.sqlite.JDBC;
import org.sqlite.SQLiteConnection;

/**
 * A database file that nobody else uses, open for reading. Nothing appears beside it, and
 * no expression of its schema is trusted. Not thread-safe.
 */
final class ReadOnlyDatabase implements Closeable {

	/** SQLITE_OPEN_READONLY, SQLITE_OPEN_URI. */
	private static final int READ_ONLY = 0x41;

	private final Path path;

	private final SQLiteConnection connection;

	private final DatabaseSchema schema;

	private ReadOnlyDatabase(Path path, SQLiteConnection connection, DatabaseSchema schema) {
		this.path = path;
		this.connection = connection;
		this.schema = schema;
	}

	static ReadOnlyDatabase open(Path path) throws IOException {
		try {
			SQLiteConnection connection = connect(uri(path), READ_ONLY);
			try {
				execute(connection, "PRAGMA trusted_schema=OFF", "PRAGMA cache_size=-8000", "PRAGMA query_only=ON");
				return new ReadOnlyDatabase(path, connection, DatabaseSchema.read(connection));
			}
			catch (SQLException ex) {
				connection.close();
				throw ex;
			}
		}
		catch (SQLException ex) {
			throw failure(ex);
		}
	}

	/** A connection as this code wants it. */
	static SQLiteConnection connect(String uri, int openMode) throws SQLException {
		Properties properties = new Properties();
		properties.setProperty("open_mode", Integer.toString(openMode));
		return JDBC.createConnection("jdbc:sqlite:" + uri, properties);
	}

	/** What SQLite opens as a file that does not change. */
	static String uri(Path path) {
		return "file:%s?immutable=1&mode=ro".formatted(encoded(path));
	}

	static String encoded(Path path) {
		return URLEncoder.encode(path.toAbsolutePath().toString(), StandardCharsets.UTF_8)
			.replace("+", "%20")
			.replace("%2F", "/");
	}

	Path path() {
		return this.path;
	}

	DatabaseSchema schema() {
		return this.schema;
	}

	/** Of its text. */
	Charset encoding() throws IOException {
		return switch (pragma("encoding")) {
			case "UTF-16le" -> StandardCharsets.UTF_16LE;
			case "UTF-16be" -> StandardCharsets.UTF_16BE;
			default -> StandardCharsets.UTF_8;
		};
	}

	/** What a pragma answers. */
	String pragma(String name) throws IOException {
		return String.valueOf(single("PRAGMA " + name));
	}

	/** Prepares a statement, which the caller closes. */
	RowCursor cursor(String sql, int columns) throws IOException {
		try {
			return new RowCursor(this.connection, sql, columns);
		}
		catch (SQLException ex) {
			throw failure(ex);
		}
	}

	/** How many rows a table has. */
	long count(TableShape table) throws IOException {
		return Long.parseLong(String.valueOf(single("SELECT count(*) FROM " + SqlText.name(table.name()))));
	}

	private @Nullable String single(String sql) throws IOException {
		try (Statement statement = this.connection.createStatement(); ResultSet answer = statement.executeQuery(sql)) {
			return answer.next() ? answer.getString(1) : null;
		}
		catch (SQLException ex) {
			throw failure(ex);
		}
	}

	/**
	 * The columns of each unique index that is not the key, each null for something
	 * computed.
	 */
	List<UniqueIndex> uniqueIndexes(TableShape table) throws IOException {
		try {
			return UniqueIndex.of(this.connection, table);
		}
		catch (SQLException ex) {
			throw failure(ex);
		}
	}

	static void execute(SQLiteConnection connection, String... statements) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			for (String sql : statements) {
				statement.execute(sql);
			}
		}
	}

	/** Runs a query, and reads its first column. */
	static List<String> strings(SQLiteConnection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement(); ResultSet answer = statement.executeQuery(sql)) {
			List<String> strings = new ArrayList<>();
			while (answer.next()) {
				strings.add(String.valueOf(answer.getString(1)));
			}
			return strings;
		}
	}

	/** SQLite's words are all that there is to say. */
	static IOException failure(SQLException cause) {
		return new IOException("SQLite says: " + cause.getMessage(), cause);
	}

	@Override
	public void close() throws IOException {
		try {
			this.connection.close();
		}
		catch (SQLException ex) {
			throw failure(ex);
		}
	}

}
