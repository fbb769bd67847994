package org.litestream4j.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

import org.litestream4j.BackupFormat;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.observe.LitestreamListener;

/**
 * What the process hands to the kernel to be written on the local disk, for each byte of
 * the WAL: SQLite's own writes to that, and whatever the engine writes, without what it
 * stores in the replica. There is no checkpoint, as what these write depends on the pages
 * that were changed.
 */
final class LocalWritesBenchmark {

	/** Never reached. */
	private static final int MANY_PAGES = 10_000_000;

	private final Settings settings;

	private final Figures ratios = new Figures("times the WAL");

	LocalWritesBenchmark(Settings settings) {
		this.settings = settings;
	}

	void run() throws Exception {
		for (int round = -1; round < this.settings.rounds(); round++) {
			for (BackupFormat format : BackupFormat.values()) {
				for (int milliseconds : new int[] { 0, 20 }) {
					double ratio = measure(format, milliseconds);
					if (round >= 0) { // the first one warms up
						this.ratios.add("%s, %s".formatted(format,
								(milliseconds == 0) ? "without a pause" : "a commit every 20 ms"), ratio);
					}
				}
			}
		}
		this.ratios.print("Bytes written locally");
	}

	private double measure(BackupFormat format, int milliseconds) throws Exception {
		AtomicLong stored = new AtomicLong();
		LitestreamListener counting = new LitestreamListener() {
			@Override
			public void replicaOperation(String database, String replica, ReplicaOperation operation, Outcome outcome,
					Duration duration, long bytes) {
				if (operation == ReplicaOperation.WRITE_WAL || operation == ReplicaOperation.WRITE_SNAPSHOT) {
					stored.addAndGet(bytes);
				}
			}
		};
		try (Workplace place = Workplace.in(this.settings.directory())) {
			LitestreamOptions options = LitestreamOptions.builder(place.database())
				.checkpointInterval(Duration.ofHours(1))
				.minCheckpointPageCount(MANY_PAGES)
				.maxCheckpointPageCount(MANY_PAGES)
				.truncatePageCount(MANY_PAGES)
				.build();
			try (LitestreamDatabase litestream = place.replicate(options, format, counting);
					Connection connection = place.connect(0)) {
				Workplace.execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
				litestream.sync(Workplace.PATIENCE);
				long wal = Files.size(place.wal());
				long replica = stored.get();
				long written = written();
				insert(connection, litestream, milliseconds);
				litestream.sync(Workplace.PATIENCE);
				long local = written() - written - (stored.get() - replica);
				return (double) local / (Files.size(place.wal()) - wal);
			}
		}
	}

	private void insert(Connection connection, LitestreamDatabase litestream, int milliseconds) throws Exception {
		long end = System.nanoTime() + this.settings.seconds() * 1_000_000_000L;
		try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t (v) VALUES (?)")) {
			while (System.nanoTime() < end) {
				insert.setString(1, "a small row of some sixty bytes, as many applications write them");
				insert.executeUpdate();
				litestream.changed();
				if (milliseconds > 0) {
					Thread.sleep(milliseconds);
				}
			}
		}
	}

	/** What this process has handed to the kernel. */
	private static long written() throws IOException {
		for (String line : Files.readAllLines(Path.of("/proc/self/io"))) {
			if (line.startsWith("wchar:")) {
				return Long.parseLong(line.replaceAll("\\D", ""));
			}
		}
		throw new IOException("/proc/self/io does not say what was written");
	}

}
