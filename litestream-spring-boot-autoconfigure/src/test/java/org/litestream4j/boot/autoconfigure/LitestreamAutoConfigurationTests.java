package org.litestream4j.boot.autoconfigure;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

import org.litestream4j.DatabaseStatus;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.boot.Litestream;
import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LitestreamAutoConfiguration}.
 */
@ExtendWith(OutputCaptureExtension.class)
class LitestreamAutoConfigurationTests {

	private static final Duration LONG = Duration.ofMinutes(2);

	@TempDir
	private Path directory;

	@Test
	void databaseIsReplicated() {
		Contexts.replicated(this.directory).run((context) -> {
			context.getBean(JdbcTemplate.class).execute("CREATE TABLE note(text)");
			WalPosition position = context.getBean(Litestream.class).sync(LONG);
			DatabaseStatus status = context.getBean(Litestream.class).status();
			assertThat(status.name()).isEqualTo("dataSource");
			assertThat(status.replicas()).containsOnlyKeys("file");
			assertThat(this.directory.resolve("replica/generations/" + position.generation() + "/wal"))
				.isDirectoryContaining("glob:**.wal.lz4");
		});
	}

	@Test
	void poolStaysTheBeanThatItIs() {
		Contexts.replicated(this.directory)
			.run((context) -> assertThat(context.getBean(DataSource.class))
				.isExactlyInstanceOf(HikariDataSource.class));
	}

	@Test
	void commitIsShippedWithoutBeingAskedFor() {
		Contexts.replicated(this.directory).withPropertyValues("litestream.monitor-interval=1h").run((context) -> {
			Contexts.assertSignalled(context.getBean(Litestream.class).database(),
					() -> context.getBean(JdbcTemplate.class).execute("CREATE TABLE note(text)"));
		});
	}

	@Test
	void cleanRestartGoesOnInTheSameGeneration() {
		WalPosition[] stopped = new WalPosition[1];
		Contexts.replicated(this.directory).run((context) -> {
			context.getBean(JdbcTemplate.class).execute("CREATE TABLE note(text)");
			stopped[0] = context.getBean(Litestream.class).sync(LONG);
		});
		Contexts.replicated(this.directory).run((context) -> {
			// Each run has WAL indexes of its own
			assertThat(context.getBean(Litestream.class).status().position())
				.isEqualTo(new WalPosition(stopped[0].generation(), stopped[0].index() + 2, stopped[0].offset()));
			context.getBean(JdbcTemplate.class).execute("INSERT INTO note VALUES ('again')");
			WalPosition position = context.getBean(Litestream.class).sync(LONG);
			assertThat(position.generation()).isEqualTo(stopped[0].generation());
			assertThat(this.directory.resolve("replica/generations")).isDirectoryContaining("glob:**");
			try (var generations = Files.list(this.directory.resolve("replica/generations"))) {
				assertThat(generations).hasSize(1);
			}
		});
	}

	@Test
	void replicationStopsBeforeThePoolCloses(CapturedOutput output) {
		Contexts.replicated(this.directory)
			.withPropertyValues("spring.datasource.hikari.pool-name=notes")
			.run((context) -> {
				context.getBean(JdbcTemplate.class).execute("CREATE TABLE note(text)");
				assertThat(context).hasSingleBean(Litestream.class);
			});
		assertThat(output).containsSubsequence("replication stopped at position", "notes - Shutdown completed");
	}

	@Test
	void failedStartLeavesNothingRunning(CapturedOutput output) {
		Contexts.replicated(this.directory)
			.withUserConfiguration(FailingConfiguration.class)
			.run((context) -> assertThat(context).hasFailed());
		assertThat(output).contains("replication stopped at position");
	}

	@Test
	void withoutReplicaThereIsOneWarning(CapturedOutput output) {
		Contexts.jdbc(this.directory).run((context) -> {
			context.getBean(JdbcTemplate.class).execute("CREATE TABLE note(text)");
			assertThat(context.getBean(Litestream.class).databases()).isEmpty();
		});
		assertThat(output).containsOnlyOnce("WARN").contains("No replica is configured: nothing is replicated");
		assertThat(this.directory).isDirectoryNotContaining("glob:**litestream");
	}

	@Test
	void disabledDoesNothing(CapturedOutput output) {
		Contexts.replicated(this.directory).withPropertyValues("litestream.enabled=false").run((context) -> {
			context.getBean(JdbcTemplate.class).execute("CREATE TABLE note(text)");
			assertThat(context).doesNotHaveBean(Litestream.class).doesNotHaveBean(LitestreamProperties.class);
		});
		assertThat(output).doesNotContain("itestream");
	}

	@Test
	void withoutDriverItBacksOff() {
		Contexts.litestream()
			.withClassLoader(new FilteredClassLoader("org.sqlite"))
			.run((context) -> assertThat(context).doesNotHaveBean(Litestream.class));
	}

	@Test
	void anotherEngineIsIgnoredSilently(CapturedOutput output) {
		Contexts.replicated(this.directory).withPropertyValues("spring.datasource.url=jdbc:h2:mem:x").run((context) -> {
			context.getBean(JdbcTemplate.class).execute("CREATE TABLE note(text VARCHAR)");
			assertThat(context.getBean(Litestream.class).databases()).isEmpty();
		});
		assertThat(output).doesNotContain("itestream");
	}

	@Test
	void databaseInMemoryIsLeftAloneWithOneLine(CapturedOutput output) {
		Contexts.replicated(this.directory)
			.withPropertyValues("spring.datasource.url=jdbc:sqlite::memory:")
			.run((context) -> {
				context.getBean(JdbcTemplate.class).execute("CREATE TABLE note(text)");
				assertThat(context.getBean(Litestream.class).databases()).isEmpty();
			});
		assertThat(output)
			.contains("The SQLite database of DataSource 'dataSource' lives in memory: it is not replicated");
	}

	@Test
	void excludedDatabaseIsLeftAlone() {
		Contexts.replicated(this.directory)
			.withPropertyValues("litestream.databases.dataSource.enabled=false")
			.run((context) -> assertThat(context.getBean(Litestream.class).databases()).isEmpty());
	}

	@Test
	void userBeansWin() {
		Contexts.replicated(this.directory)
			.withUserConfiguration(CustomLitestream.class)
			.run((context) -> assertThat(context.getBean(Litestream.class).databases()).isEmpty());
	}

	@Test
	void listenerHearsWhatHappenedBeforeItExisted() {
		Contexts.replicated(this.directory).withUserConfiguration(ListenerConfiguration.class).run((context) -> {
			RecordingListener listener = context.getBean(RecordingListener.class);
			assertThat(listener.started).isEqualTo("dataSource");
		});
	}

	@Test
	void postProcessorCreatesNothingEarly(CapturedOutput output) {
		Contexts.replicated(this.directory).run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).doesNotContain("is not eligible for getting processed by all BeanPostProcessors");
	}

	@Test
	void lazyApplicationReplicatesWhenLitestreamIsFirstUsed() {
		Contexts.replicated(this.directory)
			.withPropertyValues("spring.main.lazy-initialization=true")
			.withInitializer((context) -> context
				.addBeanFactoryPostProcessor(new org.springframework.boot.LazyInitializationBeanFactoryPostProcessor()))
			.run((context) -> assertThat(context.getBean(Litestream.class).status().name()).isEqualTo("dataSource"));
	}

	@Test
	void poolMetadataIsStillFound() {
		Contexts.replicated(this.directory).run((AssertableApplicationContext context) -> {
			HikariDataSource pool = context.getBean(HikariDataSource.class);
			context.getBean(JdbcTemplate.class).queryForObject("SELECT 1", Integer.class);
			assertThat(pool.getHikariPoolMXBean().getTotalConnections()).isPositive();
			assertThat(pool.getJdbcUrl()).startsWith("jdbc:sqlite:");
		});
	}

	@Configuration(proxyBeanMethods = false)
	static class FailingConfiguration {

		@Bean
		Object failing(JdbcTemplate jdbc) {
			throw new IllegalStateException("meant to fail after " + jdbc);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class CustomLitestream {

		@Bean
		Litestream customLitestream() {
			return new Litestream() {
				@Override
				public Map<String, LitestreamDatabase> databases() {
					return Map.of();
				}
			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class ListenerConfiguration {

		@Bean
		RecordingListener recordingListener(JdbcTemplate jdbc) {
			assertThat(jdbc).isNotNull(); // may need the DataSource
			return new RecordingListener();
		}

	}

	static class RecordingListener implements LitestreamListener {

		private volatile String started = "nothing";

		@Override
		public void replicationStarted(String database, WalPosition position) {
			this.started = database;
		}

	}

}
