package org.litestream4j.boot.autoconfigure;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfigurationPackage;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.jdbc.autoconfigure.DataJdbcRepositoriesAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.data.jdbc.repository.config.EnableJdbcRepositories;
import org.springframework.data.repository.CrudRepository;
import org.springframework.jdbc.core.JdbcTemplate;

import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.LitestreamStartupException;
import org.litestream4j.boot.event.RestoreFinishedEvent;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A database is lost and comes back before anybody asks for it. Each case loses what it
 * had: whoever opened the database too early, or made its tables again, would be seen.
 */
@ExtendWith(OutputCaptureExtension.class)
class RestoreIfMissingTests {

	private static final Duration LONG = Duration.ofMinutes(2);

	@TempDir
	private Path directory;

	private ApplicationContextRunner runner() {
		return Contexts.replicated(this.directory).withPropertyValues("litestream.restore-if-missing=true");
	}

	/** As on a new machine: only the replica is left. */
	private void loseEverythingButTheReplica() throws IOException {
		Files.walkFileTree(this.directory, new SimpleFileVisitor<>() {
			@Override
			public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
				return dir.endsWith("replica") ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
			}

			@Override
			public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
				Files.delete(file);
				return FileVisitResult.CONTINUE;
			}

			@Override
			public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException ex) throws IOException {
				if (!dir.equals(RestoreIfMissingTests.this.directory)) {
					Files.delete(dir);
				}
				return FileVisitResult.CONTINUE;
			}
		});
		assertThat(this.directory.resolve("app.db")).doesNotExist();
	}

	private static List<String> notes(ApplicationContext context) {
		return context.getBean(JdbcTemplate.class).queryForList("SELECT text FROM note ORDER BY id", String.class);
	}

	private void writeThenLoseThenRead(ApplicationContextRunner runner, String first) throws IOException {
		runner.run((context) -> {
			assertThat(context).hasNotFailed();
			context.getBean(JdbcTemplate.class).update("INSERT INTO note(text) VALUES ('mine')");
			context.getBean(Litestream.class).sync(LONG);
		});
		loseEverythingButTheReplica();
		runner.run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(notes(context)).containsExactly(first, "mine");
			context.getBean(JdbcTemplate.class).update("INSERT INTO note(text) VALUES ('later')");
			context.getBean(Litestream.class).sync(LONG);
		});
	}

	@Test
	void firstStartWithoutBackupIsFresh(CapturedOutput output) {
		runner().run((context) -> {
			assertThat(context).hasNotFailed();
			context.getBean(JdbcTemplate.class).execute("CREATE TABLE note(id INTEGER PRIMARY KEY, text TEXT)");
		});
		assertThat(output).contains("INFO").doesNotContain("WARN", "ERROR");
	}

	@Test
	void restoreComesBeforeFlyway() throws IOException {
		writeThenLoseThenRead(runner().withConfiguration(AutoConfigurations.of(FlywayAutoConfiguration.class)),
				"from flyway");
	}

	@Test
	void restoreComesBeforeFlywayWithItsOwnConnection() throws IOException {
		writeThenLoseThenRead(runner().withConfiguration(AutoConfigurations.of(FlywayAutoConfiguration.class))
			.withPropertyValues("spring.flyway.url=" + Contexts.url(this.directory, "app.db")), "from flyway");
	}

	@Test
	void restoreComesBeforeLiquibase() throws IOException {
		writeThenLoseThenRead(runner().withConfiguration(AutoConfigurations.of(LiquibaseAutoConfiguration.class)),
				"from liquibase");
	}

	@Test
	void restoreComesBeforeSchemaSql() throws IOException {
		ApplicationContextRunner runner = runner().withPropertyValues("spring.sql.init.mode=always",
				"spring.sql.init.schema-locations=classpath:note-schema.sql",
				"spring.sql.init.continue-on-error=false");
		runner.run((context) -> {
			assertThat(notes(context)).containsExactly("from schema.sql");
			context.getBean(Litestream.class).sync(LONG);
		});
		loseEverythingButTheReplica();
		// The script creates the table and fails if it is there: that it does proves
		// the order
		runner.run((context) -> assertThat(context).getFailure()
			.rootCause()
			.hasMessageContaining("table note already exists"));
	}

	@Test
	void restoreComesBeforeHibernate() throws IOException {
		ApplicationContextRunner runner = runner()
			.withConfiguration(AutoConfigurations.of(HibernateJpaAutoConfiguration.class))
			.withUserConfiguration(EntityConfiguration.class);
		runner.withPropertyValues("spring.jpa.hibernate.ddl-auto=create").run((context) -> {
			assertThat(context).hasNotFailed();
			context.getBean(EntityManagerFactory.class)
				.runInTransaction((entities) -> entities.persist(new Note("by hibernate")));
			assertThat(context.getBean(Litestream.class).awaitReplicated(LONG)).isTrue();
		});
		loseEverythingButTheReplica();
		runner.withPropertyValues("spring.jpa.hibernate.ddl-auto=update").run((context) -> {
			assertThat(context).hasNotFailed();
			List<String> texts = context.getBean(EntityManagerFactory.class)
				.callInTransaction(
						(entities) -> entities.createQuery("select text from Note", String.class).getResultList());
			assertThat(texts).containsExactly("by hibernate");
		});
	}

	@Test
	void restoreComesBeforeSpringDataJdbc() throws IOException {
		ApplicationContextRunner runner = runner()
			.withConfiguration(
					AutoConfigurations.of(FlywayAutoConfiguration.class, DataJdbcRepositoriesAutoConfiguration.class))
			.withUserConfiguration(RepositoryConfiguration.class)
			.withPropertyValues("spring.data.jdbc.dialect=h2");
		runner.run((context) -> {
			assertThat(context).hasNotFailed();
			context.getBean(StoredNotes.class).save(new StoredNote(null, "by repository"));
			assertThat(context.getBean(Litestream.class).awaitReplicated(LONG)).isTrue();
		});
		loseEverythingButTheReplica();
		runner.run((context) -> assertThat(context.getBean(StoredNotes.class).findAll()).extracting(StoredNote::text)
			.containsExactly("from flyway", "by repository"));
	}

	@Test
	void restoreIsToldToEventListeners() throws IOException {
		ApplicationContextRunner runner = runner()
			.withConfiguration(AutoConfigurations.of(FlywayAutoConfiguration.class));
		runner.run((context) -> context.getBean(Litestream.class).sync(LONG));
		loseEverythingButTheReplica();
		runner.withUserConfiguration(EventConfiguration.class).run((context) -> {
			RestoreFinishedEvent event = context.getBean(EventConfiguration.class).events.poll(30,
					java.util.concurrent.TimeUnit.SECONDS);
			assertThat(event).isNotNull();
			assertThat(event.success()).isTrue();
			assertThat(event.database()).isEqualTo("dataSource");
			assertThat(event.replica()).isEqualTo("file");
			assertThat(event.bytes()).isPositive();
		});
	}

	@Test
	void withoutThePropertyNothingIsRestored() throws IOException {
		runner().withConfiguration(AutoConfigurations.of(FlywayAutoConfiguration.class))
			.run((context) -> context.getBean(Litestream.class).sync(LONG));
		loseEverythingButTheReplica();
		Contexts.replicated(this.directory)
			.run((context) -> assertThat(context.getBean(JdbcTemplate.class)
				.queryForObject("SELECT count(*) FROM sqlite_schema", Integer.class)).isZero());
	}

	@Test
	void unreadableReplicaFailsTheStart() throws IOException {
		Files.writeString(this.directory.resolve("replica"), "not a directory");
		runner().run((context) -> assertThat(context).getFailure()
			.satisfies((failure) -> assertThat(failure).hasStackTraceContaining("is missing, and was not restored")));
		assertThat(this.directory.resolve("app.db")).doesNotExist();
	}

	@Test
	void damagedBackupFailsTheStart() throws IOException {
		ApplicationContextRunner runner = runner()
			.withConfiguration(AutoConfigurations.of(FlywayAutoConfiguration.class));
		runner.run((context) -> context.getBean(Litestream.class).sync(LONG));
		loseEverythingButTheReplica();
		try (var files = Files.walk(this.directory.resolve("replica"))) {
			for (Path file : files.filter((path) -> path.toString().endsWith(".wal.lz4")).toList()) {
				Files.write(file, new byte[] { 1, 2, 3 });
			}
		}
		runner.run((context) -> assertThat(context).hasFailed());
		assertThat(this.directory.resolve("app.db")).doesNotExist();
	}

	@Test
	void zeroByteDatabaseIsRestored() throws IOException {
		ApplicationContextRunner runner = runner()
			.withConfiguration(AutoConfigurations.of(FlywayAutoConfiguration.class));
		runner.run((context) -> context.getBean(Litestream.class).sync(LONG));
		loseEverythingButTheReplica();
		Files.createFile(this.directory.resolve("app.db"));
		runner.run((context) -> assertThat(notes(context)).containsExactly("from flyway"));
	}

	@Test
	void targetCanBeNarrowed() throws IOException {
		ApplicationContextRunner runner = runner()
			.withConfiguration(AutoConfigurations.of(FlywayAutoConfiguration.class));
		runner.run((context) -> context.getBean(Litestream.class).sync(LONG));
		loseEverythingButTheReplica();
		runner.withPropertyValues("litestream.restore.timestamp=2001-01-01T00:00:00Z")
			.run((context) -> assertThat(context).hasFailed());
		assertThat(this.directory.resolve("app.db")).doesNotExist();
	}

	@Test
	void missingDirectoryIsMade() {
		runner().withPropertyValues("spring.datasource.url=" + Contexts.url(this.directory, "new/sub/app.db"))
			.run((context) -> assertThat(context.getBean(Litestream.class).databases()).hasSize(1));
	}

	@Test
	void poolThatStartedTooEarlyFailsTheStartIfThereIsABackup() throws IOException {
		HikariConfig config = new HikariConfig();
		config.setJdbcUrl(Contexts.url(this.directory, "app.db"));
		ApplicationContextRunner runner = Contexts.litestream()
			.withPropertyValues(Contexts.replica(this.directory), "litestream.restore-if-missing=true")
			.withBean(DataSource.class, () -> new HikariDataSource(config));
		runner.run((context) -> {
			assertThat(context).hasNotFailed(); // no backup yet
			new JdbcTemplate(context.getBean(DataSource.class)).execute("CREATE TABLE note(text)");
			context.getBean(Litestream.class).sync(LONG);
		});
		loseEverythingButTheReplica();
		runner.run((context) -> assertThat(context).getFailure()
			.satisfies((failure) -> assertThat(failure)
				.hasStackTraceContaining("the connection pool has opened the database before it could be restored")));
	}

	private ApplicationContextRunner eagerPool() {
		HikariConfig config = new HikariConfig();
		config.setJdbcUrl(Contexts.url(this.directory, "app.db") + "?journal_mode=WAL");
		return Contexts.litestream()
			.withPropertyValues(Contexts.replica(this.directory), "litestream.restore-if-missing=true")
			.withBean(DataSource.class, () -> new HikariDataSource(config));
	}

	private void backUp(ApplicationContextRunner runner) throws IOException {
		runner.run((context) -> {
			assertThat(context).hasNotFailed();
			new JdbcTemplate(context.getBean(DataSource.class)).execute("CREATE TABLE note(text)");
			context.getBean(Litestream.class).sync(LONG);
		});
		loseEverythingButTheReplica();
	}

	private void assertTableIsBack(ApplicationContextRunner runner) {
		runner.run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(new JdbcTemplate(context.getBean(DataSource.class)).queryForObject("SELECT count(*) FROM note",
					Integer.class))
				.isZero();
		});
	}

	@Test
	void poolThatMadeAnEmptyDatabaseTooEarlyFailsTheStart() throws IOException {
		backUp(eagerPool());
		eagerPool().run((context) -> assertThat(context).getFailure()
			.rootCause()
			.isInstanceOfSatisfying(LitestreamStartupException.class, (failure) -> {
				assertThat(failure.description()).contains("has opened the database before it could be restored");
				assertThat(failure.action()).contains("spring.datasource", "litestream.databases.<name>.path");
			}));
		assertThat(this.directory.resolve("app.db")).hasSize(4096);
		try (Stream<Path> generations = Files.list(this.directory.resolve("replica/generations"))) {
			assertThat(generations).as("no new one").hasSize(1);
		}
	}

	@ParameterizedTest
	@EnumSource(value = SeveralDataSourcesTests.Kind.class,
			names = { "HIKARI", "DBCP", "TOMCAT", "DRUID", "C3P0", "AGROAL", "SINGLE_CONNECTION", "DATASOURCE_PROXY" })
	void poolOfAnyKindThatHasAConnectionIsSeen(SeveralDataSourcesTests.Kind kind) throws IOException {
		backUp(runner());
		boolean pools = kind != SeveralDataSourcesTests.Kind.DATASOURCE_PROXY;
		ApplicationContextRunner early = Contexts.litestream()
			.withPropertyValues(Contexts.replica(this.directory), "litestream.restore-if-missing=true")
			.withBean(DataSource.class, () -> Pools.open(kind, Contexts.url(this.directory, "app.db")));
		if (pools) {
			early.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("has opened the database before it could be restored"));
		}
		else {
			// Has closed its connection again, so it is not too late
			assertTableIsBack(early);
		}
	}

	@Test
	void databaseNamedByItsFileIsRestoredBeforeADataSourceThatIsMadeVeryEarly() throws IOException {
		backUp(eagerPool());
		assertTableIsBack(eagerPool()
			.withPropertyValues("litestream.databases.dataSource.path=" + this.directory.resolve("app.db"))
			.withUserConfiguration(EarlyConfiguration.class));
	}

	@Configuration(proxyBeanMethods = false)
	static class EarlyConfiguration {

		@Bean
		static BeanPostProcessor needsTheDatabase(DataSource dataSource) {
			assertThat(dataSource).isNotNull();
			return new BeanPostProcessor() {
			};
		}

	}

	@Test
	void emptyDatabaseThatAnEarlyPoolLeftIsRestored() throws IOException {
		backUp(eagerPool());
		eagerPool().run((context) -> assertThat(context).hasFailed());
		assertThat(this.directory.resolve("app.db")).hasSize(4096);
		assertTableIsBack(runner());
	}

	@Test
	void databaseNamedByItsFileIsRestoredBeforeAnEagerPool() throws IOException {
		backUp(eagerPool());
		assertTableIsBack(eagerPool()
			.withPropertyValues("litestream.databases.dataSource.path=" + this.directory.resolve("app.db")));
	}

	@Test
	void emptyDatabaseThatIsNotToBeRestoredIsWarnedOf(CapturedOutput output) throws IOException {
		backUp(runner());
		eagerPool().withPropertyValues("litestream.restore-if-missing=false")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).containsOnlyOnce("is missing or empty, but replica 'file' has a backup of it as of");
	}

	@Test
	void damagedBackupThatIsNotToBeRestoredIsWarnedOf(CapturedOutput output) throws IOException {
		backUp(runner());
		try (var files = Files.walk(this.directory.resolve("replica"))) {
			for (Path file : files.filter((path) -> path.toString().endsWith(".snapshot.lz4")).toList()) {
				Files.delete(file);
			}
		}
		eagerPool().withPropertyValues("litestream.restore-if-missing=false")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output)
			.containsOnlyOnce("whether a backup of it can be restored cannot be told: The replica holds WAL");
	}

	@Test
	void databaseWithoutTablesThatWasReplicatedInThisProcessGoesOn(CapturedOutput output) {
		for (int i = 0; i < 3; i++) {
			runner().run((context) -> context.getBean(Litestream.class).sync(LONG));
		}
		assertThat(output).containsOnlyOnce("new generation").doesNotContain("WARN");
	}

	@Entity(name = "Note")
	@Table(name = "note")
	static class Note {

		@Id
		@GeneratedValue(strategy = GenerationType.IDENTITY)
		@Nullable private Long id;

		private String text;

		Note() {
			this("");
		}

		Note(String text) {
			this.text = text;
		}

		@Override
		public String toString() {
			return this.id + " " + this.text;
		}

	}

	@Configuration(proxyBeanMethods = false)
	@AutoConfigurationPackage
	static class EntityConfiguration {

	}

	@org.springframework.data.relational.core.mapping.Table("note")
	record StoredNote(@org.springframework.data.annotation.Id @Nullable Long id, String text) {
	}

	interface StoredNotes extends CrudRepository<StoredNote, Long> {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableJdbcRepositories(considerNestedRepositories = true)
	static class RepositoryConfiguration {

	}

	@Configuration(proxyBeanMethods = false)
	static class EventConfiguration {

		private final java.util.concurrent.BlockingQueue<RestoreFinishedEvent> events = new java.util.concurrent.LinkedBlockingQueue<>();

		@EventListener
		void restored(RestoreFinishedEvent event) {
			this.events.add(event);
		}

	}

}
