package org.litestream4j.boot.jdbc;

import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;

import org.jspecify.annotations.Nullable;

/**
 * A statement that signals after it may have committed by itself.
 */
final class SignallingStatement extends Delegation {

	private final SignallingConnection signals;

	private final Connection connection;

	private final boolean preparedToRead;

	/**
	 * A statement that writes and returns rows commits only when its rows are read or
	 * given up.
	 */
	private boolean openRows;

	SignallingStatement(Statement statement, SignallingConnection signals, Connection connection,
			boolean preparedToRead) {
		super(statement);
		this.signals = signals;
		this.connection = connection;
		this.preparedToRead = preparedToRead;
	}

	@Override
	public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
		return switch (method.getName()) {
			case "execute", "executeUpdate", "executeLargeUpdate", "executeQuery" -> execute(method, arguments);
			case "executeBatch", "executeLargeBatch" -> signalAfter(method, arguments);
			case "getResultSet" -> rows(call(method, arguments));
			case "close" -> close(method);
			case "getConnection" -> this.connection;
			default -> callCommon(proxy, method, arguments);
		};
	}

	private @Nullable Object execute(Method method, Object @Nullable [] arguments) throws Throwable {
		if (onlyReads(arguments)) {
			return call(method, arguments);
		}
		Object result = signalAfter(method, arguments);
		this.openRows = Boolean.TRUE.equals(result) || result instanceof ResultSet;
		return rows(result);
	}

	private boolean onlyReads(Object @Nullable [] arguments) {
		return (arguments != null && arguments.length > 0) ? ReadOnlySql.onlyReads((String) arguments[0])
				: this.preparedToRead;
	}

	private @Nullable Object rows(@Nullable Object result) {
		return (this.openRows && result instanceof ResultSet rows)
				? proxy(ResultSet.class, new SignallingRows(rows, this)) : result;
	}

	private @Nullable Object close(Method method) throws Throwable {
		try {
			return call(method, null);
		}
		finally {
			rowsEnded();
		}
	}

	private @Nullable Object signalAfter(Method method, Object @Nullable [] arguments) throws Throwable {
		try {
			return call(method, arguments);
		}
		finally {
			this.signals.signalIfCommitted();
		}
	}

	/** The rows were read to their end, or closed. */
	void rowsEnded() {
		if (this.openRows) {
			this.openRows = false;
			this.signals.signalIfCommitted();
		}
	}

}
