package org.litestream4j.boot.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * While writing is refused, lets a connection read all the same, and roll back, but
 * neither write nor commit what it wrote before. SQLite itself tells which statements
 * write: those that may are run under {@code PRAGMA query_only}, so that nothing is
 * refused by its looks, and a transaction that only read is committed. What is refused
 * has not happened, and the transaction stays open for the application to roll it back,
 * as after any failure. Not thread-safe, as connections are not.
 */
final class WriteGuard {

	private final Connection connection;

	private final Commits commits;

	/** By a statement {@code BEGIN}, of which the driver knows nothing. */
	private boolean begun;

	/** Whether the transaction that is open may have written something. */
	private boolean wrote;

	/** Why nothing could be written when it was last refused. */
	private String refusal = "";

	/**
	 * Guards a connection.
	 * @param connection as the driver, or the pool, has opened it
	 * @param commits says whether writing is refused
	 */
	WriteGuard(Connection connection, Commits commits) {
		this.connection = connection;
		this.commits = commits;
	}

	/** How a statement may run. */
	enum Turn {

		/** As it likes. */
		FREE,
		/** Without writing anything. */
		READING,
		/** Likewise, as the application wants it anyway. */
		READING_ANYWAY

	}

	/**
	 * Comes before a statement that may write.
	 * @throws SQLException if it would commit what was written, and that is refused
	 */
	Turn before(TransactionSql kind) throws SQLException {
		switch (kind) {
			case COMMIT, RELEASE -> beforeCommit();
			case NONE -> {
				String refused = this.commits.refusal();
				if (refused != null) {
					return beginReading(refused);
				}
				// What fails may have written something, too
				this.wrote = this.wrote || this.begun || !this.connection.getAutoCommit();
			}
			default -> {
				// Begins or ends a transaction, which the next one finds
			}
		}
		return Turn.FREE;
	}

	/** Comes after a statement that has succeeded. */
	void after(Turn turn, TransactionSql kind) throws SQLException {
		switch (kind) {
			case NONE -> endReading(turn);
			case COMMIT -> ended();
			case RELEASE -> {
				// The transaction may go on
			}
			default -> {
				this.begun = kind != TransactionSql.ROLLBACK;
				this.wrote = this.wrote && kind == TransactionSql.SAVEPOINT;
			}
		}
	}

	/** Comes after a statement that has failed, and says with what. */
	SQLException failed(Turn turn, SQLException ex) throws SQLException {
		endReading(turn);
		boolean byUs = turn == Turn.READING && (ex.getErrorCode() & 0xff) == SQLiteErrorCode.SQLITE_READONLY.code;
		return byUs ? refused(this.refusal, ex) : ex;
	}

	/** Comes after a statement that has failed otherwise. */
	void failed(Turn turn) throws SQLException {
		endReading(turn);
	}

	/**
	 * Comes before what commits, or may.
	 * @throws SQLException if it could commit what was written, and that is refused
	 */
	void beforeCommit() throws SQLException {
		String refused = this.wrote ? this.commits.refusal() : null;
		if (refused != null) {
			throw refused(refused, null);
		}
	}

	/** Comes after what has ended the transaction, one way or the other. */
	void ended() {
		this.begun = false;
		this.wrote = false;
	}

	private Turn beginReading(String refused) throws SQLException {
		this.refusal = refused;
		if (isQueryOnly()) {
			return Turn.READING_ANYWAY;
		}
		queryOnly(true);
		return Turn.READING;
	}

	private void endReading(Turn turn) throws SQLException {
		if (turn == Turn.READING) {
			queryOnly(false);
		}
	}

	private boolean isQueryOnly() throws SQLException {
		try (Statement statement = this.connection.createStatement();
				ResultSet rows = statement.executeQuery("PRAGMA query_only")) {
			return rows.next() && rows.getBoolean(1);
		}
	}

	private void queryOnly(boolean on) throws SQLException {
		try (Statement statement = this.connection.createStatement()) {
			statement.execute("PRAGMA query_only=" + (on ? 1 : 0));
		}
	}

	/** As SQLite refuses it on a database that cannot be written. */
	private static SQLException refused(String refusal, @Nullable SQLException cause) {
		SQLException refused = new SQLiteException(refusal, SQLiteErrorCode.SQLITE_READONLY);
		if (cause != null) {
			refused.initCause(cause);
		}
		return refused;
	}

}
