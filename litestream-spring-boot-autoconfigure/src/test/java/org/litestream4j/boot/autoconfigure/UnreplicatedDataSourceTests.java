package org.litestream4j.boot.autoconfigure;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.Supplier;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.PriorityOrdered;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.AbstractDataSource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.LitestreamStartupException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A backup that is configured and not made is said, and stops a start that relies on it.
 */
@ExtendWith(OutputCaptureExtension.class)
class UnreplicatedDataSourceTests {

	@TempDir
	private Path directory;

	/** Nobody can know what it connects to without a connection. */
	private static final class Opaque extends AbstractDataSource {

		private final Supplier<DataSource> hidden;

		Opaque(Supplier<DataSource> hidden) {
			this.hidden = hidden;
		}

		@Override
		public Connection getConnection() throws SQLException {
			return this.hidden.get().getConnection();
		}

		@Override
		public Connection getConnection(String username, String password) throws SQLException {
			return getConnection();
		}

	}

	private ApplicationContextRunner runner() {
		return Contexts.litestream().withPropertyValues(Contexts.replica(this.directory));
	}

	private DataSource opaque() {
		return new Opaque(() -> new DriverManagerDataSource(Contexts.url(this.directory, "app.db")));
	}

	@Test
	void unknownDataSourceIsWarnedOfWithItsClass(CapturedOutput output) {
		runner().withBean("strange", DataSource.class, this::opaque).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(Litestream.class).databases()).isEmpty();
		});
		assertThat(output).containsOnlyOnce(" WARN ")
			.contains("Replicas are configured, but no database is replicated: DataSource 'strange' ("
					+ Opaque.class.getName() + ") does not tell its JDBC URL")
			.contains("litestream.databases.<name>.path");
	}

	@Test
	void unknownDataSourceFailsAStartThatIsToRestore() {
		runner().withPropertyValues("litestream.restore-if-missing=true")
			.withBean("strange", DataSource.class, this::opaque)
			.run((context) -> assertThat(context).getFailure()
				.isInstanceOfSatisfying(LitestreamStartupException.class, (failure) -> {
					assertThat(failure.description()).contains("DataSource 'strange'", "might come up on an empty");
					assertThat(failure.action()).contains("litestream.databases.<name>.path");
				}));
	}

	@Test
	void routerThatFindsItsTargetsInItsOwnWayIsNotKnown(CapturedOutput output) {
		runner().withBean("router", DataSource.class, () -> new AbstractRoutingDataSource() {
			@Override
			public void afterPropertiesSet() {
				// has a way of its own
			}

			@Override
			protected Object determineCurrentLookupKey() {
				return "key";
			}
		}).run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).contains("does not tell its JDBC URL");
	}

	@Test
	void dataSourceThatNobodyCouldSeeIsWarnedOf(CapturedOutput output) {
		runner().withInitializer((context) -> context.getBeanFactory().registerSingleton("manual", opaque()))
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).contains("DataSource 'manual' was created before the starter could see it");
	}

	@Test
	void noDataSourceAtAllIsWarnedOf(CapturedOutput output) {
		runner().run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).contains("no database is replicated: there is no DataSource bean");
	}

	@Test
	void noDataSourceAtAllFailsAStartThatIsToRestore() {
		runner().withPropertyValues("litestream.restore-if-missing=true")
			.run((context) -> assertThat(context).getFailure().hasMessageContaining("there is no DataSource bean"));
	}

	@Test
	void unknownDataSourceBesideAReplicatedOneIsWarnedOf(CapturedOutput output) {
		runner().withPropertyValues("litestream.restore-if-missing=true")
			.withBean("app", DataSource.class,
					() -> new DriverManagerDataSource(Contexts.url(this.directory, "app.db")))
			.withBean("strange", DataSource.class, this::opaque)
			.run((context) -> assertThat(context.getBean(Litestream.class).databases()).containsOnlyKeys("app"));
		assertThat(output).containsOnlyOnce(" WARN ")
			.contains("DataSource 'strange' (" + Opaque.class.getName()
					+ ") does not tell its JDBC URL: it is not replicated");
	}

	@Test
	void unknownDriverThatMayLeadToSqliteIsWarnedOf(CapturedOutput output) {
		runner().withBean("spied", DataSource.class, () -> {
			HikariDataSource pool = new HikariDataSource();
			pool.setJdbcUrl("jdbc:newspy:sqlite:" + this.directory.resolve("app.db"));
			return pool;
		}).run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).contains("DataSource 'spied' has a JDBC URL that may lead to SQLite");
	}

	@ParameterizedTest
	@CsvSource({ "jdbc:h2:mem:x", "jdbc:sqlite::memory:" })
	void whatIsCertainlyNothingToReplicateStopsNoStart(String url, CapturedOutput output) {
		runner().withPropertyValues("litestream.restore-if-missing=true")
			.withBean("other", DataSource.class, () -> new DriverManagerDataSource(url))
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).doesNotContain(" WARN ");
	}

	@Test
	void wrapperOfAPostProcessorThatComesFirstIsLookedThrough() {
		runner()
			.withBean("app", DataSource.class,
					() -> new DriverManagerDataSource(Contexts.url(this.directory, "app.db")))
			.withBean("wrapping", WrappingPostProcessor.class, WrappingPostProcessor::new)
			.run((context) -> {
				new JdbcTemplate(context.getBean(DataSource.class)).execute("CREATE TABLE note(text)");
				assertThat(context.getBean(Litestream.class).databases()).containsOnlyKeys("app");
			});
	}

	static class WrappingPostProcessor implements BeanPostProcessor, PriorityOrdered {

		@Override
		public int getOrder() {
			return HIGHEST_PRECEDENCE;
		}

		@Override
		public Object postProcessAfterInitialization(Object bean, String beanName) {
			return (bean instanceof DriverManagerDataSource target) ? new SeveralDataSourcesTests.HandWritten(target)
					: bean;
		}

	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			PRAGMA journal_mode=DELETE                           | journal_mode=DELETE
			select 1; pragma main.journal_mode = 'off'           | journal_mode=off
			PRAGMA locking_mode(EXCLUSIVE)                       | locking_mode=EXCLUSIVE
			""")
	void initialSqlThatRulesOutReplicationFailsTheStart(String sql, String setting) {
		runner().withBean("app", DataSource.class, () -> {
			HikariDataSource pool = new HikariDataSource();
			pool.setJdbcUrl(Contexts.url(this.directory, "app.db"));
			pool.setConnectionInitSql(sql);
			return pool;
		})
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfSatisfying(LitestreamStartupException.class, (failure) -> {
					assertThat(failure.description()).contains("'app' is configured with " + setting);
					assertThat(failure.action()).contains("the pool's initial SQL");
				}));
		assertThat(this.directory.resolve("app.db")).doesNotExist();
	}

	@Test
	void autocheckpointIsWarnedOf(CapturedOutput output) {
		runner().withBean("app", DataSource.class, () -> {
			HikariDataSource pool = new HikariDataSource();
			pool.setJdbcUrl(Contexts.url(this.directory, "app.db"));
			pool.setConnectionInitSql("PRAGMA journal_mode=wal; PRAGMA wal_autocheckpoint=500");
			return pool;
		}).run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).contains("DataSource 'app' sets wal_autocheckpoint=500: remove it");
	}

	@ParameterizedTest
	@CsvSource({ "DBCP", "TOMCAT", "DRUID", "AGROAL" })
	void initialSqlOfEveryPoolIsSeen(String pool) {
		runner()
			.withBean("app", DataSource.class,
					() -> Pools.withInitialSql(pool, Contexts.url(this.directory, "app.db"),
							"PRAGMA journal_mode=DELETE"))
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("'app' is configured with journal_mode=DELETE"));
	}

}
