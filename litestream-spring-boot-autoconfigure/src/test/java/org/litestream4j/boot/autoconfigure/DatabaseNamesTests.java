package org.litestream4j.boot.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

import javax.sql.DataSource;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.LitestreamStartupException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A database has one name, whichever bean is created first, and its backup is found by
 * it.
 */
class DatabaseNamesTests {

	private static final Duration LONG = Duration.ofMinutes(2);

	@TempDir
	private Path directory;

	private ApplicationContextRunner litestream() {
		return Contexts.litestream()
			.withPropertyValues("litestream.replicas[0].url=file://" + this.directory + "/replica/{database}",
					"litestream.restore-if-missing=true");
	}

	/** Beans of one file, created in the order given. */
	private ApplicationContextRunner beans(ApplicationContextRunner runner, String primary, List<String> names) {
		ApplicationContextRunner result = runner;
		for (String name : names) {
			result = result.withBean(name, DataSource.class,
					() -> new DriverManagerDataSource(Contexts.url(this.directory, "app.db")),
					(definition) -> definition.setPrimary(name.equals(primary)));
		}
		return result;
	}

	private String nameOfOne(ApplicationContextRunner runner) {
		String[] name = new String[1];
		runner.run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(Litestream.class).databases()).hasSize(1);
			name[0] = context.getBean(Litestream.class).databases().keySet().iterator().next();
		});
		return name[0];
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			-    | only              | only
			main | main,other        | main
			main | other,main        | main
			main | a,b,main,z        | main
			-    | a,b               | app.db
			-    | b,a               | app.db
			""")
	void nameDoesNotDependOnTheOrderOfTheBeans(String primary, String beans, String expected) {
		assertThat(nameOfOne(beans(litestream(), primary, List.of(beans.split(","))))).isEqualTo(expected);
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void beansOfOtherFilesKeepTheirNames(boolean reversed) {
		List<String> names = Stream.of("orders", "users", "reports").toList();
		if (reversed) {
			names = names.stream().sorted(Collections.reverseOrder()).toList();
		}
		ApplicationContextRunner runner = litestream();
		for (String name : names) {
			runner = runner.withBean(name, DataSource.class,
					() -> new DriverManagerDataSource(Contexts.url(this.directory, name + ".db")));
		}
		runner.run((context) -> assertThat(context.getBean(Litestream.class).databases().keySet())
			.containsExactly("orders", "reports", "users"));
	}

	@Test
	void beanThatDependsOnAnotherOneOfItsFileIsNoObstacle() {
		ApplicationContextRunner runner = litestream()
			.withBean("first", DataSource.class,
					() -> new DriverManagerDataSource(Contexts.url(this.directory, "app.db")))
			.withBean("second", DataSource.class,
					() -> new DriverManagerDataSource(Contexts.url(this.directory, "app.db")),
					(definition) -> definition.setDependsOn("first"));
		assertThat(nameOfOne(runner)).isEqualTo("first");
	}

	@Test
	void inlineTargetsOfARouterAreNamedByTheirLookupKeys() {
		litestream().withBean("router", DataSource.class, () -> {
			AbstractRoutingDataSource router = new AbstractRoutingDataSource() {
				@Override
				protected Object determineCurrentLookupKey() {
					return "b";
				}
			};
			router.setTargetDataSources(
					java.util.Map.of("a", new DriverManagerDataSource(Contexts.url(this.directory, "a.db")), "b",
							new DriverManagerDataSource(Contexts.url(this.directory, "b.db"))));
			return router;
		}).withPropertyValues("litestream.monitor-interval=1h").run((context) -> {
			Litestream litestream = context.getBean(Litestream.class);
			assertThat(litestream.databases()).containsOnlyKeys("a", "b");
			JdbcTemplate jdbc = new JdbcTemplate(context.getBean(DataSource.class));
			Contexts.assertSignalled(litestream.database("b"), () -> jdbc.execute("CREATE TABLE note(text)"));
		});
	}

	private void backUp(ApplicationContextRunner runner) {
		runner.run((context) -> {
			assertThat(context).hasNotFailed();
			new JdbcTemplate(context.getBeansOfType(DataSource.class).values().iterator().next())
				.execute("CREATE TABLE note(text)");
			context.getBean(Litestream.class).sync(LONG);
		});
	}

	private void assertRefused(ApplicationContextRunner runner, String former, String now) {
		runner.run((context) -> assertThat(context).getFailure()
			.rootCause()
			.isInstanceOfSatisfying(LitestreamStartupException.class, (failure) -> {
				assertThat(failure.description()).contains("is called '%s' now".formatted(now),
						"a backup of it under the name '%s'".formatted(former));
				assertThat(failure.action()).contains("litestream.databases.%s.path=".formatted(former));
			}));
		assertThat(this.directory.resolve("replica").resolve(now)).doesNotExist();
	}

	@Test
	void changedNameThatFindsTheBackupOfTheFormerOneIsRefused() {
		backUp(beans(litestream(), "-", List.of("only")));
		assertRefused(beans(litestream(), "-", List.of("only", "new")), "only", "app.db");
		assertThat(nameOfOne(beans(litestream(), "-", List.of("only", "new"))
			.withPropertyValues("litestream.databases.only.path=" + this.directory.resolve("app.db"))))
			.isEqualTo("only");
	}

	@Test
	void changedNameOnANewMachineFindsTheBackupOfABean() throws IOException {
		backUp(beans(litestream(), "-", List.of("only")));
		loseEverythingButTheReplica();
		assertRefused(beans(litestream(), "-", List.of("only", "new")), "only", "app.db");
		assertThat(this.directory.resolve("app.db")).doesNotExist();
	}

	@Test
	void nameThatWasNotKeptIsLookedForUnderThoseThatItMayHaveBeen() throws IOException {
		backUp(beans(litestream(), "-", List.of("only")));
		Files.delete(this.directory.resolve(".app.db-litestream/name"));
		assertRefused(beans(litestream(), "-", List.of("only", "new")), "only", "app.db");
	}

	@Test
	void changedNameIsFineIfTheReplicaIsInOnePlace() {
		ApplicationContextRunner runner = Contexts.litestream().withPropertyValues(Contexts.replica(this.directory));
		backUp(beans(runner, "-", List.of("before")));
		assertThat(nameOfOne(beans(runner, "-", List.of("after")))).isEqualTo("after");
		assertThat(this.directory.resolve(".app.db-litestream/name")).hasContent("after");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "../other", "a\u0000b", ".." })
	void nameThatNobodyCanHaveGivenIsNotBelieved(String name) throws IOException {
		Path meta = Files.createDirectories(this.directory.resolve(".app.db-litestream"));
		Files.writeString(meta.resolve("name"), name);
		assertThat(nameOfOne(beans(litestream(), "-", List.of("only")))).isEqualTo("only");
		assertThat(meta.resolve("name")).hasContent("only");
	}

	private void loseEverythingButTheReplica() throws IOException {
		try (Stream<Path> all = Files.walk(this.directory)) {
			for (Path file : all.sorted(Collections.reverseOrder()).toList()) {
				if (!file.startsWith(this.directory.resolve("replica")) && !file.equals(this.directory)) {
					Files.delete(file);
				}
			}
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "orders-db", "ordersDb", "ORDERSDB", "orders_db", "[orders.db]" })
	void keyIsMatchedInAnyNotation(String key) {
		beans(litestream(), "-", List.of("ordersDb"))
			.withPropertyValues("litestream.databases." + key + ".enabled=false")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBean(Litestream.class).databases()).isEmpty();
			});
	}

	@Test
	void environmentVariableReachesADatabase() {
		beans(litestream(), "-", List.of("ordersDb"))
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new org.springframework.core.env.SystemEnvironmentPropertySource("systemEnvironment",
						java.util.Map.of("LITESTREAM_DATABASES_ORDERSDB_REPLICAS_0_URL",
								"file://" + this.directory + "/own"))))
			.run((context) -> assertThat(
					context.getBean(Litestream.class).database("ordersDb").replicas().get(0).store().url())
				.endsWith("/own"));
	}

	@Test
	void keyThatMatchesNothingFailsTheStart() {
		beans(litestream(), "-", List.of("orders")).withPropertyValues("litestream.databases.ordres.enabled=false")
			.run((context) -> assertThat(context).getFailure()
				.isInstanceOfSatisfying(LitestreamStartupException.class, (failure) -> {
					assertThat(failure.description()).contains("'litestream.databases.ordres'");
					assertThat(failure.action()).contains("DataSource bean (orders)",
							"litestream.databases.ordres.path");
				}));
	}

}
