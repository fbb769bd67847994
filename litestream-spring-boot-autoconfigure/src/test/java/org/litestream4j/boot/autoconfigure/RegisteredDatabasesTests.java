package org.litestream4j.boot.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.boot.DatabaseDefinition;
import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.LitestreamStartupException;
import org.litestream4j.boot.actuate.LitestreamEndpoint;
import org.litestream4j.boot.actuate.LitestreamHealthIndicator;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoreDefinition;
import org.litestream4j.store.StoreProvider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Databases that the application registers and removes.
 */
@ExtendWith(OutputCaptureExtension.class)
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class RegisteredDatabasesTests {

	private static final Duration LONG = Duration.ofMinutes(2);

	@TempDir
	private Path directory;

	private ApplicationContextRunner runner() {
		return Contexts.litestream()
			.withPropertyValues("litestream.replicas[0].url=file://" + this.directory + "/replica/{database}",
					"litestream.monitor-interval=1h");
	}

	private Path file(String name) {
		return this.directory.resolve(name + ".db");
	}

	private DatabaseDefinition definition(String name) {
		return DatabaseDefinition.of(name, file(name));
	}

	private DatabaseDefinition restored(String name) {
		return DatabaseDefinition.builder(name, file(name)).restoreIfMissing(true).build();
	}

	private DataSource dataSource(String name) {
		return new DriverManagerDataSource(Contexts.url(this.directory, name + ".db"));
	}

	private void withLitestream(Consumer<Litestream> test) {
		runner().run((context) -> test.accept(context.getBean(Litestream.class)));
	}

	private static long notes(DataSource dataSource) {
		Long count = new JdbcTemplate(dataSource).queryForObject("SELECT count(*) FROM note", Long.class);
		return Objects.requireNonNull(count);
	}

	private static void write(DataSource dataSource) {
		JdbcTemplate jdbc = new JdbcTemplate(dataSource);
		jdbc.execute("CREATE TABLE IF NOT EXISTS note(text)");
		jdbc.execute("INSERT INTO note VALUES ('x')");
	}

	private static void sync(LitestreamDatabase database) {
		try {
			database.sync(LONG);
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static String generation(LitestreamDatabase database) {
		sync(database);
		return Objects.requireNonNull(database.status().position()).generation().name();
	}

	private void lose(String name) {
		try {
			for (String suffix : List.of("", "-wal", "-shm")) {
				Files.deleteIfExists(this.directory.resolve(name + ".db" + suffix));
			}
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@ParameterizedTest
	@EnumSource(value = SeveralDataSourcesTests.Kind.class, names = { "DRIVER_MANAGER", "HIKARI", "TOMCAT", "SQLITE" })
	void commitsThroughTheDataSourceAreNoticedAtOnce(SeveralDataSourcesTests.Kind kind) {
		withLitestream((litestream) -> {
			DataSource own = kind.create(Contexts.url(this.directory, "acme.db"));
			DataSource dataSource = litestream.register(definition("acme"), own);
			Contexts.assertSignalled(litestream.database("acme"), () -> write(dataSource));
			sync(litestream.database("acme"));
			assertThat(this.directory.resolve("replica/acme/generations")).isNotEmptyDirectory();
			close(own);
		});
	}

	private static void close(DataSource dataSource) {
		if (dataSource instanceof HikariDataSource pool) {
			pool.close();
		}
		if (dataSource instanceof org.apache.tomcat.jdbc.pool.DataSource pool) {
			pool.close();
		}
	}

	@Test
	void oneThatWasRemovedIsGoneAndGoesOnWhenItIsRegisteredAgain() {
		withLitestream((litestream) -> {
			DataSource dataSource = litestream.register(definition("acme"), dataSource("acme"));
			write(dataSource);
			String generation = generation(litestream.database("acme"));
			litestream.remove("acme");
			assertThat(litestream.databases()).isEmpty();
			litestream.remove("acme");
			LitestreamDatabase again = litestream.register(definition("acme"));
			assertThat(generation(again)).isEqualTo(generation);
			Contexts.assertSignalled(again, () -> write(dataSource));
		});
	}

	@Test
	void whatWasCommittedBeforeIsInTheReplicaWhenItIsRemoved() {
		withLitestream((litestream) -> {
			write(litestream.register(definition("acme"), dataSource("acme")));
			litestream.remove("acme");
			lose("acme");
			DataSource again = litestream.register(restored("acme"), dataSource("acme"));
			assertThat(notes(again)).isOne();
		});
	}

	@Test
	void missingDatabaseIsRestoredBeforeItIsOpened() {
		withLitestream((litestream) -> write(litestream.register(definition("acme"), dataSource("acme"))));
		lose("acme");
		withLitestream((litestream) -> {
			LitestreamDatabase database = litestream.register(restored("acme"));
			assertThat(notes(litestream.signalling("acme", dataSource("acme")))).isOne();
			assertThat(database.status().name()).isEqualTo("acme");
		});
	}

	@Test
	void databaseThatIsOpenAlreadyIsNotReplacedByItsBackup() {
		withLitestream((litestream) -> write(litestream.register(definition("acme"), dataSource("acme"))));
		lose("acme");
		withLitestream((litestream) -> {
			try (HikariDataSource pool = (HikariDataSource) SeveralDataSourcesTests.Kind.HIKARI
				.create(Contexts.url(this.directory, "acme.db"))) {
				new JdbcTemplate(pool).execute("PRAGMA journal_mode=WAL");
				assertThatExceptionOfType(LitestreamStartupException.class)
					.isThrownBy(() -> litestream.register(restored("acme"), pool))
					.withMessageContaining("before it could be restored");
			}
			lose("acme");
			assertThat(notes(litestream.register(restored("acme"), dataSource("acme")))).isOne();
		});
	}

	@Test
	void restartGoesOnInTheGenerationOfEach() {
		List<String> names = List.of("acme", "bolt", "cube");
		List<String> generations = new ArrayList<>();
		withLitestream((litestream) -> names.forEach((name) -> {
			write(litestream.register(definition(name), dataSource(name)));
			generations.add(generation(litestream.database(name)));
		}));
		withLitestream((litestream) -> assertThat(
				names.stream().map((name) -> generation(litestream.register(definition(name)))).toList())
			.isEqualTo(generations));
	}

	@Test
	void nameAndFileAreRefusedASecondTime() {
		withLitestream((litestream) -> {
			litestream.register(definition("acme"));
			assertThatIllegalStateException().isThrownBy(() -> litestream.register(definition("acme")))
				.withMessage("the file %s is replicated already, as database 'acme': remove that first",
						real().resolve("acme.db"));
			assertThatIllegalStateException()
				.isThrownBy(() -> litestream.register(DatabaseDefinition.of("acme", file("other"))))
				.withMessage("the name 'acme' is taken by the database %s: remove that first, or use another name",
						real().resolve("acme.db"));
			assertThatIllegalStateException()
				.isThrownBy(() -> litestream.register(DatabaseDefinition.of("other", file("acme"))))
				.withMessageContaining("is replicated already, as database 'acme'");
			assertThat(litestream.databases()).containsOnlyKeys("acme");
		});
	}

	private Path real() {
		try {
			return this.directory.toRealPath();
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	void databaseOfABeanIsNeitherRegisteredNorRemoved() {
		runner().withBean("app", DataSource.class, () -> dataSource("app")).run((context) -> {
			Litestream litestream = context.getBean(Litestream.class);
			assertThatIllegalStateException()
				.isThrownBy(() -> litestream.register(DatabaseDefinition.of("acme", file("app"))))
				.withMessageContaining("as database 'app': use that, which needs no registration");
			assertThatIllegalArgumentException().isThrownBy(() -> litestream.remove("app"))
				.withMessage("database 'app' cannot be removed, as it is that of a DataSource bean:"
						+ " one that was registered is expected");
		});
	}

	@Test
	void onePlaceForTwoDatabasesIsRefusedAndTheSecondMayTryAgain() {
		withLitestream((litestream) -> {
			String url = "file://" + this.directory + "/one-place";
			litestream.register(DatabaseDefinition.builder("acme", file("acme")).replica(url).build());
			assertThatExceptionOfType(LitestreamStartupException.class).isThrownBy(
					() -> litestream.register(DatabaseDefinition.builder("bolt", file("bolt")).replica(url).build()))
				.withMessageContaining("'acme' and 'bolt' have one replica path");
			Path meta = this.directory.resolve(".acme.db-litestream");
			assertThatExceptionOfType(LitestreamStartupException.class)
				.isThrownBy(() -> litestream
					.register(DatabaseDefinition.builder("bolt", file("bolt")).metaDirectory(meta).build()))
				.withMessageContaining("have one meta-directory");
			assertThatExceptionOfType(LitestreamStartupException.class)
				.isThrownBy(() -> litestream.register(
						DatabaseDefinition.builder("bolt", file("bolt")).replica("file://" + meta + "/inside").build()))
				.withMessageContaining("one is in the other");
			litestream.register(definition("bolt"));
			litestream.remove("acme");
			litestream.register(DatabaseDefinition.builder("cube", file("cube")).replica(url).build());
			assertThat(litestream.databases()).containsOnlyKeys("bolt", "cube");
		});
	}

	@Test
	void settingsAreThoseOfTheDefinitionThenOfTheName() {
		runner()
			.withPropertyValues("litestream.databases.acme.busy-timeout=3s",
					"litestream.databases.acme.shutdown-sync-timeout=4s")
			.withBean("registering", Registering.class)
			.withPropertyValues("file=" + file("acme"))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				LitestreamDatabase database = context.getBean(Litestream.class).database("acme");
				assertThat(database.options().busyTimeout()).isEqualTo(Duration.ofSeconds(3));
				assertThat(database.options().shutdownSyncTimeout()).isEqualTo(Duration.ofSeconds(9));
				assertThat(database.replicas()).extracting((replica) -> replica.name()).containsExactly("far", "near");
				assertThat(database.replicas().get(1).options().retention()).isEqualTo(Duration.ofDays(3));
			});
	}

	/** As an application does that knows its tenants at the start. */
	static class Registering {

		Registering(Litestream litestream, org.springframework.core.env.Environment environment) {
			litestream.register(DatabaseDefinition.builder("acme", Path.of(environment.getRequiredProperty("file")))
				.shutdownSyncTimeout(Duration.ofSeconds(9))
				.replica("far", "file://" + environment.getRequiredProperty("file") + "-far")
				.replica("near", "file://" + environment.getRequiredProperty("file") + "-near")
				.property("replicas[1].retention", "72h")
				.build());
		}

	}

	@ParameterizedTest
	@ValueSource(strings = { "sync-intervall", "replicas[0].adress", "not-a-property" })
	void settingThatThereIsNotIsRefusedAndNamed(String property) {
		withLitestream((litestream) -> assertThatIllegalArgumentException()
			.isThrownBy(() -> litestream
				.register(DatabaseDefinition.builder("acme", file("acme")).property(property, "secret").build()))
			.withMessageContaining("the definition of database 'acme' cannot be used")
			.withMessageContaining(property)
			.withMessageNotContaining("secret"));
	}

	@Test
	void valueThatAPropertyCannotHaveIsRefused() {
		withLitestream((litestream) -> assertThatIllegalArgumentException()
			.isThrownBy(() -> litestream
				.register(DatabaseDefinition.builder("acme", file("acme")).property("sync-interval", "soon").build()))
			.withMessage(
					"the definition of database 'acme' cannot be used: 'sync-interval' has a value that is not a Duration"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "path", "enabled" })
	void definitionHasItsOwnFileAndIsReplicated(String property) {
		withLitestream((litestream) -> assertThatIllegalArgumentException()
			.isThrownBy(() -> litestream
				.register(DatabaseDefinition.builder("acme", file("acme")).property(property, "false").build()))
			.withMessageContaining("leave them out"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", ".", "..", "a/b", ".hidden", "a b", "a\nb" })
	void nameThatCannotBeOneIsRefused(String name) {
		assertThatIllegalArgumentException().isThrownBy(() -> DatabaseDefinition.of(name, Path.of("x.db")))
			.withMessageContaining("cannot be the name of a database");
	}

	@Test
	void nameIsMadeOfAnyText() {
		assertThat(List.of("acme", "a/b", "a~b", "a~2Fb", "..", "M\u00fcller & Co")
			.stream()
			.map(DatabaseDefinition::nameOf)
			.toList()).containsExactly("acme", "a~2Fb", "a~7Eb", "a~7E2Fb", "~2E.", "M~C3~BCller~20~26~20Co")
			.allSatisfy((name) -> assertThat(DatabaseDefinition.of(name, Path.of("x.db")).name()).isEqualTo(name));
	}

	@Test
	void dataSourceOfAnotherFileOrWithRefusedSettingsIsRefused() {
		withLitestream((litestream) -> {
			assertThatIllegalArgumentException()
				.isThrownBy(() -> litestream.register(definition("acme"), dataSource("other")))
				.withMessageContaining("does not lead to its file");
			assertThatExceptionOfType(LitestreamStartupException.class)
				.isThrownBy(() -> litestream.register(definition("acme"),
						new DriverManagerDataSource(Contexts.url(this.directory, "acme.db") + "?journal_mode=DELETE")))
				.withMessageContaining("journal_mode=DELETE");
			assertThat(litestream.databases()).isEmpty();
		});
	}

	@Test
	void withoutAReplicaItIsRefused() {
		Contexts.litestream()
			.run((context) -> assertThatIllegalArgumentException()
				.isThrownBy(() -> context.getBean(Litestream.class).register(definition("acme")))
				.withMessageStartingWith("no replica is configured for database 'acme'"));
	}

	@Test
	void restoresRunAtTheSameTimeAndOneNameTwiceWaits() throws Exception {
		withLitestream((litestream) -> List.of("acme", "bolt")
			.forEach((name) -> write(litestream.register(definition(name), dataSource(name)))));
		lose("acme");
		lose("bolt");
		Gate gate = new Gate(this.directory);
		ExecutorService threads = Executors.newFixedThreadPool(2);
		try {
			runner().withBean(Gate.class, () -> gate).run((context) -> {
				Litestream litestream = context.getBean(Litestream.class);
				Future<LitestreamDatabase> slow = threads.submit(register(litestream, "acme"));
				assertThat(gate.reached.await(1, TimeUnit.MINUTES)).isTrue();
				Future<LitestreamDatabase> second = threads.submit(register(litestream, "acme"));
				litestream.register(restored("bolt"));
				assertThat(litestream.databases()).as("the slow one hinders no other").containsOnlyKeys("bolt");
				assertThat(slow).isNotDone();
				assertThat(second).isNotDone();
				gate.open.countDown();
				assertThat(slow.get(1, TimeUnit.MINUTES).status().name()).isEqualTo("acme");
				assertThat(second).failsWithin(Duration.ofMinutes(1))
					.withThrowableThat()
					.havingCause()
					.withMessageContaining("is replicated already");
				assertThat(notes(dataSource("acme"))).isOne();
			});
		}
		finally {
			gate.open.countDown();
			threads.shutdownNow();
		}
	}

	private Callable<LitestreamDatabase> register(Litestream litestream, String name) {
		return () -> litestream.register(restored(name));
	}

	/** Holds up whoever wants to read the replica of one database. */
	private static final class Gate implements StoreProvider {

		private final CountDownLatch reached = new CountDownLatch(1);

		private final CountDownLatch open = new CountDownLatch(1);

		private final Path directory;

		private Gate(Path directory) {
			this.directory = directory;
		}

		@Override
		public boolean supports(String type) {
			return type.equals("file");
		}

		@Override
		public ObjectStore open(StoreDefinition definition) {
			String database = Objects.requireNonNull(definition.likeFile()).getFileName().toString().replace(".db", "");
			ObjectStore store = new FileStore(this.directory.resolve("replica/" + database), SystemDisk.ownerOnly());
			return database.equals("acme")
					? (ObjectStore) java.lang.reflect.Proxy.newProxyInstance(getClass().getClassLoader(),
							new Class<?>[] { ObjectStore.class }, (proxy, method, arguments) -> {
								if (method.getName().equals("directories")) {
									this.reached.countDown();
									assertThat(this.open.await(1, TimeUnit.MINUTES)).isTrue();
								}
								return method.invoke(store, arguments);
							})
					: store;
		}

	}

	@Test
	void metricsHealthAndStatusGoWithADatabase() {
		runner()
			.withConfiguration(AutoConfigurations.of(LitestreamMetricsAutoConfiguration.class,
					LitestreamHealthAutoConfiguration.class, LitestreamEndpointAutoConfiguration.class))
			.withPropertyValues("management.endpoints.web.exposure.include=litestream")
			.withBean(MeterRegistry.class, SimpleMeterRegistry::new)
			.run((context) -> {
				Litestream litestream = context.getBean(Litestream.class);
				MeterRegistry registry = context.getBean(MeterRegistry.class);
				write(litestream.register(definition("acme"), dataSource("acme")));
				litestream.register(definition("bolt"));
				sync(litestream.database("acme"));
				assertThat(meters(registry, "acme")).isPositive();
				assertThat(context.getBean(LitestreamHealthIndicator.class).health().getStatus()).isEqualTo(Status.UP);
				litestream.remove("acme");
				assertThat(meters(registry, "acme")).isZero();
				assertThat(meters(registry, "bolt")).isPositive();
				assertThat(context.getBean(LitestreamEndpoint.class).databases(null, null).databases())
					.containsOnlyKeys("bolt");
				assertThat(context.getBean(LitestreamHealthIndicator.class).health().getDetails().get("databases"))
					.asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.MAP)
					.containsOnlyKeys("bolt");
			});
	}

	private static long meters(MeterRegistry registry, String database) {
		return registry.getMeters()
			.stream()
			.filter((meter) -> database.equals(meter.getId().getTag("database")))
			.count();
	}

	@Test
	void registrationWhileTheContextClosesIsRefused() {
		Litestream[] litestream = new Litestream[1];
		withLitestream((bean) -> litestream[0] = bean);
		assertThatIllegalStateException().isThrownBy(() -> litestream[0].register(definition("acme")))
			.withMessage("database 'acme' is not replicated, as the application is stopping");
		assertThat(file("acme")).doesNotExist();
	}

	@Test
	void registeredOnesAreStoppedWithTheContext(CapturedOutput output) {
		withLitestream((litestream) -> {
			litestream.register(definition("acme"));
			litestream.register(definition("bolt"));
		});
		assertThat(output.toString().split("replication stopped at position", -1)).hasSize(3);
	}

	@Test
	void litestreamOfOnesOwnSaysThatItDoesNotRegister() {
		Litestream own = Map::of;
		assertThatExceptionOfType(UnsupportedOperationException.class)
			.isThrownBy(() -> own.register(definition("acme")));
	}

}
