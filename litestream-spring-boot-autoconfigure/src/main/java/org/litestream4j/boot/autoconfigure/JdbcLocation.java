package org.litestream4j.boot.autoconfigure;

import java.util.List;
import java.util.Properties;

/**
 * What a {@code DataSource} connects to.
 *
 * @param url the JDBC URL
 * @param properties what goes to the driver beside it
 * @param readOnly whether every connection is asked to be read-only
 * @param initSql statements that a pool runs on each new connection
 */
record JdbcLocation(String url, Properties properties, boolean readOnly, List<String> initSql) {

	JdbcLocation {
		initSql = List.copyOf(initSql);
	}

	JdbcLocation(String url) {
		this(url, new Properties(), false);
	}

	JdbcLocation(String url, Properties properties, boolean readOnly) {
		this(url, properties, readOnly, List.of());
	}

	/** The same, as a pool around it uses it. */
	JdbcLocation pooled(boolean poolIsReadOnly, List<String> poolInitSql) {
		return new JdbcLocation(this.url, this.properties, this.readOnly || poolIsReadOnly, poolInitSql);
	}

}
