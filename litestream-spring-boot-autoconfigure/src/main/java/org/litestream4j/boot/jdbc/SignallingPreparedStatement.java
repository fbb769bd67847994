package org.litestream4j.boot.jdbc;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

import org.jspecify.annotations.Nullable;

/**
 * A {@link SignallingStatement} whose SQL was looked at when it was prepared.
 */
final class SignallingPreparedStatement extends DelegatingPreparedStatement {

	private final PreparedStatement statement;

	private final boolean onlyReads;

	private final TransactionSql kind;

	SignallingPreparedStatement(PreparedStatement statement, SignallingConnection connection, @Nullable String sql) {
		super(statement, connection);
		this.statement = statement;
		this.onlyReads = ReadOnlySql.onlyReads(sql);
		this.kind = this.onlyReads ? TransactionSql.NONE : TransactionSql.of(sql);
	}

	@Override
	public boolean execute() throws SQLException {
		return this.onlyReads ? this.statement.execute() : noted(write((statement, unused) -> statement.execute()));
	}

	@Override
	public int executeUpdate() throws SQLException {
		return this.onlyReads ? this.statement.executeUpdate()
				: write((statement, unused) -> statement.executeUpdate());
	}

	@Override
	public long executeLargeUpdate() throws SQLException {
		return this.onlyReads ? this.statement.executeLargeUpdate()
				: write((statement, unused) -> statement.executeLargeUpdate());
	}

	@Override
	public ResultSet executeQuery() throws SQLException {
		return this.onlyReads ? this.statement.executeQuery()
				: opened(write((statement, unused) -> statement.executeQuery()));
	}

	@Override
	TransactionSql batchKind() {
		return this.kind;
	}

	private <R> R write(Execution<PreparedStatement, TransactionSql, R> execution) throws SQLException {
		return write(this.kind, this.statement, this.kind, execution);
	}

}
