package org.litestream4j.boot.autoconfigure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

import javax.sql.DataSource;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.boot.DatabaseDefinition;
import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.actuate.LitestreamHealthIndicator;
import org.litestream4j.boot.replication.DirectoryDatabases;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Databases that appear in directories, and disappear.
 */
@ExtendWith(OutputCaptureExtension.class)
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class DirectoryDatabasesTests {

	private static final Duration LONG = Duration.ofMinutes(2);

	@TempDir
	private Path directory;

	private Path tenants;

	@BeforeEach
	void createDirectory() throws IOException {
		this.tenants = Files.createDirectory(this.directory.toRealPath().resolve("tenants"));
	}

	private ApplicationContextRunner runner() {
		return Contexts.litestream()
			.withConfiguration(AutoConfigurations.of(LitestreamHealthAutoConfiguration.class))
			.withPropertyValues("litestream.directories[0].path=" + this.tenants,
					"litestream.directories[0].url=file://" + this.directory + "/replica/{database}",
					"litestream.directories[0].interval=1h", "litestream.monitor-interval=1h");
	}

	private void run(ApplicationContextRunner runner, BiConsumer<Litestream, DirectoryDatabases> test) {
		runner.run((context) -> {
			assertThat(context).hasNotFailed();
			test.accept(context.getBean(Litestream.class), context.getBean(DirectoryDatabases.class));
		});
	}

	private Path create(String name) {
		Path file = this.tenants.resolve(name);
		try {
			Files.createDirectories(file.getParent());
			execute(file, "CREATE TABLE note(text)", "INSERT INTO note VALUES ('x')");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return file;
	}

	private static void execute(Path file, String... statements) {
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
				Statement statement = connection.createStatement()) {
			for (String sql : statements) {
				statement.execute(sql);
			}
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static void delete(Path file) {
		try {
			for (String suffix : List.of("", "-wal", "-shm")) {
				Files.deleteIfExists(file.resolveSibling(file.getFileName() + suffix));
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static void move(Path from, Path to) {
		try {
			for (String suffix : List.of("", "-wal", "-shm")) {
				Path file = from.resolveSibling(from.getFileName() + suffix);
				if (Files.exists(file)) {
					Files.move(file, to.resolveSibling(to.getFileName() + suffix));
				}
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String generation(LitestreamDatabase database) {
		try {
			return database.sync(LONG).generation().name();
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	void whatIsThereAtTheStartIsReplicatedBeforeAnyDataSourceIsMade() {
		create("acme.db");
		runner().withBean("app", DataSource.class, () -> {
			assertThat(this.tenants.resolve(".acme.db-litestream")).isDirectory();
			return new DriverManagerDataSource(Contexts.url(this.tenants, "acme.db"));
		}).run((context) -> {
			Litestream litestream = context.getBean(Litestream.class);
			assertThat(litestream.databases()).containsOnlyKeys("acme");
			Contexts.assertSignalled(litestream.database("acme"),
					() -> new JdbcTemplate(context.getBean(DataSource.class)).execute("INSERT INTO note VALUES ('y')"));
			generation(litestream.database("acme"));
			assertThat(this.directory.resolve("replica/acme/generations")).isNotEmptyDirectory();
		});
	}

	@Test
	void whatAppearsIsReplicatedAndWhatDisappearsIsLetGo(CapturedOutput output) {
		run(runner(), (litestream, directories) -> {
			assertThat(litestream.databases()).isEmpty();
			Path acme = create("acme.db");
			create("bolt.db");
			directories.scan();
			assertThat(litestream.databases()).containsOnlyKeys("acme", "bolt");
			directories.scan();
			generation(litestream.database("acme"));
			delete(acme);
			directories.scan();
			assertThat(litestream.databases()).containsOnlyKeys("bolt");
		});
		assertThat(output).contains("The file of database 'acme' has disappeared");
	}

	@Test
	void databaseThatComesBackGoesOn() {
		run(runner(), (litestream, directories) -> {
			Path acme = create("acme.db");
			directories.scan();
			execute(acme, "INSERT INTO note VALUES ('y')");
			String generation = generation(litestream.database("acme"));
			Path away = this.directory.resolve("away.db");
			move(acme, away);
			directories.scan();
			assertThat(litestream.databases()).isEmpty();
			move(away, acme);
			directories.scan();
			assertThat(generation(litestream.database("acme"))).isEqualTo(generation);
		});
	}

	@Test
	void anotherFileOfTheNameIsReplicatedInsteadOfTheFormerOne() {
		run(runner(), (litestream, directories) -> {
			Path acme = create("acme.db");
			directories.scan();
			LitestreamDatabase former = litestream.database("acme");
			String generation = generation(former);
			delete(acme);
			create("acme.db");
			directories.scan();
			directories.scan();
			assertThat(litestream.database("acme")).isNotSameAs(former);
			assertThat(generation(litestream.database("acme"))).isNotEqualTo(generation);
		});
	}

	@Test
	void restartGoesOnInTheGenerationOfEach() {
		create("acme.db");
		create("bolt.db");
		String[] generations = new String[2];
		run(runner(), (litestream, directories) -> {
			generations[0] = generation(litestream.database("acme"));
			generations[1] = generation(litestream.database("bolt"));
		});
		run(runner(), (litestream, directories) -> {
			assertThat(generation(litestream.database("acme"))).isEqualTo(generations[0]);
			assertThat(generation(litestream.database("bolt"))).isEqualTo(generations[1]);
		});
	}

	@Test
	void whatIsNotADatabaseIsLeftAlone() throws IOException {
		Path text = Files.writeString(this.tenants.resolve("text.db"), "x".repeat(4096));
		Path empty = Files.createFile(this.tenants.resolve("empty.db"));
		Path odd = Files.writeString(this.tenants.resolve("odd.db"), "SQLite format 3\0 but no page");
		Files.createDirectory(this.tenants.resolve("directory.db"));
		Files.createSymbolicLink(this.tenants.resolve("link.db"), create("acme.db"));
		Files.createSymbolicLink(this.tenants.resolve("nowhere.db"), this.directory.resolve("nothing"));
		run(runner(), (litestream, directories) -> {
			directories.scan();
			assertThat(litestream.databases()).containsOnlyKeys("acme");
		});
		assertThat(text).hasContent("x".repeat(4096));
		assertThat(empty).isEmptyFile();
		assertThat(odd).hasSize(28);
		assertThat(this.tenants.resolve(".text.db-litestream")).doesNotExist();
	}

	@Test
	void copyThatIsNotWholeYetIsTakenWhenItIs() throws IOException {
		Path whole = create("../whole.db");
		byte[] bytes = Files.readAllBytes(whole);
		Path copied = this.tenants.resolve("acme.db");
		Files.write(copied, java.util.Arrays.copyOf(bytes, bytes.length / 2 / 512 * 512));
		run(runner(), (litestream, directories) -> {
			assertThat(litestream.databases()).isEmpty();
			try {
				Files.write(copied, bytes);
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
			directories.scan();
			assertThat(litestream.databases()).containsOnlyKeys("acme");
		});
	}

	@Test
	void filesBesideADatabaseAreNeverTaken() throws IOException {
		Path acme = create("acme.db");
		for (String name : List.of("acme.db-journal", "acme.db.before-restore-20261126", "acme.db.tmp", ".hidden.db",
				"a.db-wal", "b.db-shm")) {
			Files.copy(acme, this.tenants.resolve(name));
		}
		Files.createDirectories(this.tenants.resolve(".meta"));
		Files.copy(acme, this.tenants.resolve(".meta/copy.db"));
		Files.move(this.tenants.resolve("acme.db-journal"), this.tenants.resolve("c.db-journal"),
				StandardCopyOption.REPLACE_EXISTING);
		run(runner().withPropertyValues("litestream.directories[0].pattern=*",
				"litestream.directories[0].recursive=true"), (litestream, directories) -> {
					directories.scan();
					assertThat(litestream.databases()).containsOnlyKeys("acme.db");
				});
	}

	@Test
	void ownDirectoriesInTheTreeAreNotLookedInto() throws IOException {
		Path acme = create("acme.db");
		Files.createDirectory(this.tenants.resolve("restores"));
		Files.copy(acme, this.tenants.resolve("restores/copy.db"));
		run(runner().withPropertyValues("litestream.directories[0].recursive=true",
				"litestream.meta-directory=" + this.tenants + "/state/{database}",
				"litestream.endpoint.restore-directory=" + this.tenants + "/restores"), (litestream, directories) -> {
					Path inside = this.tenants.resolve("state/acme/copy.db");
					try {
						Files.copy(this.tenants.resolve("restores/copy.db"), inside);
					}
					catch (IOException ex) {
						throw new UncheckedIOException(ex);
					}
					directories.scan();
					assertThat(litestream.databases()).containsOnlyKeys("acme");
				});
	}

	@Test
	void nestedOnesAreNamedByTheirPath() {
		create("acme.db");
		create("eu/acme.db");
		create("eu/M\u00fcller & Co.db");
		create("eu~2Facme.db");
		run(runner().withPropertyValues("litestream.directories[0].recursive=true"), (litestream, directories) -> {
			assertThat(litestream.databases()).containsOnlyKeys("acme", "eu~2Facme", "eu~2FM~C3~BCller~20~26~20Co",
					"eu~7E2Facme");
			generation(litestream.database("eu~2Facme"));
			assertThat(this.directory.resolve("replica/eu~2Facme/generations")).isNotEmptyDirectory();
		});
	}

	@Test
	void nestedOnesDoNotCountUnlessAskedFor() {
		create("acme.db");
		create("eu/bolt.db");
		run(runner(), (litestream, directories) -> assertThat(litestream.databases()).containsOnlyKeys("acme"));
	}

	@Test
	void patternOfSeveralEndingsKeepsThemInTheNames() {
		create("acme.db");
		create("acme.sqlite");
		create("acme.txt");
		run(runner().withPropertyValues("litestream.directories[0].pattern=*.{db,sqlite}"), (litestream,
				directories) -> assertThat(litestream.databases()).containsOnlyKeys("acme.db", "acme.sqlite"));
	}

	@Test
	void missingDirectoryMayAppearLater() {
		delete(this.tenants);
		run(runner(), (litestream, directories) -> {
			assertThat(litestream.databases()).isEmpty();
			create("acme.db");
			directories.scan();
			assertThat(litestream.databases()).containsOnlyKeys("acme");
		});
	}

	@Test
	void settingsForOneAreByItsName() {
		create("acme.db");
		create("bolt.db");
		run(runner().withPropertyValues("litestream.databases.acme.busy-timeout=3s",
				"litestream.databases.bolt.enabled=false"), (litestream, directories) -> {
					assertThat(litestream.databases()).containsOnlyKeys("acme");
					assertThat(litestream.database("acme").options().busyTimeout()).isEqualTo(Duration.ofSeconds(3));
				});
	}

	@Test
	void removedOneIsLeftAloneUntilItHasDisappeared() {
		Path acme = create("acme.db");
		run(runner(), (litestream, directories) -> {
			litestream.remove("acme");
			directories.scan();
			assertThat(litestream.databases()).isEmpty();
			delete(acme);
			directories.scan();
			create("acme.db");
			directories.scan();
			assertThat(litestream.databases()).containsOnlyKeys("acme");
		});
	}

	@Test
	void registeredOneIsNotTakenAndNotLetGo() {
		run(runner().withPropertyValues("litestream.replicas[0].url=file://" + this.directory + "/other/{database}"),
				(litestream, directories) -> {
					Path acme = this.tenants.resolve("acme.db");
					LitestreamDatabase registered = litestream.register(DatabaseDefinition.of("own", acme));
					execute(acme, "CREATE TABLE note(text)");
					directories.scan();
					assertThat(litestream.databases()).containsOnlyKeys("own");
					delete(acme);
					directories.scan();
					assertThat(litestream.database("own")).isSameAs(registered);
				});
	}

	@Test
	void oneThatCannotBeReplicatedIsNamedByHealthAndStopsNoOther(CapturedOutput output) throws IOException {
		create("acme.db");
		Path bolt = create("bolt.db");
		Path inTheWay = Files.writeString(this.tenants.resolve(".bolt.db-litestream"), "a file");
		runner().run((context) -> {
			assertThat(context.getBean(Litestream.class).databases()).containsOnlyKeys("acme");
			Health health = context.getBean(LitestreamHealthIndicator.class).health();
			assertThat(health.getStatus()).isEqualTo(Status.DOWN);
			assertThat(health.getDetails().get("problems")).asString()
				.contains("database %s is not replicated: ".formatted(bolt));
			Files.delete(inTheWay);
			context.getBean(DirectoryDatabases.class).scan();
			context.getBean(DirectoryDatabases.class).scan();
			assertThat(context.getBean(Litestream.class).databases()).containsOnlyKeys("acme", "bolt");
			assertThat(context.getBean(LitestreamHealthIndicator.class).health().getStatus()).isEqualTo(Status.UP);
		});
		assertThat(output).containsOnlyOnce("The database %s in a directory of".formatted(bolt));
	}

	@Test
	void nothingIsFoundWhileTheContextIsPaused() {
		create("acme.db");
		runner().run((context) -> {
			context.stop();
			assertThat(context.getBean(Litestream.class).database("acme").status().state()).hasToString("STOPPED");
			context.start();
			generation(context.getBean(Litestream.class).database("acme"));
		});
	}

	@Test
	void looksAreMadeAtTheInterval() {
		run(runner().withPropertyValues("litestream.directories[0].interval=20ms"), (litestream, directories) -> {
			create("acme.db");
			long deadline = System.nanoTime() + LONG.toNanos();
			while (litestream.databases().isEmpty() && System.nanoTime() < deadline) {
				Thread.onSpinWait();
			}
			assertThat(litestream.databases()).containsOnlyKeys("acme");
		});
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			url      | file:///replica        | has no {database} in its url or path
			path     | ' '                    | directories[0].path' is not set
			pattern  | *.{db                  | which is not a glob
			interval | 0s                     | directories[0].interval' is not more than zero
			replicas[0].url | file:///{database} | Each of
			""")
	void mistakesFailTheStart(String property, String value, String message) {
		runner().withPropertyValues("litestream.directories[0].%s=%s".formatted(property, value))
			.run((context) -> assertThat(context).getFailure().rootCause().hasMessageContaining(message));
	}

	@Test
	void replicasMayBeAList() {
		create("acme.db");
		run(Contexts.litestream()
			.withPropertyValues("litestream.directories[0].path=" + this.tenants,
					"litestream.directories[0].replicas[0].url=file://" + this.directory + "/near/{database}",
					"litestream.directories[0].replicas[0].retention=72h",
					"litestream.directories[0].replicas[1].type=file", "litestream.directories[0].replicas[1].name=far",
					"litestream.directories[0].replicas[1].path=" + this.directory + "/far/{database}"),
				(litestream, directories) -> assertThat(litestream.database("acme").status().replicas())
					.containsOnlyKeys("file", "far"));
	}

}
