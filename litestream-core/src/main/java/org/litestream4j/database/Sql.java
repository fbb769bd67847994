package org.litestream4j.database;

import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteErrorCode;

/**
 * The few things that the engine says in SQL.
 */
final class Sql {

	private static final Logger logger = LoggerFactory.getLogger(Sql.class);

	private Sql() {
	}

	static void execute(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
	}

	/** The first column of the first row. */
	static String query(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
			return rows.next() ? String.valueOf(rows.getString(1)) : "";
		}
	}

	/**
	 * Ends the transaction that a connection is in, if it is in one. Only SQLite's own
	 * word counts: it refuses a ROLLBACK outside of one.
	 * @return false if the connection may still be in it
	 */
	static boolean endTransaction(Connection connection) {
		try {
			execute(connection, "ROLLBACK");
			return true;
		}
		catch (SQLException ex) {
			return String.valueOf(ex.getMessage()).contains("no transaction is active");
		}
	}

	static void rollbackQuietly(Connection connection) {
		try {
			execute(connection, "ROLLBACK");
		}
		catch (SQLException ex) {
			logger.trace("Nothing to roll back", ex);
		}
	}

	static void closeQuietly(Connection connection) {
		try {
			connection.close();
		}
		catch (SQLException ex) {
			logger.debug("A connection could not be closed", ex);
		}
	}

	static boolean isBusy(SQLException ex) {
		int primary = ex.getErrorCode() & 0xff;
		return primary == SQLiteErrorCode.SQLITE_BUSY.code || primary == SQLiteErrorCode.SQLITE_LOCKED.code;
	}

	static IOException failure(String what, SQLException ex) {
		return new IOException("%s: %s".formatted(what, ex.getMessage()), ex);
	}

}
