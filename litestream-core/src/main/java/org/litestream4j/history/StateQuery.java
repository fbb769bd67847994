package org.litestream4j.history;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

import org.jspecify.annotations.Nullable;
import org.sqlite.JDBC;
import org.sqlite.ProgressHandler;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteLimits;

import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreProgress;
import org.litestream4j.format.Durations;
import org.litestream4j.io.Sha256;

/**
 * Asks a database file that nobody else uses, and that is closed again before anybody
 * writes to it. It is opened as immutable: no lock is taken, nothing appears beside it,
 * and no WAL is looked for. A query can neither write to it, nor to another file.
 * Immutable.
 */
final class StateQuery {

	private static final int STEPS_BETWEEN_LOOKS = 20_000;

	/** SQLITE_OPEN_READONLY | SQLITE_OPEN_URI. */
	private static final String READ_ONLY = "65";

	private final String sql;

	private final QueryOptions options;

	private final RestoreProgress progress;

	/**
	 * Creates a query.
	 * @throws IllegalArgumentException with one sentence, if it is not one statement that
	 * reads
	 */
	StateQuery(String sql, QueryOptions options, RestoreProgress progress) {
		this.sql = QueryText.require(sql);
		this.options = options;
		this.progress = progress;
	}

	/**
	 * Asks a file.
	 * @throws RestoreException if it was cancelled, or took too long
	 * @throws IOException if SQLite cannot answer, for another reason than that a table
	 * or column is not there
	 */
	QueryAnswer ask(Path file) throws IOException {
		Limit limit = new Limit();
		try (SQLiteConnection connection = open(file); Statement statement = connection.createStatement()) {
			connection.setLimit(SQLiteLimits.SQLITE_LIMIT_ATTACHED, 0); // nor VACUUM INTO
			for (String pragma : List.of("cache_size=-8000", "trusted_schema=OFF", "query_only=ON")) {
				statement.execute("PRAGMA " + pragma);
			}
			ProgressHandler.setHandler(connection, STEPS_BETWEEN_LOOKS, limit);
			return statement.execute(this.sql) ? read(statement) : new Reader(List.of()).answer();
		}
		catch (SQLException ex) {
			limit.check();
			String said = String.valueOf(ex.getMessage());
			if ((ex.getErrorCode() & 0xff) == SQLiteErrorCode.SQLITE_ERROR.code
					&& (said.contains("no such table") || said.contains("no such column"))) {
				return unanswerable(said.replaceFirst("^\\[SQLITE_ERROR\\][^(]*\\((.*)\\)$", "$1"));
			}
			throw new IOException("SQLite cannot answer the query: " + said, ex);
		}
	}

	private QueryAnswer read(Statement statement) throws SQLException {
		try (ResultSet rows = statement.getResultSet()) {
			List<String> columns = new ArrayList<>();
			for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
				columns.add(rows.getMetaData().getColumnLabel(i));
			}
			Reader reader = new Reader(columns);
			while (rows.next()) {
				List<@Nullable Object> row = new ArrayList<>(columns.size());
				for (int i = 1; i <= columns.size(); i++) {
					row.add(value(rows.getObject(i)));
				}
				reader.add(row);
			}
			return reader.answer();
		}
	}

	private static @Nullable Object value(@Nullable Object read) {
		return (read instanceof Integer number) ? (Object) number.longValue() : read;
	}

	private static QueryAnswer unanswerable(String error) {
		MessageDigest digest = Sha256.newDigest();
		digest.update((byte) '!');
		digest.update(error.getBytes(StandardCharsets.UTF_8));
		return new QueryAnswer(List.of(), List.of(), 0, Sha256.hex(digest), error);
	}

	private static SQLiteConnection open(Path file) throws SQLException {
		String path = URLEncoder.encode(file.toAbsolutePath().toString(), StandardCharsets.UTF_8)
			.replace("+", "%20")
			.replace("%2F", "/");
		Properties properties = new Properties();
		properties.setProperty("open_mode", READ_ONLY);
		return JDBC.createConnection("jdbc:sqlite:file:%s?immutable=1&mode=ro".formatted(path), properties);
	}

	/** Keeps some rows, and sums up all of them. */
	private final class Reader {

		private final List<String> columns;

		private final List<List<@Nullable Object>> rows = new ArrayList<>();

		private final MessageDigest digest = Sha256.newDigest();

		private long count;

		Reader(List<String> columns) {
			this.columns = columns;
		}

		void add(List<@Nullable Object> row) {
			this.count++;
			for (Object value : row) {
				sum(value);
			}
			this.digest.update((byte) '\n');
			if (this.rows.size() < StateQuery.this.options.rows()) {
				this.rows.add(row);
			}
		}

		private void sum(@Nullable Object value) {
			if (value == null) {
				this.digest.update((byte) 'n');
			}
			else if (value instanceof Long || value instanceof Double) {
				ByteBuffer number = ByteBuffer.allocate(9);
				number.put((byte) ((value instanceof Long) ? 'i' : 'r'));
				number.putLong((value instanceof Double real) ? Double.doubleToRawLongBits(real) : (Long) value);
				this.digest.update(number.array());
			}
			else {
				byte[] bytes = (value instanceof byte[] blob) ? blob
						: String.valueOf(value).getBytes(StandardCharsets.UTF_8);
				this.digest.update((byte) ((value instanceof byte[]) ? 'b' : 't'));
				this.digest.update(ByteBuffer.allocate(4).putInt(bytes.length).array());
				this.digest.update(bytes);
			}
		}

		QueryAnswer answer() {
			return new QueryAnswer(this.columns, this.rows, this.count, Sha256.hex(this.digest), null);
		}

	}

	/** Ends a query that was cancelled, or takes too long. */
	private final class Limit extends ProgressHandler {

		private final long startedAt = System.nanoTime();

		@Override
		protected int progress() {
			return (isLate() || isCancelled()) ? 1 : 0;
		}

		private boolean isLate() {
			return System.nanoTime() - this.startedAt > StateQuery.this.options.timeout().toNanos();
		}

		private boolean isCancelled() {
			return StateQuery.this.progress.isCancelled() || Thread.currentThread().isInterrupted();
		}

		void check() throws RestoreException {
			if (isCancelled()) {
				throw new RestoreException(Kind.CANCELLED, "The query was cancelled; nothing was left behind");
			}
			if (isLate()) {
				Duration timeout = StateQuery.this.options.timeout();
				throw new RestoreException(Kind.CANCELLED,
						"The query was stopped after %s: give it more time, or ask for less"
							.formatted(Durations.describe(timeout)));
			}
		}

	}

}
