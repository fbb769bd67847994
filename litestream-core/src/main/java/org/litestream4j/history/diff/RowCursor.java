package org.litestream4j.history.diff;

import java.io.Closeable;
import java.io.IOException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConnection;
import org.sqlite.core.Codes;
import org.sqlite.core.CoreStatement;
import org.sqlite.core.DB;
import org.sqlite.core.SafeStmtPtr;

/**
 * The rows that a statement answers, one at a time, with values as SQLite keeps them:
 * null, {@link Long}, {@link Double}, {@link RawText} or an array of bytes. JDBC would
 * decode text, and what is not text of the database's encoding would be lost. Not
 * thread-safe.
 */
final class RowCursor implements Closeable {

	private final PreparedStatement statement;

	private final SafeStmtPtr pointer;

	private final int columns;

	@Nullable private ResultSet result;

	private @Nullable Object[] row;

	RowCursor(SQLiteConnection connection, String sql, int columns) throws SQLException {
		this.statement = connection.prepareStatement(sql);
		this.pointer = ((CoreStatement) this.statement).pointer;
		this.columns = columns;
		this.row = new Object[columns];
	}

	/** Starts, with values for the parameters. */
	void start(long... parameters) throws IOException {
		try {
			if (this.result != null) {
				this.result.close();
			}
			for (int i = 0; i < parameters.length; i++) {
				this.statement.setLong(i + 1, parameters[i]);
			}
			this.result = this.statement.executeQuery();
		}
		catch (SQLException ex) {
			throw ReadOnlyDatabase.failure(ex);
		}
	}

	/** Whether there is another row, which is then {@link #row()}. */
	boolean next() throws IOException {
		ResultSet current = this.result;
		try {
			if (current == null || !current.next()) {
				return false;
			}
			this.row = this.pointer.<@Nullable Object[], SQLException>safeRun(this::read);
			return true;
		}
		catch (SQLException ex) {
			throw ReadOnlyDatabase.failure(ex);
		}
	}

	private @Nullable Object[] read(DB database, long handle) throws SQLException {
		@Nullable Object[] values = new Object[this.columns];
		for (int i = 0; i < this.columns; i++) {
			values[i] = switch (database.column_type(handle, i)) {
				case Codes.SQLITE_INTEGER -> (Object) database.column_long(handle, i);
				case Codes.SQLITE_FLOAT -> (Object) database.column_double(handle, i);
				case Codes.SQLITE_BLOB -> bytes(database.column_blob(handle, i));
				case Codes.SQLITE_TEXT -> new RawText(bytes(database.column_blob(handle, i)));
				default -> null;
			};
		}
		return values;
	}

	/** SQLite has no pointer to nothing. */
	private static byte[] bytes(byte @Nullable [] blob) {
		return (blob != null) ? blob : new byte[0];
	}

	/** The current row, which the cursor never changes. */
	@Nullable Object[] row() {
		return this.row;
	}

	@Override
	public void close() throws IOException {
		try {
			this.statement.close();
		}
		catch (SQLException ex) {
			throw ReadOnlyDatabase.failure(ex);
		}
	}

}
