package org.litestream4j.boot.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;

/**
 * A statement that does what another one does.
 */
abstract class DelegatingStatement extends Delegation implements Statement {

	private final Statement statement;

	DelegatingStatement(Statement statement) {
		super(statement);
		this.statement = statement;
	}

	@Override
	public void addBatch(String sql) throws SQLException {
		this.statement.addBatch(sql);
	}

	@Override
	public void cancel() throws SQLException {
		this.statement.cancel();
	}

	@Override
	public void clearBatch() throws SQLException {
		this.statement.clearBatch();
	}

	@Override
	public void clearWarnings() throws SQLException {
		this.statement.clearWarnings();
	}

	@Override
	public void close() throws SQLException {
		this.statement.close();
	}

	@Override
	public void closeOnCompletion() throws SQLException {
		this.statement.closeOnCompletion();
	}

	@Override
	public String enquoteIdentifier(String name, boolean always) throws SQLException {
		return this.statement.enquoteIdentifier(name, always);
	}

	@Override
	public String enquoteLiteral(String name) throws SQLException {
		return this.statement.enquoteLiteral(name);
	}

	@Override
	public String enquoteNCharLiteral(String name) throws SQLException {
		return this.statement.enquoteNCharLiteral(name);
	}

	@Override
	public boolean execute(String sql) throws SQLException {
		return this.statement.execute(sql);
	}

	@Override
	public boolean execute(String sql, int[] columns) throws SQLException {
		return this.statement.execute(sql, columns);
	}

	@Override
	public boolean execute(String sql, String[] columns) throws SQLException {
		return this.statement.execute(sql, columns);
	}

	@Override
	public boolean execute(String sql, int keys) throws SQLException {
		return this.statement.execute(sql, keys);
	}

	@Override
	public int[] executeBatch() throws SQLException {
		return this.statement.executeBatch();
	}

	@Override
	public long[] executeLargeBatch() throws SQLException {
		return this.statement.executeLargeBatch();
	}

	@Override
	public long executeLargeUpdate(String sql) throws SQLException {
		return this.statement.executeLargeUpdate(sql);
	}

	@Override
	public long executeLargeUpdate(String sql, int[] columns) throws SQLException {
		return this.statement.executeLargeUpdate(sql, columns);
	}

	@Override
	public long executeLargeUpdate(String sql, String[] columns) throws SQLException {
		return this.statement.executeLargeUpdate(sql, columns);
	}

	@Override
	public long executeLargeUpdate(String sql, int keys) throws SQLException {
		return this.statement.executeLargeUpdate(sql, keys);
	}

	@Override
	public ResultSet executeQuery(String sql) throws SQLException {
		return this.statement.executeQuery(sql);
	}

	@Override
	public int executeUpdate(String sql) throws SQLException {
		return this.statement.executeUpdate(sql);
	}

	@Override
	public int executeUpdate(String sql, int[] columns) throws SQLException {
		return this.statement.executeUpdate(sql, columns);
	}

	@Override
	public int executeUpdate(String sql, String[] columns) throws SQLException {
		return this.statement.executeUpdate(sql, columns);
	}

	@Override
	public int executeUpdate(String sql, int keys) throws SQLException {
		return this.statement.executeUpdate(sql, keys);
	}

	@Override
	public Connection getConnection() throws SQLException {
		return this.statement.getConnection();
	}

	@Override
	public int getFetchDirection() throws SQLException {
		return this.statement.getFetchDirection();
	}

	@Override
	public int getFetchSize() throws SQLException {
		return this.statement.getFetchSize();
	}

	@Override
	public ResultSet getGeneratedKeys() throws SQLException {
		return this.statement.getGeneratedKeys();
	}

	@Override
	public long getLargeMaxRows() throws SQLException {
		return this.statement.getLargeMaxRows();
	}

	@Override
	public long getLargeUpdateCount() throws SQLException {
		return this.statement.getLargeUpdateCount();
	}

	@Override
	public int getMaxFieldSize() throws SQLException {
		return this.statement.getMaxFieldSize();
	}

	@Override
	public int getMaxRows() throws SQLException {
		return this.statement.getMaxRows();
	}

	@Override
	public boolean getMoreResults() throws SQLException {
		return this.statement.getMoreResults();
	}

	@Override
	public boolean getMoreResults(int current) throws SQLException {
		return this.statement.getMoreResults(current);
	}

	@Override
	public int getQueryTimeout() throws SQLException {
		return this.statement.getQueryTimeout();
	}

	@Override
	public ResultSet getResultSet() throws SQLException {
		return this.statement.getResultSet();
	}

	@Override
	public int getResultSetConcurrency() throws SQLException {
		return this.statement.getResultSetConcurrency();
	}

	@Override
	public int getResultSetHoldability() throws SQLException {
		return this.statement.getResultSetHoldability();
	}

	@Override
	public int getResultSetType() throws SQLException {
		return this.statement.getResultSetType();
	}

	@Override
	public int getUpdateCount() throws SQLException {
		return this.statement.getUpdateCount();
	}

	@Override
	public SQLWarning getWarnings() throws SQLException {
		return this.statement.getWarnings();
	}

	@Override
	public boolean isCloseOnCompletion() throws SQLException {
		return this.statement.isCloseOnCompletion();
	}

	@Override
	public boolean isClosed() throws SQLException {
		return this.statement.isClosed();
	}

	@Override
	public boolean isPoolable() throws SQLException {
		return this.statement.isPoolable();
	}

	@Override
	public boolean isSimpleIdentifier(String name) throws SQLException {
		return this.statement.isSimpleIdentifier(name);
	}

	@Override
	public void setCursorName(String cursorName) throws SQLException {
		this.statement.setCursorName(cursorName);
	}

	@Override
	public void setEscapeProcessing(boolean escapeProcessing) throws SQLException {
		this.statement.setEscapeProcessing(escapeProcessing);
	}

	@Override
	public void setFetchDirection(int fetchDirection) throws SQLException {
		this.statement.setFetchDirection(fetchDirection);
	}

	@Override
	public void setFetchSize(int fetchSize) throws SQLException {
		this.statement.setFetchSize(fetchSize);
	}

	@Override
	public void setLargeMaxRows(long largeMaxRows) throws SQLException {
		this.statement.setLargeMaxRows(largeMaxRows);
	}

	@Override
	public void setMaxFieldSize(int maxFieldSize) throws SQLException {
		this.statement.setMaxFieldSize(maxFieldSize);
	}

	@Override
	public void setMaxRows(int maxRows) throws SQLException {
		this.statement.setMaxRows(maxRows);
	}

	@Override
	public void setPoolable(boolean poolable) throws SQLException {
		this.statement.setPoolable(poolable);
	}

	@Override
	public void setQueryTimeout(int queryTimeout) throws SQLException {
		this.statement.setQueryTimeout(queryTimeout);
	}

}
