package org.litestream4j.boot.autoconfigure;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

import org.litestream4j.boot.DatabaseDefinition;
import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.actuate.LitestreamHealthIndicator;
import org.litestream4j.format.WalPosition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Routers, whose targets are there at the start or come later.
 */
@ExtendWith(OutputCaptureExtension.class)
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class RoutingTests {

	@TempDir
	private Path directory;

	private final Router router = new Router();

	/** As an application writes one that makes its targets when they are asked for. */
	private final class Router extends AbstractRoutingDataSource {

		private final Map<Object, DataSource> late = new ConcurrentHashMap<>();

		private String key = "eu";

		@Override
		protected Object determineCurrentLookupKey() {
			return this.key;
		}

		@Override
		protected DataSource determineTargetDataSource() {
			return getResolvedDataSources().containsKey(this.key) ? super.determineTargetDataSource()
					: this.late.computeIfAbsent(this.key, (key) -> target(key + ".db"));
		}

	}

	private DataSource target(String file) {
		return new DriverManagerDataSource(Contexts.url(this.directory, file));
	}

	private ApplicationContextRunner runner(Map<Object, Object> targets) {
		return Contexts.litestream()
			.withConfiguration(AutoConfigurations.of(LitestreamHealthAutoConfiguration.class))
			.withPropertyValues("litestream.replicas[0].url=file://" + this.directory + "/replica/{database}",
					"litestream.monitor-interval=1h")
			.withBean("router", DataSource.class, () -> {
				this.router.setTargetDataSources(targets);
				return this.router;
			});
	}

	@Test
	void commitsReachTheEngineOfTheirDatabaseAndNoOther() {
		runner(Map.of("eu", target("one.db"), "us", target("two.db"))).run((context) -> {
			Litestream litestream = context.getBean(Litestream.class);
			assertThat(litestream.databases()).containsOnlyKeys("eu", "us");
			JdbcTemplate jdbc = new JdbcTemplate(context.getBean(DataSource.class));
			WalPosition untouched = litestream.database("us").status().position();
			Contexts.assertSignalled(litestream.database("eu"), () -> jdbc.execute("CREATE TABLE note(text)"));
			assertThat(litestream.database("us").status().position()).isEqualTo(untouched);
			this.router.key = "us";
			Contexts.assertSignalled(litestream.database("us"), () -> jdbc.execute("CREATE TABLE note(text)"));
		});
	}

	@Test
	void keyThatIsNoNameIsMadeOne() {
		runner(Map.of("eu/one", target("one.db"), 7, target("two.db")))
			.run((context) -> assertThat(context.getBean(Litestream.class).databases()).containsOnlyKeys("eu~2Fone",
					"7"));
	}

	@Test
	void defaultTargetWithoutAKeyIsNamedByItsFile() {
		this.router.setDefaultTargetDataSource(target("default.db"));
		runner(Map.of("eu", target("one.db")))
			.run((context) -> assertThat(context.getBean(Litestream.class).databases()).containsOnlyKeys("eu",
					"default.db"));
	}

	@Test
	void targetThatIsResolvedLateIsReplicatedFromItsFirstConnectionOn() {
		runner(Map.of("eu", target("one.db"), "us", target("two.db"))).run((context) -> {
			Litestream litestream = context.getBean(Litestream.class);
			JdbcTemplate jdbc = new JdbcTemplate(context.getBean(DataSource.class));
			this.router.key = "asia";
			jdbc.execute("CREATE TABLE note(text)");
			assertThat(litestream.databases()).containsOnlyKeys("asia", "eu", "us");
			Contexts.assertSignalled(litestream.database("asia"), () -> jdbc.execute("INSERT INTO note VALUES ('x')"));
		});
	}

	@Test
	void targetThatIsRegisteredIsRestoredAndItsCommitsAreNoticed() {
		DatabaseDefinition asia = DatabaseDefinition.builder("asia", this.directory.resolve("asia.db"))
			.restoreIfMissing(true)
			.build();
		runner(Map.of("eu", target("one.db"))).run((context) -> {
			context.getBean(Litestream.class).register(asia);
			this.router.key = "asia";
			new JdbcTemplate(context.getBean(DataSource.class)).execute("CREATE TABLE note(text)");
		});
		for (String suffix : new String[] { "", "-wal", "-shm" }) {
			this.directory.resolve("asia.db" + suffix).toFile().delete();
		}
		runner(Map.of("eu", target("one.db"))).run((context) -> {
			Litestream litestream = context.getBean(Litestream.class);
			litestream.register(asia);
			JdbcTemplate jdbc = new JdbcTemplate(context.getBean(DataSource.class));
			Contexts.assertSignalled(litestream.database("asia"), () -> jdbc.execute("INSERT INTO note VALUES ('x')"));
		});
	}

	@Test
	void lateTargetThatShouldHaveBeenRestoredIsNotOpened() {
		runner(Map.of("eu", target("one.db"))).run((context) -> {
			this.router.key = "asia";
			new JdbcTemplate(context.getBean(DataSource.class)).execute("CREATE TABLE note(text)");
		});
		for (String suffix : new String[] { "", "-wal", "-shm" }) {
			this.directory.resolve("asia.db" + suffix).toFile().delete();
		}
		this.router.late.clear();
		this.router.key = "eu";
		runner(Map.of("eu", target("one.db"))).withPropertyValues("litestream.restore-if-missing=true")
			.run((context) -> {
				this.router.key = "asia";
				JdbcTemplate jdbc = new JdbcTemplate(context.getBean(DataSource.class));
				assertThatExceptionOfType(CannotGetJdbcConnectionException.class)
					.isThrownBy(() -> jdbc.execute("CREATE TABLE note(text)"))
					.withStackTraceContaining("before it could be restored");
			});
	}

	@Test
	void lateTargetThatCannotBeReplicatedWorksAndIsNamedByHealth(CapturedOutput output) throws Exception {
		Files.writeString(this.directory.resolve(".asia.db-litestream"), "a file in the way");
		runner(Map.of("eu", target("one.db"))).run((context) -> {
			this.router.key = "asia";
			JdbcTemplate jdbc = new JdbcTemplate(context.getBean(DataSource.class));
			jdbc.execute("CREATE TABLE note(text)");
			jdbc.execute("INSERT INTO note VALUES ('x')");
			assertThat(context.getBean(LitestreamHealthIndicator.class).health()).satisfies((health) -> {
				assertThat(health.getStatus()).isEqualTo(Status.DOWN);
				assertThat(health.getDetails().get("problems")).asString().contains("asia.db is not replicated");
			});
		});
		assertThat(output).containsOnlyOnce("that DataSource 'router' leads to is not replicated");
	}

}
