package org.litestream4j.boot.autoconfigure;

import java.util.Properties;

/**
 * What a {@code DataSource} connects to.
 *
 * @param url the JDBC URL
 * @param properties what goes to the driver beside it
 * @param readOnly whether every connection is asked to be read-only
 */
record JdbcLocation(String url, Properties properties, boolean readOnly) {

	JdbcLocation(String url) {
		this(url, new Properties(), false);
	}

}
