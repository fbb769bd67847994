package org.litestream4j.boot.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteDataSource;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

import org.litestream4j.boot.Litestream;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A replicated {@code DataSource} bean can be had by the class that its {@code @Bean}
 * method names, by injection and by a call of the method.
 */
class DataSourceTypesTests {

	@TempDir
	private Path directory;

	private void assertReplicates(Class<?> configuration, Class<? extends DataSource> type) {
		Contexts.litestream()
			.withPropertyValues(Contexts.replica(this.directory), "test.url=" + Contexts.url(this.directory, "app.db"))
			.withUserConfiguration(configuration)
			.run((context) -> {
				assertThat(context).hasNotFailed();
				JdbcTemplate template = new JdbcTemplate(context.getBean(Repository.class).dataSource());
				template.execute("CREATE TABLE t(x)");
				context.getBean(Litestream.class).sync(Duration.ofMinutes(2));
				assertThat(context.getBean(type)).isSameAs(context.getBean(Repository.class).dataSource());
			});
	}

	/** Wants the {@code DataSource} by its class. */
	record Repository(DataSource dataSource) {
	}

	@Test
	void driversOwn() {
		assertReplicates(DriversOwn.class, SQLiteDataSource.class);
	}

	@Configuration
	static class DriversOwn {

		@Bean
		SQLiteDataSource appDataSource(Environment environment) {
			SQLiteDataSource sqlite = new SQLiteDataSource();
			sqlite.setUrl(environment.getRequiredProperty("test.url"));
			return sqlite;
		}

		@Bean
		Repository repository(SQLiteDataSource dataSource) {
			return new Repository(dataSource);
		}

	}

	@Test
	void poolThatIsStartedByItsConstructor() {
		assertReplicates(StartedPool.class, HikariDataSource.class);
	}

	@Configuration
	static class StartedPool {

		private final Environment environment;

		StartedPool(Environment environment) {
			this.environment = environment;
		}

		@Bean
		HikariDataSource appDataSource() {
			HikariConfig config = new HikariConfig();
			config.setJdbcUrl(this.environment.getRequiredProperty("test.url"));
			return new HikariDataSource(config);
		}

		@Bean
		Repository repository() {
			return new Repository(appDataSource());
		}

	}

	@Test
	void singleConnection() {
		assertReplicates(SingleConnection.class, SingleConnectionDataSource.class);
	}

	@Configuration
	static class SingleConnection {

		@Bean
		SingleConnectionDataSource appDataSource(Environment environment) {
			return new SingleConnectionDataSource(environment.getRequiredProperty("test.url"), true);
		}

		@Bean
		Repository repository(SingleConnectionDataSource dataSource) {
			return new Repository(dataSource);
		}

	}

}
