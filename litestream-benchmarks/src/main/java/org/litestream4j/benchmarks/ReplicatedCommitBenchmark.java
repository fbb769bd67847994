package org.litestream4j.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import javax.sql.DataSource;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

import org.litestream4j.boot.Litestream;
import org.litestream4j.testsupport.s3.S3TestServer;

/**
 * Commits that wait until the replica holds them, of one thread and of many at a time: in
 * a directory, and in an S3 server whose answers take 20 ms longer. Once each commit
 * waits with its connection in hand, and once the methods do, which share one.
 */
final class ReplicatedCommitBenchmark {

	private static final Duration LATENCY = Duration.ofMillis(20);

	private static final int WARM_UP_SECONDS = 5;

	private final Settings settings;

	ReplicatedCommitBenchmark(Settings settings) {
		this.settings = settings;
	}

	/** Who waits. */
	private enum Kind {

		EVERY_COMMIT("every commit, a connection each") {
			@Override
			void insert(Litestream litestream, JdbcTemplate jdbc) {
				Kind.insert(jdbc);
			}

			@Override
			int connections(int threads) {
				return threads;
			}
		},
		METHODS("Litestream.replicated, one connection") {
			@Override
			void insert(Litestream litestream, JdbcTemplate jdbc) {
				litestream.<Integer, RuntimeException>replicated(() -> Kind.insert(jdbc));
			}

			@Override
			int connections(int threads) {
				return 1;
			}
		};

		private final String label;

		Kind(String label) {
			this.label = label;
		}

		private static int insert(JdbcTemplate jdbc) {
			return jdbc.update("INSERT INTO t (v) VALUES ('a small row of some sixty bytes, as many write them')");
		}

		abstract void insert(Litestream litestream, JdbcTemplate jdbc);

		abstract int connections(int threads);

	}

	void run() throws Exception {
		System.out.printf("%n%-62s %8s %10s %9s %9s %8s%n", "", "threads", "commits/s", "p50 ms", "p99 ms", "ratio");
		for (Kind kind : Kind.values()) {
			if (this.settings.stores().contains("directory")) {
				measureAll("directory", kind, Map.of());
			}
			if (this.settings.stores().contains("s3")) {
				try (Workplace place = Workplace.in(this.settings.directory());
						S3ServerProcess server = S3ServerProcess.start(place.directory(), LATENCY)) {
					measureAll("S3 with %d ms".formatted(LATENCY.toMillis()), kind,
							Map.of("litestream.replicas[0].endpoint", server.endpoint().toString(),
									"litestream.replicas[0].access-key-id", S3TestServer.ACCESS_KEY_ID,
									"litestream.replicas[0].secret-access-key", S3TestServer.SECRET_ACCESS_KEY));
				}
			}
		}
	}

	private void measureAll(String store, Kind kind, Map<String, Object> replica) throws Exception {
		double first = 0;
		for (int threads : this.settings.threads()) {
			double[] rates = new double[this.settings.rounds()];
			List<Long> waits = new ArrayList<>();
			for (int round = 0; round < rates.length; round++) {
				rates[round] = measure(kind, threads, replica, waits);
			}
			double rate = Figures.median(rates);
			first = (first == 0) ? rate : first;
			long[] sorted = waits.stream().mapToLong(Long::longValue).sorted().toArray();
			System.out.printf("%-62s %8d %10.0f %9.2f %9.2f %8.1f%n", store + ": " + kind.label, threads, rate,
					sorted[sorted.length / 2] / 1e6, sorted[(int) (sorted.length * 0.99)] / 1e6, rate / first);
		}
	}

	private double measure(Kind kind, int threads, Map<String, Object> replica, List<Long> waits) throws Exception {
		try (Workplace place = Workplace.in(this.settings.directory());
				ConfigurableApplicationContext application = start(place, kind, threads, replica)) {
			JdbcTemplate jdbc = new JdbcTemplate(application.getBean(DataSource.class));
			Litestream litestream = application.getBean(Litestream.class);
			jdbc.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
			litestream.sync(Workplace.PATIENCE);
			insert(kind, threads, litestream, jdbc, WARM_UP_SECONDS);
			long start = System.nanoTime();
			List<Long> took = insert(kind, threads, litestream, jdbc, this.settings.seconds());
			double rate = took.size() * 1e9 / (System.nanoTime() - start);
			waits.addAll(took);
			return rate;
		}
	}

	private static List<Long> insert(Kind kind, int threads, Litestream litestream, JdbcTemplate jdbc, int seconds)
			throws Exception {
		ExecutorService pool = Executors.newFixedThreadPool(threads);
		try {
			long end = System.nanoTime() + seconds * 1_000_000_000L;
			List<Future<long[]>> running = new ArrayList<>();
			for (int i = 0; i < threads; i++) {
				running.add(pool.submit(() -> insertUntil(end, kind, litestream, jdbc)));
			}
			List<Long> took = new ArrayList<>();
			for (Future<long[]> each : running) {
				Arrays.stream(each.get()).forEach(took::add);
			}
			return took;
		}
		finally {
			pool.shutdownNow();
		}
	}

	private static long[] insertUntil(long end, Kind kind, Litestream litestream, JdbcTemplate jdbc) {
		long[] took = new long[1024];
		int count = 0;
		for (long start = System.nanoTime(); start - end < 0;) {
			kind.insert(litestream, jdbc);
			long now = System.nanoTime();
			took = (count < took.length) ? took : Arrays.copyOf(took, 2 * count);
			took[count++] = now - start;
			start = now;
		}
		return Arrays.copyOf(took, count);
	}

	private static ConfigurableApplicationContext start(Workplace place, Kind kind, int threads,
			Map<String, Object> replica) {
		SpringApplication application = new SpringApplication(Application.class);
		application.setWebApplicationType(WebApplicationType.NONE);
		Map<String, Object> properties = new HashMap<>(Map.of("spring.main.banner-mode", "off", "logging.level.root",
				"WARN", "spring.datasource.url", "jdbc:sqlite:" + place.database() + "?busy_timeout=60000",
				"spring.datasource.hikari.maximum-pool-size", kind.connections(threads),
				"spring.datasource.hikari.data-source-properties.journal_mode", "WAL",
				"spring.datasource.hikari.data-source-properties.synchronous", "NORMAL",
				"litestream.replicated-commit.enabled", kind == Kind.EVERY_COMMIT,
				"litestream.replicated-commit.on-timeout", "fail", "litestream.replicated-commit.timeout", "1m"));
		properties.put("litestream.replicas[0].url", replica.isEmpty() ? place.replica().toUri().toString()
				: "s3://%s/%s".formatted(S3ServerProcess.BUCKET, place.directory().getFileName()));
		properties.putAll(replica);
		application.setDefaultProperties(properties);
		return application.run();
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
