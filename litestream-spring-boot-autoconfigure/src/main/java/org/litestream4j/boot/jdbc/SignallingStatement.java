package org.litestream4j.boot.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

import org.litestream4j.boot.jdbc.SignallingConnection.Commit;

/**
 * A statement that signals after it may have committed by itself, and that refuses to
 * write while the {@link WriteGuard} of its connection does. One that only reads is the
 * driver's business alone.
 */
class SignallingStatement extends DelegatingStatement {

	private final Statement statement;

	private final SignallingConnection connection;

	/**
	 * A statement that writes and returns rows commits only when its rows are read or
	 * given up.
	 */
	private boolean openRows;

	SignallingStatement(Statement statement, SignallingConnection connection) {
		super(statement);
		this.statement = statement;
		this.connection = connection;
	}

	@Override
	public Connection getConnection() {
		return this.connection;
	}

	@Override
	public boolean execute(String sql) throws SQLException {
		return noted(execute(sql, sql, (statement, text) -> statement.execute(text)), sql);
	}

	@Override
	public boolean execute(String sql, int keys) throws SQLException {
		return noted(execute(sql, keys, (statement, wanted) -> statement.execute(sql, wanted)), sql);
	}

	@Override
	public boolean execute(String sql, int[] columns) throws SQLException {
		return noted(execute(sql, columns, (statement, wanted) -> statement.execute(sql, wanted)), sql);
	}

	@Override
	public boolean execute(String sql, String[] columns) throws SQLException {
		return noted(execute(sql, columns, (statement, wanted) -> statement.execute(sql, wanted)), sql);
	}

	@Override
	public int executeUpdate(String sql) throws SQLException {
		return execute(sql, sql, (statement, text) -> statement.executeUpdate(text));
	}

	@Override
	public int executeUpdate(String sql, int keys) throws SQLException {
		return execute(sql, keys, (statement, wanted) -> statement.executeUpdate(sql, wanted));
	}

	@Override
	public int executeUpdate(String sql, int[] columns) throws SQLException {
		return execute(sql, columns, (statement, wanted) -> statement.executeUpdate(sql, wanted));
	}

	@Override
	public int executeUpdate(String sql, String[] columns) throws SQLException {
		return execute(sql, columns, (statement, wanted) -> statement.executeUpdate(sql, wanted));
	}

	@Override
	public long executeLargeUpdate(String sql) throws SQLException {
		return execute(sql, sql, (statement, text) -> statement.executeLargeUpdate(text));
	}

	@Override
	public long executeLargeUpdate(String sql, int keys) throws SQLException {
		return execute(sql, keys, (statement, wanted) -> statement.executeLargeUpdate(sql, wanted));
	}

	@Override
	public long executeLargeUpdate(String sql, int[] columns) throws SQLException {
		return execute(sql, columns, (statement, wanted) -> statement.executeLargeUpdate(sql, wanted));
	}

	@Override
	public long executeLargeUpdate(String sql, String[] columns) throws SQLException {
		return execute(sql, columns, (statement, wanted) -> statement.executeLargeUpdate(sql, wanted));
	}

	@Override
	public ResultSet executeQuery(String sql) throws SQLException {
		if (ReadOnlySql.onlyReads(sql)) {
			return this.statement.executeQuery(sql);
		}
		return opened(execute(sql, sql, (statement, text) -> statement.executeQuery(text)));
	}

	@Override
	public int[] executeBatch() throws SQLException {
		return write(batchKind(), this.statement, this, (statement, unused) -> statement.executeBatch());
	}

	@Override
	public long[] executeLargeBatch() throws SQLException {
		return write(batchKind(), this.statement, this, (statement, unused) -> statement.executeLargeBatch());
	}

	@Override
	public ResultSet getResultSet() throws SQLException {
		return rows(this.statement.getResultSet());
	}

	@Override
	public void close() throws SQLException {
		if (!this.openRows) {
			this.statement.close();
			return;
		}
		this.openRows = false;
		this.connection.run(Commit.BY_AUTOCOMMIT, this.statement, this, (statement, unused) -> {
			statement.close();
			return Boolean.TRUE;
		});
	}

	/** What the statements of a batch do to transactions, as far as is known. */
	TransactionSql batchKind() {
		return TransactionSql.NONE;
	}

	private <A, R> R execute(String sql, A argument, Execution<Statement, A, R> execution) throws SQLException {
		return ReadOnlySql.onlyReads(sql) ? execution.run(this.statement, argument)
				: write(TransactionSql.of(sql), this.statement, argument, execution);
	}

	final <T, A, R> R write(TransactionSql kind, T target, A argument, Execution<T, A, R> execution)
			throws SQLException {
		return this.connection.write(kind, target, argument, execution);
	}

	private boolean noted(boolean hasRows, String sql) {
		return ReadOnlySql.onlyReads(sql) ? hasRows : noted(hasRows);
	}

	/** Whether a statement that may write has rows. */
	final boolean noted(boolean hasRows) {
		this.openRows = hasRows;
		return hasRows;
	}

	/** The rows of a statement that may write. */
	final ResultSet opened(ResultSet rows) {
		this.openRows = rows != null;
		return rows(rows);
	}

	private ResultSet rows(ResultSet rows) {
		return (this.openRows && rows != null) ? new SignallingRows(rows, this) : rows;
	}

	/** Gives the rows up, if there are any. */
	void closeRows(ResultSet rows) throws SQLException {
		if (!this.openRows) {
			rows.close();
			return;
		}
		this.openRows = false;
		this.connection.run(Commit.BY_AUTOCOMMIT, rows, this, (each, unused) -> {
			each.close();
			return Boolean.TRUE;
		});
	}

	/** Reads a row, which may be past the last one. */
	boolean nextRow(ResultSet rows) throws SQLException {
		if (!this.openRows) {
			return rows.next();
		}
		boolean there = this.connection.run(Commit.NEVER, rows, this, (each, unused) -> each.next());
		if (!there && this.openRows) {
			this.openRows = false;
			this.connection.run(Commit.BY_AUTOCOMMIT, rows, this, (each, unused) -> Boolean.TRUE);
		}
		return there;
	}

}
