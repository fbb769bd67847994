package org.litestream4j.boot.jdbc;

import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;

/**
 * Names the interfaces that are stood for by proxies, which a native image has to know.
 */
public class JdbcProxyHints implements RuntimeHintsRegistrar {

	/** What {@link Delegation#proxy} is asked for. */
	public static final List<Class<?>> PROXIED = List.of(Connection.class, Statement.class, PreparedStatement.class,
			CallableStatement.class, ResultSet.class);

	@Override
	public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
		PROXIED.forEach((type) -> hints.proxies().registerJdkProxy(type));
	}

}
