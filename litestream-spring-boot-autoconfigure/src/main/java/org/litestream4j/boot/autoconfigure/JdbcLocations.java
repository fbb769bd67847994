package org.litestream4j.boot.autoconfigure;

import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.stream.Stream;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import org.apache.commons.dbcp2.BasicDataSource;
import org.apache.tomcat.jdbc.pool.PoolConfiguration;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteDataSource;

import org.springframework.boot.jdbc.DataSourceUnwrapper;
import org.springframework.jdbc.datasource.AbstractDriverBasedDataSource;
import org.springframework.util.ClassUtils;

/**
 * Finds out what a {@code DataSource} connects to, without a connection: asking for one
 * would open the database before it can be restored.
 */
final class JdbcLocations {

	private static final List<Finder> FINDERS = finders();

	private JdbcLocations() {
	}

	/** The location, or null if this kind of {@code DataSource} does not tell. */
	static @Nullable JdbcLocation find(DataSource dataSource) {
		return FINDERS.stream()
			.map((finder) -> finder.find(dataSource))
			.filter(Objects::nonNull)
			.findFirst()
			.orElse(null);
	}

	private static List<Finder> finders() {
		return Stream
			.of(new SpringFinder(), new SqliteFinder(),
					isPresent("com.zaxxer.hikari.HikariDataSource") ? new HikariFinder() : null,
					isPresent("org.apache.commons.dbcp2.BasicDataSource") ? new DbcpFinder() : null,
					isPresent("org.apache.tomcat.jdbc.pool.PoolConfiguration") ? new TomcatFinder() : null)
			.filter(Objects::nonNull)
			.toList();
	}

	private static boolean isPresent(String className) {
		return ClassUtils.isPresent(className, JdbcLocations.class.getClassLoader());
	}

	/** One kind of {@code DataSource}. */
	private interface Finder {

		@Nullable JdbcLocation find(DataSource dataSource);

	}

	private static final class SpringFinder implements Finder {

		@Override
		public @Nullable JdbcLocation find(DataSource dataSource) {
			AbstractDriverBasedDataSource found = DataSourceUnwrapper.unwrap(dataSource,
					AbstractDriverBasedDataSource.class);
			return (found != null) ? location(found.getUrl(), found.getConnectionProperties(), false) : null;
		}

	}

	private static final class SqliteFinder implements Finder {

		@Override
		public @Nullable JdbcLocation find(DataSource dataSource) {
			SQLiteDataSource found = DataSourceUnwrapper.unwrap(dataSource, SQLiteDataSource.class);
			return (found != null) ? location(found.getUrl(), found.getConfig().toProperties(), false) : null;
		}

	}

	private static final class HikariFinder implements Finder {

		@Override
		public @Nullable JdbcLocation find(DataSource dataSource) {
			HikariConfig found = DataSourceUnwrapper.unwrap(dataSource, HikariDataSource.class);
			if (found == null) {
				return null;
			}
			if (found.getDataSource() != null) {
				JdbcLocation inner = JdbcLocations.find(found.getDataSource());
				return (inner != null) ? new JdbcLocation(inner.url(), inner.properties(), found.isReadOnly()) : null;
			}
			String url = (found.getDataSourceClassName() != null) ? found.getDataSourceProperties().getProperty("url")
					: found.getJdbcUrl();
			return location(url, found.getDataSourceProperties(), found.isReadOnly());
		}

	}

	private static final class DbcpFinder implements Finder {

		@Override
		public @Nullable JdbcLocation find(DataSource dataSource) {
			BasicDataSource found = DataSourceUnwrapper.unwrap(dataSource, BasicDataSource.class);
			return (found != null) ? location(found.getUrl(), null, Boolean.TRUE.equals(found.getDefaultReadOnly()))
					: null;
		}

	}

	private static final class TomcatFinder implements Finder {

		@Override
		public @Nullable JdbcLocation find(DataSource dataSource) {
			PoolConfiguration found = DataSourceUnwrapper.unwrap(dataSource, PoolConfiguration.class,
					org.apache.tomcat.jdbc.pool.DataSource.class);
			return (found != null)
					? location(found.getUrl(), found.getDbProperties(), Boolean.TRUE.equals(found.isDefaultReadOnly()))
					: null;
		}

	}

	private static @Nullable JdbcLocation location(@Nullable String url, @Nullable Properties properties,
			boolean readOnly) {
		return (url != null) ? new JdbcLocation(url, (properties != null) ? properties : new Properties(), readOnly)
				: null;
	}

}
