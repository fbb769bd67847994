package org.litestream4j.boot.autoconfigure;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

import javax.sql.DataSource;

import com.alibaba.druid.pool.DruidDataSource;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import org.apache.commons.dbcp2.BasicDataSource;
import org.apache.tomcat.jdbc.pool.PoolProperties;

/**
 * Pools that run SQL on each new connection, and pools that come too early.
 */
final class Pools {

	private Pools() {
	}

	static DataSource withInitialSql(String pool, String url, String sql) {
		return switch (pool) {
			case "DBCP" -> dbcp(url, sql);
			case "TOMCAT" -> tomcat(url, sql);
			case "DRUID" -> druid(url, sql);
			case "AGROAL" -> agroal(url, sql);
			default -> throw new IllegalArgumentException(pool);
		};
	}

	/**
	 * A pool that has a connection open, in WAL mode, before anybody can see the bean.
	 */
	static DataSource open(SeveralDataSourcesTests.Kind kind, String url) {
		DataSource pool = kind.create(url + "?journal_mode=WAL");
		try (Connection connection = pool.getConnection(); Statement statement = connection.createStatement()) {
			statement.execute("PRAGMA user_version");
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
		return pool;
	}

	private static DataSource dbcp(String url, String sql) {
		BasicDataSource dataSource = new BasicDataSource();
		dataSource.setUrl(url);
		dataSource.setConnectionInitSqls(List.of(sql));
		return dataSource;
	}

	private static DataSource tomcat(String url, String sql) {
		PoolProperties properties = new PoolProperties();
		properties.setUrl(url);
		properties.setInitSQL(sql);
		return new org.apache.tomcat.jdbc.pool.DataSource(properties);
	}

	private static DataSource druid(String url, String sql) {
		DruidDataSource dataSource = new DruidDataSource();
		dataSource.setUrl(url);
		dataSource.setConnectionInitSqls(List.of(sql));
		return dataSource;
	}

	private static DataSource agroal(String url, String sql) {
		try {
			return AgroalDataSource
				.from(new AgroalDataSourceConfigurationSupplier().connectionPoolConfiguration((pool) -> pool.maxSize(2)
					.connectionFactoryConfiguration((factory) -> factory.jdbcUrl(url).initialSql(sql))));
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
