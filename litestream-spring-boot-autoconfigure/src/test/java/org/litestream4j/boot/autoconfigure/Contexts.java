package org.litestream4j.boot.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceInitializationAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcClientAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.format.WalPosition;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Application contexts for tests.
 */
final class Contexts {

	private Contexts() {
	}

	/** With this starter and nothing else. */
	static ApplicationContextRunner litestream() {
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(LitestreamAutoConfiguration.class));
	}

	/** With this starter and a Hikari pool for {@code app.db} in a directory. */
	static ApplicationContextRunner jdbc(Path directory) {
		return litestream()
			.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class,
					DataSourceInitializationAutoConfiguration.class, JdbcTemplateAutoConfiguration.class,
					JdbcClientAutoConfiguration.class, DataSourceTransactionManagerAutoConfiguration.class,
					TransactionAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=" + url(directory, "app.db"));
	}

	/** {@link #jdbc} with a replica in {@code replica} beside the database. */
	static ApplicationContextRunner replicated(Path directory) {
		return jdbc(directory).withPropertyValues(replica(directory));
	}

	static String url(Path directory, String file) {
		return "jdbc:sqlite:" + directory.resolve(file);
	}

	static String replica(Path directory) {
		return "litestream.replicas[0].url=file://" + directory.toAbsolutePath().resolve("replica");
	}

	/**
	 * Commits, and requires that the engine hears of it. Asks the engine for nothing that
	 * would make it look, and is no proof unless {@code monitor-interval} is long.
	 */
	static void assertSignalled(LitestreamDatabase database, Runnable commit) {
		WalPosition before = database.status().position();
		commit.run();
		long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
		while (Objects.equals(database.status().position(), before)) {
			assertThat(System.nanoTime()).as("the commit was not noticed").isLessThan(deadline);
			LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
		}
	}

}
