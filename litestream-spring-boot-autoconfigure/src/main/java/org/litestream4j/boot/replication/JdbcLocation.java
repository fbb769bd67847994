package org.litestream4j.boot.replication;

import java.util.List;
import java.util.Properties;

import org.jspecify.annotations.Nullable;

/**
 * What a {@code DataSource} connects to.
 *
 * @param url the JDBC URL
 * @param properties what goes to the driver beside it
 * @param readOnly whether every connection is asked to be read-only
 * @param initSql statements that a pool runs on each new connection
 * @param lookupKey what a router finds it by; null if none does
 */
record JdbcLocation(String url, Properties properties, boolean readOnly, List<String> initSql,
		@Nullable String lookupKey) {

	JdbcLocation {
		initSql = List.copyOf(initSql);
	}

	JdbcLocation(String url) {
		this(url, new Properties(), false);
	}

	JdbcLocation(String url, Properties properties, boolean readOnly) {
		this(url, properties, readOnly, List.of());
	}

	JdbcLocation(String url, Properties properties, boolean readOnly, List<String> initSql) {
		this(url, properties, readOnly, initSql, null);
	}

	/** The same, as a pool around it uses it. */
	JdbcLocation pooled(boolean poolIsReadOnly, List<String> poolInitSql) {
		return new JdbcLocation(this.url, this.properties, this.readOnly || poolIsReadOnly, poolInitSql,
				this.lookupKey);
	}

	/** The same, as a router finds it; the innermost of several routers counts. */
	JdbcLocation routed(String key) {
		return (this.lookupKey != null) ? this
				: new JdbcLocation(this.url, this.properties, this.readOnly, this.initSql, key);
	}

}
