package org.litestream4j.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

import org.litestream4j.LitestreamDatabase;

/**
 * From the return of a single commit, after a pause, until its segment is visible in the
 * replica: ours, and the real litestream's.
 */
final class LatencyBenchmark {

	private final Settings settings;

	private final Figures latencies = new Figures("ms");

	LatencyBenchmark(Settings settings) {
		this.settings = settings;
	}

	void run() throws Exception {
		try (Workplace place = Workplace.in(this.settings.directory());
				LitestreamDatabase litestream = place.replicate()) {
			measure("litestream-core", place, litestream::changed, () -> awaitFirst(litestream));
		}
		if (this.settings.litestream().isPresent()) {
			try (Workplace place = Workplace.in(this.settings.directory())) {
				place.connect(0).close();
				Process sidecar = place.sidecar(this.settings.litestream().get());
				try {
					measure("litestream v0.3.13 sidecar", place, () -> {
					}, () -> awaitSegments(place, 0));
				}
				finally {
					sidecar.destroyForcibly().waitFor();
				}
			}
		}
		this.latencies.print("Commit to visible segment, single commits after a pause");
	}

	private static void awaitFirst(LitestreamDatabase litestream) {
		try {
			litestream.sync(Workplace.PATIENCE);
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	private void measure(String name, Workplace place, Runnable afterCommit, Runnable ready) throws Exception {
		try (Connection connection = place.connect(0)) {
			Workplace.execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
			afterCommit.run();
			ready.run();
			for (int i = 0; i < this.settings.rounds() * 4; i++) {
				// The pause that is measured after, out of step with any interval
				Thread.sleep(1500 + 137 * (i % 7));
				long before = segments(place);
				Workplace.execute(connection, "INSERT INTO t (v) VALUES ('a')");
				afterCommit.run();
				long start = System.nanoTime();
				awaitSegments(place, before);
				this.latencies.add(name, (System.nanoTime() - start) / 1e6);
			}
		}
	}

	private static void awaitSegments(Workplace place, long before) {
		while (segments(place) <= before) {
			LockSupport.parkNanos(200_000);
		}
	}

	private static long segments(Workplace place) {
		if (!Files.isDirectory(place.replica())) {
			return 0;
		}
		try (Stream<Path> files = Files.walk(place.replica())) {
			return files.filter((file) -> file.toString().endsWith(".wal.lz4")).count();
		}
		catch (IOException | java.io.UncheckedIOException ex) {
			return 0; // a file was renamed while the folder was read
		}
	}

}
