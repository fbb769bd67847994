package org.litestream4j.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicLong;

import org.litestream4j.BackupFormat;
import org.litestream4j.LitestreamDatabase;

/**
 * Small inserts, one transaction each, synchronous=NORMAL, on one thread: without
 * replication, with ours in both formats, and with the real ones beside the process.
 */
final class ThroughputBenchmark {

	private final Settings settings;

	private final Figures rates = new Figures("transactions/s");

	private final Figures walSizes = new Figures("MB");

	ThroughputBenchmark(Settings settings) {
		this.settings = settings;
	}

	void run() throws Exception {
		measureOurs("warm-up", BackupFormat.V3);
		measureOurs("warm-up", BackupFormat.LTX);
		for (int round = 0; round < this.settings.rounds(); round++) {
			measureNone("no replication");
			measureOurs("litestream-core", BackupFormat.V3);
			measureOurs("litestream-core, LTX", BackupFormat.LTX);
			if (this.settings.litestream().isPresent()) {
				measureSidecar("litestream v0.3.13 sidecar", this.settings.litestream().get());
			}
			if (this.settings.litestream5().isPresent()) {
				measureSidecar("litestream v0.5.17 sidecar", this.settings.litestream5().get());
			}
		}
		this.rates.print("Throughput of single-row inserts");
		this.walSizes.print("Largest WAL file");
	}

	private void measureNone(String name) throws Exception {
		try (Workplace place = Workplace.in(this.settings.directory())) {
			insert(name, place, 1000, () -> {
			});
		}
	}

	private void measureOurs(String name, BackupFormat format) throws Exception {
		try (Workplace place = Workplace.in(this.settings.directory());
				LitestreamDatabase litestream = place.replicate(format)) {
			insert(name, place, 0, litestream::changed);
		}
	}

	private void measureSidecar(String name, Path binary) throws Exception {
		try (Workplace place = Workplace.in(this.settings.directory())) {
			place.connect(0).close();
			Process sidecar = place.sidecar(binary);
			try {
				insert(name, place, 0, () -> {
				});
			}
			finally {
				sidecar.destroyForcibly().waitFor();
			}
		}
	}

	private void insert(String name, Workplace place, int autocheckpoint, Runnable afterCommit)
			throws SQLException, IOException, InterruptedException {
		AtomicLong largest = new AtomicLong();
		Thread watcher = watch(place.wal(), largest);
		try (Connection connection = place.connect(autocheckpoint)) {
			Workplace.execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
			long start = System.nanoTime();
			long end = start + this.settings.seconds() * 1_000_000_000L;
			long count = 0;
			try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t (v) VALUES (?)")) {
				while (System.nanoTime() < end) {
					insert.setString(1, "a small row of some sixty bytes, as many applications write them");
					insert.executeUpdate();
					afterCommit.run();
					count++;
				}
			}
			if (!name.equals("warm-up")) {
				this.rates.add(name, count * 1e9 / (System.nanoTime() - start));
				this.walSizes.add(name, largest.get() / 1e6);
			}
		}
		finally {
			watcher.interrupt();
			watcher.join();
		}
	}

	private static Thread watch(Path wal, AtomicLong largest) {
		Thread watcher = new Thread(() -> {
			try {
				while (true) {
					if (Files.exists(wal)) {
						largest.accumulateAndGet(Files.size(wal), Math::max);
					}
					Thread.sleep(20);
				}
			}
			catch (IOException | InterruptedException ex) {
				// the measurement has ended
			}
		});
		watcher.setDaemon(true);
		watcher.start();
		return watcher;
	}

}
