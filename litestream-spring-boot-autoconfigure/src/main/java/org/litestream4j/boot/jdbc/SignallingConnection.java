package org.litestream4j.boot.jdbc;

import java.lang.reflect.Method;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;

import org.jspecify.annotations.Nullable;

/**
 * A connection that signals after {@code commit()}, or a statement that committed by
 * itself, has returned: SQLite's own commit hook fires before the commit is visible.
 */
final class SignallingConnection extends Delegation {

	private final Connection connection;

	private final Runnable changed;

	private SignallingConnection(Connection connection, Runnable changed) {
		super(connection);
		this.connection = connection;
		this.changed = changed;
	}

	static Connection wrap(Connection connection, Runnable changed) {
		return proxy(Connection.class, new SignallingConnection(connection, changed));
	}

	@Override
	public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
		return switch (method.getName()) {
			case "createStatement" -> statement(Statement.class, proxy, method, arguments);
			case "prepareStatement" -> statement(PreparedStatement.class, proxy, method, arguments);
			case "prepareCall" -> statement(CallableStatement.class, proxy, method, arguments);
			case "commit", "releaseSavepoint" -> signalAfter(method, arguments);
			case "setAutoCommit" -> isAutoCommit() ? call(method, arguments) : signalAfter(method, arguments);
			default -> callCommon(proxy, method, arguments);
		};
	}

	/** Even a commit that failed may have been one. */
	private @Nullable Object signalAfter(Method method, Object @Nullable [] arguments) throws Throwable {
		try {
			return call(method, arguments);
		}
		finally {
			this.changed.run();
		}
	}

	private @Nullable Object statement(Class<? extends Statement> type, Object proxy, Method method,
			Object @Nullable [] arguments) throws Throwable {
		Object statement = call(method, arguments);
		String sql = (arguments != null && arguments[0] instanceof String text) ? text : null;
		return (statement != null) ? proxy(type,
				new SignallingStatement((Statement) statement, this, (Connection) proxy, ReadOnlySql.onlyReads(sql)))
				: null;
	}

	/** Signals unless a {@code commit()} is still to come. */
	void signalIfCommitted() {
		if (isAutoCommit()) {
			this.changed.run();
		}
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
