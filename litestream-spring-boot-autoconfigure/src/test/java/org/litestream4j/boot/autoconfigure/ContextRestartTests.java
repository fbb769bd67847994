package org.litestream4j.boot.autoconfigure;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import org.litestream4j.DatabaseStatus;
import org.litestream4j.DatabaseStatus.State;
import org.litestream4j.boot.Litestream;
import org.litestream4j.format.Generation;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Contexts that come and go in one JVM, as with tests and devtools.
 */
class ContextRestartTests {

	private static final int STARTS = 5;

	private static final Duration LONG = Duration.ofMinutes(2);

	@TempDir
	private Path directory;

	@Test
	void restartsGoOnInOneGenerationAndLeaveNoThreads() throws Exception {
		Set<Generation> generations = new HashSet<>();
		for (int i = 0; i < STARTS; i++) {
			int start = i;
			Contexts.replicated(this.directory).run((context) -> {
				JdbcTemplate jdbc = context.getBean(JdbcTemplate.class);
				jdbc.execute("CREATE TABLE IF NOT EXISTS note(text)");
				jdbc.update("INSERT INTO note VALUES (?)", "start " + start);
				generations.add(context.getBean(Litestream.class).sync(LONG).generation());
				assertThat(jdbc.queryForObject("SELECT count(*) FROM note", Integer.class)).isEqualTo(start + 1);
			});
		}
		assertThat(generations).hasSize(1);
		assertThat(threads()).isEmpty();
	}

	@Test
	void startsWithoutAndWithReplicationMix() {
		Contexts.replicated(this.directory).run((context) -> {
			context.getBean(JdbcTemplate.class).execute("CREATE TABLE note(text)");
			context.getBean(Litestream.class).sync(LONG);
		});
		Contexts.replicated(this.directory)
			.withPropertyValues("litestream.enabled=false")
			.run((context) -> context.getBean(JdbcTemplate.class).update("INSERT INTO note VALUES ('unseen')"));
		Contexts.replicated(this.directory).run((context) -> context.getBean(Litestream.class).sync(LONG));
		Path copy = this.directory.resolve("copy.db");
		Contexts.replicated(this.directory).run((context) -> context.getBean(Litestream.class).restore(copy));
		assertThat(copy).exists();
		Contexts.jdbc(this.directory)
			.withPropertyValues("spring.datasource.url=jdbc:sqlite:" + copy, "litestream.enabled=false")
			.run((context) -> assertThat(
					context.getBean(JdbcTemplate.class).queryForList("SELECT text FROM note", String.class))
				.containsExactly("unseen"));
	}

	@Test
	void cleanStopLeavesTheWalWhereItIs() {
		Contexts.replicated(this.directory).run((context) -> {
			context.getBean(JdbcTemplate.class).execute("CREATE TABLE note(text)");
			context.getBean(Litestream.class).sync(LONG);
		});
		assertThat(this.directory.resolve("app.db-wal")).isNotEmptyFile();
		assertThat(Files.exists(this.directory.resolve("replica"))).isTrue();
	}

	@Test
	void pausedContextLetsAnotherReplicateTheDatabaseAndGoesOnAfterIt() {
		Set<Generation> generations = new HashSet<>();
		Contexts.replicated(this.directory).run((paused) -> {
			write(paused, "before the pause", generations);
			paused.getSourceApplicationContext(ConfigurableApplicationContext.class).pause();
			assertThat(status(paused).state()).isEqualTo(State.STOPPED);
			Contexts.replicated(this.directory).run((other) -> {
				assertThat(other).hasNotFailed();
				write(other, "during the pause", generations);
			});
			paused.getSourceApplicationContext(ConfigurableApplicationContext.class).restart();
			assertThat(status(paused).state()).isNotEqualTo(State.STOPPED);
			write(paused, "after the pause", generations);
			Path copy = this.directory.resolve("copy.db");
			paused.getBean(Litestream.class).restore(copy);
			assertThat(new JdbcTemplate(new DriverManagerDataSource("jdbc:sqlite:" + copy))
				.queryForList("SELECT text FROM note", String.class))
				.containsExactly("before the pause", "during the pause", "after the pause");
		});
		assertThat(generations).hasSize(1);
	}

	private static void write(ApplicationContext context, String text, Set<Generation> generations) throws Exception {
		JdbcTemplate jdbc = context.getBean(JdbcTemplate.class);
		jdbc.execute("CREATE TABLE IF NOT EXISTS note(text)");
		jdbc.update("INSERT INTO note VALUES (?)", text);
		generations.add(context.getBean(Litestream.class).sync(LONG).generation());
	}

	private static DatabaseStatus status(ApplicationContext context) {
		return context.getBean(Litestream.class).databases().values().iterator().next().status();
	}

	@Test
	void whatABeanWritesWhenItIsDestroyedIsShipped() throws Exception {
		Contexts.replicated(this.directory)
			.withBean("lastWords", DisposableBean.class,
					() -> () -> new JdbcTemplate(new DriverManagerDataSource(Contexts.url(this.directory, "app.db")))
						.execute("CREATE TABLE last_words(x)"),
					(definition) -> definition.setDependsOn("dataSource"))
			.run((context) -> context.getBean(Litestream.class).sync(LONG));
		Path copy = this.directory.resolve("copy.db");
		Contexts.replicated(this.directory).run((context) -> context.getBean(Litestream.class).restore(copy));
		assertThat(new JdbcTemplate(new DriverManagerDataSource("jdbc:sqlite:" + copy))
			.queryForObject("SELECT count(*) FROM last_words", Integer.class)).isZero();
	}

	/** The engine's own, once those that are ending had the time to end. */
	private static List<Thread> threads() throws InterruptedException {
		List<Thread> threads = Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.getName().startsWith("litestream-"))
			.toList();
		for (Thread thread : threads) {
			thread.join(LONG.toMillis());
		}
		return threads.stream().filter(Thread::isAlive).toList();
	}

}
