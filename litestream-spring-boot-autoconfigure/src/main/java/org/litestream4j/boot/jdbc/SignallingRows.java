package org.litestream4j.boot.jdbc;

import java.lang.reflect.Method;
import java.sql.ResultSet;

import org.jspecify.annotations.Nullable;

/**
 * The rows of a statement that also writes, such as {@code INSERT ... RETURNING}: SQLite
 * commits when they end.
 */
final class SignallingRows extends Delegation {

	private final SignallingStatement statement;

	SignallingRows(ResultSet rows, SignallingStatement statement) {
		super(rows);
		this.statement = statement;
	}

	@Override
	public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
		Object result = callCommon(proxy, method, arguments);
		if (method.getName().equals("close") || (method.getName().equals("next") && Boolean.FALSE.equals(result))) {
			this.statement.rowsEnded();
		}
		return result;
	}

}
