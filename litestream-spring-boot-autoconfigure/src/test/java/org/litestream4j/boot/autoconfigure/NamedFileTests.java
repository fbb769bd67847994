package org.litestream4j.boot.autoconfigure;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import org.litestream4j.boot.Litestream;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Databases that are named and found by their file.
 */
@ExtendWith(OutputCaptureExtension.class)
class NamedFileTests {

	private static final Duration LONG = Duration.ofMinutes(2);

	@TempDir
	private Path directory;

	private Path database() {
		return this.directory.resolve("app.db");
	}

	private ApplicationContextRunner named() {
		return Contexts.litestream()
			.withPropertyValues("litestream.replicas[0].url=file://" + this.directory + "/replica/{database}",
					"litestream.restore-if-missing=true", "litestream.databases.ledger.path=" + database(),
					"litestream.monitor-interval=50ms");
	}

	@Test
	void databaseWithoutADataSourceIsReplicated() {
		named().run((context) -> {
			assertThat(context).hasNotFailed();
			try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database());
					Statement statement = connection.createStatement()) {
				statement.execute("CREATE TABLE note(text)");
				assertThat(context.getBean(Litestream.class).database("ledger").awaitReplicated(LONG)).isTrue();
			}
		});
		assertThat(this.directory.resolve("replica/ledger/generations")).isDirectoryContaining("glob:**");
	}

	@Test
	void databaseIsThereBeforeAnyDataSourceIsMade() {
		named().withBean("pool", DataSource.class, () -> {
			assertThat(database()).as("made by the engine").exists();
			return new DriverManagerDataSource("jdbc:sqlite:" + database());
		}).run((context) -> assertThat(context).hasNotFailed());
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void databaseIsThereBeforeAnyBeanThatOpensItItself(boolean lazy) {
		named().withInitializer((context) -> context.addBeanFactoryPostProcessor((factory) -> {
			for (String name : lazy ? factory.getBeanDefinitionNames() : new String[0]) {
				factory.getBeanDefinition(name).setLazyInit(!name.equals("opening"));
			}
		})).withBean("opening", String.class, () -> {
			assertThat(database()).as("made by the engine").exists();
			return "opens";
		}).run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void dataSourceOfTheFileJoinsAndSignals() {
		named().withPropertyValues("litestream.monitor-interval=1h")
			.withBean("pool", DataSource.class, () -> new DriverManagerDataSource("jdbc:sqlite:" + database()))
			.run((context) -> {
				assertThat(context.getBean(Litestream.class).databases()).containsOnlyKeys("ledger");
				JdbcTemplate jdbc = new JdbcTemplate(context.getBean(DataSource.class));
				Contexts.assertSignalled(context.getBean(Litestream.class).database(),
						() -> jdbc.execute("CREATE TABLE note(text)"));
			});
	}

	@Test
	void replicationEndsAfterThePoolsHaveClosed(CapturedOutput output) {
		named().withBean("pool", DataSource.class, () -> {
			HikariDataSource pool = new HikariDataSource();
			pool.setPoolName("closes-first");
			pool.setJdbcUrl("jdbc:sqlite:" + database());
			return pool;
		}).run((context) -> new JdbcTemplate(context.getBean(DataSource.class)).execute("CREATE TABLE note(text)"));
		assertThat(output).containsSubsequence("closes-first - Shutdown completed", "replication stopped at position");
		assertThat(Path.of(database() + "-wal")).isNotEmptyFile();
	}

	@Test
	void excludedOneIsLeftAlone() {
		named().withPropertyValues("litestream.databases.ledger.enabled=false")
			.withBean("pool", DataSource.class, () -> new DriverManagerDataSource("jdbc:h2:mem:x"))
			.run((context) -> assertThat(context.getBean(Litestream.class).databases()).isEmpty());
		assertThat(database()).doesNotExist();
	}

	@Test
	void beanOfTheSameNameWithAnotherFileIsRefused() {
		named()
			.withBean("ledger", DataSource.class,
					() -> new DriverManagerDataSource(Contexts.url(this.directory, "other.db")))
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("Two databases would have the name 'ledger'"));
	}

	@Test
	void twoNamesOfOneFileAreRefused(CapturedOutput output) throws Exception {
		Files.createDirectory(this.directory.resolve("real"));
		Files.createSymbolicLink(this.directory.resolve("link"), this.directory.resolve("real"));
		named()
			.withPropertyValues("litestream.databases.ledger.path=" + this.directory.resolve("real/app.db"),
					"litestream.databases.second.path=" + this.directory.resolve("link/app.db"))
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("lead to one file: " + this.directory.toRealPath().resolve("real/app.db")));
		assertThat(output).as("what had started already").contains("replication stopped at position");
	}

}
