package org.litestream4j.boot.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;

/**
 * A connection that signals after {@code commit()}, or a statement that committed by
 * itself, has returned: SQLite's own commit hook fires before the commit is visible; and
 * that refuses to commit while its {@link WriteGuard} does. If commits are awaited that
 * hook says whether one has taken place at all. SQLite has no procedures to be called, so
 * that {@code prepareCall} is left to the driver, which refuses it.
 */
final class SignallingConnection extends DelegatingConnection {

	private final Connection connection;

	private final Commits commits;

	private final WriteGuard guard;

	private final CommitWatch watch;

	/**
	 * Whether anything but a query has run since the last transaction ended. One that
	 * began with {@code BEGIN IMMEDIATE} is a writer's to SQLite, also if it only reads.
	 */
	private boolean mayHaveWritten;

	/** Whether the application has the driver's own connection, and may use that. */
	private boolean bypassed;

	SignallingConnection(Connection connection, ConnectionSignals.Prepared prepared) {
		super(connection);
		this.connection = connection;
		this.commits = prepared.commits();
		this.guard = new WriteGuard(connection, this.commits);
		this.watch = prepared.watch();
	}

	/** When something is taken for a commit where nothing better is known. */
	enum Commit {

		/** It is one. */
		BY_CALL,
		/** It is one unless a {@code commit()} is still to come. */
		BY_AUTOCOMMIT,
		/** It is none. */
		NEVER

	}

	@Override
	public Statement createStatement() throws SQLException {
		return new SignallingStatement(this.connection.createStatement(), this);
	}

	@Override
	public Statement createStatement(int type, int concurrency) throws SQLException {
		return new SignallingStatement(this.connection.createStatement(type, concurrency), this);
	}

	@Override
	public Statement createStatement(int type, int concurrency, int holdability) throws SQLException {
		return new SignallingStatement(this.connection.createStatement(type, concurrency, holdability), this);
	}

	@Override
	public PreparedStatement prepareStatement(String sql) throws SQLException {
		return prepared(this.connection.prepareStatement(sql), sql);
	}

	@Override
	public PreparedStatement prepareStatement(String sql, int keys) throws SQLException {
		return prepared(this.connection.prepareStatement(sql, keys), sql);
	}

	@Override
	public PreparedStatement prepareStatement(String sql, int[] columns) throws SQLException {
		return prepared(this.connection.prepareStatement(sql, columns), sql);
	}

	@Override
	public PreparedStatement prepareStatement(String sql, String[] columns) throws SQLException {
		return prepared(this.connection.prepareStatement(sql, columns), sql);
	}

	@Override
	public PreparedStatement prepareStatement(String sql, int type, int concurrency) throws SQLException {
		return prepared(this.connection.prepareStatement(sql, type, concurrency), sql);
	}

	@Override
	public PreparedStatement prepareStatement(String sql, int type, int concurrency, int holdability)
			throws SQLException {
		return prepared(this.connection.prepareStatement(sql, type, concurrency, holdability), sql);
	}

	private PreparedStatement prepared(PreparedStatement statement, String sql) {
		return new SignallingPreparedStatement(statement, this, sql);
	}

	@Override
	public void commit() throws SQLException {
		this.guard.beforeCommit();
		end(Commit.BY_CALL, true, (connection, unused) -> {
			connection.commit();
			return Boolean.TRUE;
		});
	}

	@Override
	public void rollback() throws SQLException {
		end(Commit.NEVER, false, (connection, unused) -> {
			connection.rollback();
			return Boolean.TRUE;
		});
	}

	@Override
	public void releaseSavepoint(Savepoint savepoint) throws SQLException {
		this.guard.beforeCommit();
		run(Commit.BY_CALL, this.connection, savepoint, (connection, released) -> {
			connection.releaseSavepoint(released);
			return Boolean.TRUE;
		});
	}

	/** To set it commits, if it was not set. */
	@Override
	public void setAutoCommit(boolean autoCommit) throws SQLException {
		boolean was = isAutoCommit();
		if (!was && autoCommit) {
			this.guard.beforeCommit();
		}
		if (was || autoCommit) {
			end(was ? Commit.NEVER : Commit.BY_CALL, autoCommit, (connection, wanted) -> {
				connection.setAutoCommit(wanted);
				return Boolean.TRUE;
			});
		}
		else {
			this.connection.setAutoCommit(false);
		}
	}

	@Override
	public <T> T unwrap(Class<T> type) throws SQLException {
		T unwrapped = super.unwrap(type);
		this.bypassed |= unwrapped != this;
		return unwrapped;
	}

	/** Runs what ends a transaction, if there is one. */
	private void end(Commit commit, boolean argument, Execution<Connection, Boolean, Boolean> execution)
			throws SQLException {
		boolean awaited = begin();
		try {
			execution.run(this.connection, argument);
		}
		catch (SQLException | RuntimeException | Error ex) {
			failed(commit);
			throw ex;
		}
		this.guard.ended();
		boolean written = awaited && hasWritten(commit);
		this.mayHaveWritten = false;
		tell(commit, written);
	}

	/**
	 * Runs a statement that may write.
	 * @throws SQLException if it is refused, or fails, or if its commit is awaited and
	 * that fails
	 */
	<T, A, R> R write(TransactionSql kind, T target, A argument, Execution<T, A, R> execution) throws SQLException {
		this.mayHaveWritten = true;
		WriteGuard.Turn turn = this.guard.before(kind);
		this.commits.awaitTurn();
		boolean awaited = begin();
		R result;
		try {
			result = execution.run(target, argument);
		}
		catch (SQLException ex) {
			failed(Commit.BY_AUTOCOMMIT);
			throw this.guard.failed(turn, ex);
		}
		catch (RuntimeException | Error ex) {
			failed(Commit.BY_AUTOCOMMIT);
			this.guard.failed(turn);
			throw ex;
		}
		this.guard.after(turn, kind);
		tell(Commit.BY_AUTOCOMMIT, awaited && hasWritten(Commit.BY_AUTOCOMMIT));
		return result;
	}

	/**
	 * Runs what may commit, and signals: even a commit that failed may have been one. If
	 * commits are awaited and it was one that wrote, it is waited for before this
	 * returns.
	 */
	<T, A, R> R run(Commit commit, T target, A argument, Execution<T, A, R> execution) throws SQLException {
		boolean awaited = begin();
		R result;
		try {
			result = execution.run(target, argument);
		}
		catch (SQLException | RuntimeException | Error ex) {
			failed(commit);
			throw ex;
		}
		tell(commit, awaited && hasWritten(commit));
		return result;
	}

	/**
	 * {@return whether it is to be found out what is written}
	 */
	private boolean begin() {
		boolean awaited = this.commits.areAwaited();
		if (awaited) {
			this.watch.begin(this.connection);
		}
		return awaited;
	}

	private void failed(Commit commit) {
		if (isCommit(commit)) {
			this.commits.changed();
		}
	}

	private void tell(Commit commit, boolean written) throws SQLException {
		if (written) {
			this.commits.written();
		}
		else if (isCommit(commit)) {
			this.commits.changed();
		}
	}

	private boolean hasWritten(Commit commit) {
		boolean candidate = this.mayHaveWritten || this.bypassed;
		boolean committed = this.watch.isHooked() ? this.watch.take() : isCommit(commit);
		if (committed) {
			this.mayHaveWritten = false;
		}
		return committed && candidate;
	}

	private boolean isCommit(Commit commit) {
		return commit == Commit.BY_CALL || (commit == Commit.BY_AUTOCOMMIT && isAutoCommit());
	}

	private boolean isAutoCommit() {
		try {
			return this.connection.getAutoCommit();
		}
		catch (SQLException ex) {
			return true; // closed in between: rather once too often
		}
	}

}
