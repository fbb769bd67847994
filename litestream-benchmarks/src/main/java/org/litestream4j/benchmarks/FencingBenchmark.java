package org.litestream4j.benchmarks;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

import org.litestream4j.Fencing;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.Replica;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;

/**
 * What it costs a single writer that others are kept out: small inserts as fast as they
 * go, the lag of single commits, and how many requests a segment takes, without fencing
 * and with it, by turns.
 */
final class FencingBenchmark {

	private static final int COMMITS = 200;

	/** Whether figures are kept. */
	private enum Counts {

		YES, NOT

	}

	private final Settings settings;

	private final Figures rates = new Figures("transactions/s");

	private final Figures lags = new Figures("ms");

	private final Figures requests = new Figures("requests for a segment");

	FencingBenchmark(Settings settings) {
		this.settings = settings;
	}

	void run() throws Exception {
		measure(Fencing.OFF, Counts.NOT);
		for (int round = 0; round < this.settings.rounds(); round++) {
			boolean first = round % 2 == 0;
			measure(first ? Fencing.OFF : Fencing.AUTO, Counts.YES);
			measure(first ? Fencing.AUTO : Fencing.OFF, Counts.YES);
		}
		this.rates.print("Throughput of single-row inserts");
		this.lags.print("Commit to replicated, single commits");
		this.requests.print("Requests to the store while single commits are shipped");
	}

	private void measure(Fencing fencing, Counts counts) throws Exception {
		String name = "fencing: " + fencing.name().toLowerCase(Locale.ROOT);
		AtomicLong asked = new AtomicLong();
		AtomicLong segments = new AtomicLong();
		LitestreamListener counting = new LitestreamListener() {
			@Override
			public void replicaOperation(String database, String replica, ReplicaOperation operation, Outcome outcome,
					Duration duration, long bytes) {
				asked.incrementAndGet();
				if (operation == ReplicaOperation.WRITE_WAL) {
					segments.incrementAndGet();
				}
			}
		};
		try (Workplace place = Workplace.in(this.settings.directory());
				LitestreamDatabase litestream = start(place, fencing, counting);
				Connection connection = place.connect(0)) {
			Workplace.execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
			litestream.changed();
			litestream.sync(Workplace.PATIENCE);
			long[] lag = new long[COMMITS];
			asked.set(0);
			segments.set(0);
			try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t (v) VALUES (?)")) {
				for (int i = 0; i < COMMITS; i++) {
					insert.setString(1, "a small row of some sixty bytes, as many applications write them");
					insert.executeUpdate();
					long start = System.nanoTime();
					litestream.changed();
					if (!litestream.awaitReplicated(Workplace.PATIENCE)) {
						throw new IOException("a commit was not replicated");
					}
					lag[i] = System.nanoTime() - start;
				}
				double perSegment = (double) asked.get() / segments.get();
				double rate = insertAll(insert, litestream);
				if (counts == Counts.YES) {
					this.rates.add(name, rate);
					this.requests.add(name, perSegment);
					Arrays.sort(lag);
					this.lags.add(name + ", p50", lag[COMMITS / 2] / 1e6);
					this.lags.add(name + ", p99", lag[COMMITS * 99 / 100] / 1e6);
				}
			}
		}
	}

	private double insertAll(PreparedStatement insert, LitestreamDatabase litestream) throws Exception {
		long start = System.nanoTime();
		long end = start + this.settings.seconds() * 1_000_000_000L;
		long count = 0;
		while (System.nanoTime() < end) {
			insert.executeUpdate();
			litestream.changed();
			count++;
		}
		return count * 1e9 / (System.nanoTime() - start);
	}

	private static LitestreamDatabase start(Workplace place, Fencing fencing, LitestreamListener listener)
			throws IOException {
		Replica replica = new Replica("file", new FileStore(place.replica(), SystemDisk.ownerOnly()),
				Replica.Options.builder().syncInterval(Duration.ofMillis(1)).fencing(fencing).build());
		return LitestreamDatabase.start(LitestreamOptions.of(place.database()), List.of(replica), listener);
	}

}
