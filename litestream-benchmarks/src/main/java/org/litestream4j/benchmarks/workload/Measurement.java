package org.litestream4j.benchmarks.workload;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.context.ConfigurableApplicationContext;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.boot.Litestream;

/**
 * One measurement of one variant, in the application's process.
 */
final class Measurement {

	private static final Duration PATIENCE = Duration.ofMinutes(5);

	private static final long WATCH_MILLIS = 10;

	private final Variant variant;

	private final Case what;

	private final Path directory;

	private final @Nullable Path binary;

	private final double warmUpSeconds;

	private final double seconds;

	/**
	 * Prepares a measurement.
	 * @param directory where the database is, if it has a large table, and everything
	 * else is made
	 * @param binary the real litestream, for a sidecar
	 */
	Measurement(Variant variant, Case what, Path directory, @Nullable Path binary, double warmUpSeconds,
			double seconds) {
		this.variant = variant;
		this.what = what;
		this.directory = directory;
		this.binary = binary;
		this.warmUpSeconds = warmUpSeconds;
		this.seconds = seconds;
	}

	Map<Figure, Double> run() throws Exception {
		Path database = this.directory.resolve("app.db");
		Path replica = this.directory.resolve("replica");
		try (ConfigurableApplicationContext application = Application.start(this.variant, this.what, database,
				replica)) {
			DataSource dataSource = application.getBean(DataSource.class);
			long rows = prepare(dataSource);
			if (this.variant.isSidecar() && this.binary != null) {
				try (Sidecar sidecar = Sidecar.start(this.variant, this.binary, database, replica)) {
					return measure(dataSource, rows, sidecar);
				}
			}
			if (this.variant == Variant.NONE) {
				return measure(dataSource, rows, null);
			}
			LitestreamDatabase litestream = application.getBean(Litestream.class)
				.databases()
				.values()
				.iterator()
				.next();
			litestream.sync(PATIENCE);
			Map<Figure, Double> figures = measure(dataSource, rows, null);
			long start = System.nanoTime();
			litestream.sync(PATIENCE);
			figures.put(Figure.CATCH_UP, (System.nanoTime() - start) / 1e6);
			return figures;
		}
	}

	/** Makes the tables that are missing, and says how many rows the large one has. */
	private static long prepare(DataSource dataSource) throws Exception {
		try (Connection connection = dataSource.getConnection(); Statement statement = connection.createStatement()) {
			statement.execute("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, v BLOB)");
			statement.execute("CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, v TEXT)");
			statement.execute("CREATE TABLE IF NOT EXISTS large (id INTEGER PRIMARY KEY, v BLOB)");
			try (ResultSet rows = statement.executeQuery("SELECT coalesce(max(id), 0) FROM t")) {
				rows.next();
				return rows.getLong(1);
			}
		}
	}

	private Map<Figure, Double> measure(DataSource dataSource, long rows, @Nullable Sidecar sidecar) throws Exception {
		long begin = System.nanoTime() + (long) (this.warmUpSeconds * 1e9);
		Work.Window window = new Work.Window(begin, begin + (long) (this.seconds * 1e9));
		ExecutorService threads = Executors.newCachedThreadPool();
		try {
			List<Future<Work>> running = new ArrayList<>();
			for (int i = 0; i < this.what.threads(); i++) {
				running.add(threads.submit(new Work(dataSource, this.what, rows, window, begin + i)));
			}
			Future<Double> large = (this.what.kind() == Kind.LARGE)
					? threads.submit(new LargeTransactions(dataSource, window)) : null;
			TimeUnit.NANOSECONDS.sleep(window.begin() - System.nanoTime());
			Map<Figure, Double> figures = watch(window, sidecar);
			if (large != null) {
				figures.put(Figure.LARGE, large.get());
			}
			add(figures, running, window);
			return figures;
		}
		finally {
			threads.shutdownNow();
		}
	}

	/** What is counted outside of the threads that work. */
	private Map<Figure, Double> watch(Work.Window window, @Nullable Sidecar sidecar)
			throws IOException, InterruptedException {
		Map<Figure, Double> figures = new EnumMap<>(Figure.class);
		long pid = ProcessHandle.current().pid();
		EngineThreads engine = EngineThreads.now();
		ProcessCounters before = ProcessCounters.of(pid);
		ProcessCounters beforeSidecar = (sidecar != null) ? sidecar.counters() : null;
		Path wal = this.directory.resolve("app.db-wal");
		long largest = 0;
		while (System.nanoTime() < window.end()) {
			largest = Math.max(largest, Files.size(wal));
			Thread.sleep(WATCH_MILLIS);
		}
		ProcessCounters used = ProcessCounters.of(pid).minus(before);
		figures.put(Figure.WAL, largest / 1e6);
		figures.put(Figure.WRITTEN, used.writtenMegabytes());
		figures.put(Figure.CPU, used.cpuSeconds());
		figures.put(Figure.ENGINE_CPU, engine.secondsSince());
		if (sidecar != null && beforeSidecar != null) {
			ProcessCounters usedBeside = sidecar.counters().minus(beforeSidecar);
			figures.put(Figure.ENGINE_CPU, usedBeside.cpuSeconds());
			figures.put(Figure.SIDECAR_WRITTEN, usedBeside.writtenMegabytes());
		}
		return figures;
	}

	private static void add(Map<Figure, Double> figures, List<Future<Work>> running, Work.Window window)
			throws Exception {
		Latencies commits = new Latencies();
		long operations = 0;
		long failed = 0;
		for (Future<Work> one : running) {
			Work work = one.get();
			commits.add(work.commits());
			operations += work.operations();
			failed += work.failed();
		}
		figures.put(Figure.RATE, operations / window.seconds());
		figures.put(Figure.P50, commits.millis(0.5));
		figures.put(Figure.P99, commits.millis(0.99));
		figures.put(Figure.P999, commits.millis(0.999));
		figures.put(Figure.LONGEST, commits.longestMillis());
		figures.put(Figure.FAILED, (double) failed);
	}

}
