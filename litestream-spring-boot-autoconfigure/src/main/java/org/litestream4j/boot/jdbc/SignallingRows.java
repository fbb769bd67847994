package org.litestream4j.boot.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The rows of a statement that also writes, such as {@code INSERT ... RETURNING}: SQLite
 * commits when they end.
 */
final class SignallingRows extends DelegatingRows {

	private final ResultSet rows;

	private final SignallingStatement statement;

	SignallingRows(ResultSet rows, SignallingStatement statement) {
		super(rows);
		this.rows = rows;
		this.statement = statement;
	}

	@Override
	public void close() throws SQLException {
		this.statement.closeRows(this.rows);
	}

	@Override
	public boolean next() throws SQLException {
		return this.statement.nextRow(this.rows);
	}

	@Override
	public Statement getStatement() {
		return this.statement;
	}

}
