package org.litestream4j.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

import javax.sql.DataSource;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/**
 * What the starter costs an application: the same code on the same Hikari pool, with
 * {@code litestream.enabled} false and true.
 */
final class StarterBenchmark {

	private static final int BATCH = 1000;

	private final Settings settings;

	private final Figures inserts = new Figures("transactions/s");

	private final Figures queries = new Figures("ns");

	private final Figures walSizes = new Figures("MB");

	StarterBenchmark(Settings settings) {
		this.settings = settings;
	}

	void run() throws Exception {
		measure(true, false);
		for (int round = 0; round < this.settings.rounds(); round++) {
			measure(false, true);
			measure(true, true);
		}
		this.inserts.print("Single-row inserts, autocommit, synchronous=NORMAL, one thread");
		this.walSizes.print("Largest WAL file");
		this.queries.print("SELECT 1, prepared, per execution");
	}

	private void measure(boolean enabled, boolean counts) throws Exception {
		String name = enabled ? "with the starter" : "litestream.enabled=false";
		try (Workplace place = Workplace.in(this.settings.directory());
				ConfigurableApplicationContext application = start(place, enabled);
				Connection connection = application.getBean(DataSource.class).getConnection()) {
			Workplace.execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
			AtomicLong wal = new AtomicLong();
			double rate = insert(connection, place.wal(), wal);
			double nanoseconds = query(connection);
			if (counts) {
				this.inserts.add(name, rate);
				this.walSizes.add(name, wal.get() / 1e6);
				this.queries.add(name, nanoseconds);
			}
		}
	}

	private static ConfigurableApplicationContext start(Workplace place, boolean enabled) {
		SpringApplication application = new SpringApplication(Application.class);
		application.setWebApplicationType(WebApplicationType.NONE);
		application.setDefaultProperties(Map.of("spring.main.banner-mode", "off", "logging.level.root", "WARN",
				"spring.datasource.url", "jdbc:sqlite:" + place.database(),
				"spring.datasource.hikari.data-source-properties.journal_mode", "WAL",
				"spring.datasource.hikari.data-source-properties.synchronous", "NORMAL", "litestream.enabled", enabled,
				"litestream.replicas[0].url", place.replica().toUri()));
		return application.run();
	}

	/** The file's size is looked at between two batches. */
	private double insert(Connection connection, Path wal, AtomicLong largest) throws SQLException, IOException {
		long start = System.nanoTime();
		long end = start + this.settings.seconds() * 1_000_000_000L;
		long count = 0;
		try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t (v) VALUES (?)")) {
			while (System.nanoTime() < end) {
				for (int i = 0; i < BATCH; i++) {
					insert.setString(1, "a small row of some sixty bytes, as many applications write them");
					insert.executeUpdate();
				}
				count += BATCH;
				largest.accumulateAndGet(Files.size(wal), Math::max);
			}
		}
		return count * 1e9 / (System.nanoTime() - start);
	}

	private double query(Connection connection) throws SQLException {
		long start = System.nanoTime();
		long end = start + this.settings.seconds() * 250_000_000L;
		long count = 0;
		try (PreparedStatement query = connection.prepareStatement("SELECT 1")) {
			while (System.nanoTime() < end) {
				for (int i = 0; i < BATCH; i++) {
					try (ResultSet rows = query.executeQuery()) {
						rows.next();
					}
				}
				count += BATCH;
			}
		}
		return (double) (System.nanoTime() - start) / count;
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
