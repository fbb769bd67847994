package org.litestream4j.history.diff;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;

import org.litestream4j.Replica;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.TransactionId;
import org.litestream4j.format.ltx.LtxReplicaWriter;
import org.litestream4j.history.LogRequest;
import org.litestream4j.history.ReplicaHistory;
import org.litestream4j.history.RestorePoint;
import org.litestream4j.history.StatePair;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.restore.RestoreOutput;

/**
 * Random histories that were written to an LTX replica, compacted and partly deleted: two
 * of its restore points, by their transactions and by their times, are what the database
 * was, and are compared as {@link RandomDiffs} does it.
 */
final class RandomLtxDiffs {

	private final Path directory;

	RandomLtxDiffs(Path directory) {
		this.directory = directory;
	}

	/** Fails with the seed in what it says. */
	void run(long seed) throws Exception {
		delete(this.directory);
		Path work = Files.createDirectories(this.directory.resolve("states"));
		Random random = new Random(seed);
		Path live = work.resolve("live.db");
		try (LtxReplicaWriter writer = new LtxReplicaWriter(live, this.directory.resolve("replica"))) {
			write(writer, live, seed, random);
			Replica replica = new Replica("file", writer.store(), Replica.Options.DEFAULTS);
			List<RestorePoint> points = new ReplicaHistory("app", replica, LitestreamListener.NONE)
				.log(LogRequest.newest(1000), RestoreProgress.NONE)
				.points();
			for (int pair = 0; pair < 2; pair++) {
				RestorePoint first = points.get(random.nextInt(points.size()));
				RestorePoint second = points.get(random.nextInt(points.size()));
				String what = "seed %d, pair %d, %s and %s".formatted(seed, pair, first.position(), second.position());
				StatePair states = new StatePair("app", replica, RestoreOptions.DEFAULTS, RestoreProgress.NONE);
				Path from = work.resolve("from-%d.db".formatted(pair));
				Path to = work.resolve("to-%d.db".formatted(pair));
				require(what, writer, states.first(target(first, random))
					.writeTo(RestoreOutput.newFile(from), SystemDisk.ownerOnly()), first);
				require(what, writer, states.second(target(second, random))
					.writeTo(RestoreOutput.newFile(to), SystemDisk.ownerOnly()), second);
				new RandomDiffs(this.directory).check(what, from, to, seed % 4 == 0);
			}
		}
	}

	private static void write(LtxReplicaWriter writer, Path live, long seed, Random random) throws Exception {
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + live);
				Statement statement = connection.createStatement()) {
			statement.execute("PRAGMA synchronous=OFF");
			RandomDatabase database = new RandomDatabase(connection, seed);
			database.begin();
			writer.note();
			int transactions = 20 + random.nextInt(60);
			for (int i = 2; i <= transactions; i++) {
				database.change(1 + random.nextInt(3));
				writer.note();
				if (random.nextInt(4) == 0) {
					writer.compact(1);
				}
				if (random.nextInt(12) == 0) {
					writer.compact(1);
					writer.compact(2);
				}
				if (random.nextInt(20) == 0) {
					writer.snapshot();
				}
			}
			writer.compact(1);
			writer.delete(0, random.nextInt(transactions));
		}
	}

	private static TransactionId txid(RestorePoint point) {
		return (TransactionId) Objects.requireNonNull(point.position());
	}

	private static RestoreTarget target(RestorePoint point, Random random) {
		TransactionId txid = txid(point);
		Instant until = LtxReplicaWriter.time(txid.value()).plusMillis(random.nextInt(1000));
		return random.nextBoolean() ? RestoreTarget.of(txid) : RestoreTarget.asOf(until);
	}

	private static void require(String what, LtxReplicaWriter writer, RestoreReport report, RestorePoint point)
			throws IOException {
		if (!report.position().equals(point.position())
				|| !Arrays.equals(Files.readAllBytes(report.outputPath()), writer.state(txid(point)))) {
			throw new AssertionError("%s: %s is not what the database was".formatted(what, report));
		}
	}

	private static void delete(Path directory) throws IOException {
		if (!Files.exists(directory)) {
			return;
		}
		try (Stream<Path> found = Files.walk(directory)) {
			for (Path path : (Iterable<Path>) found.sorted(Comparator.reverseOrder())::iterator) {
				if (!path.equals(directory)) {
					Files.delete(path);
				}
			}
		}
	}

	/** First seed, and how many. */
	public static void main(String[] arguments) throws Exception {
		long first = Long.parseLong(arguments[0]);
		long count = Long.parseLong(arguments[1]);
		RandomLtxDiffs diffs = new RandomLtxDiffs(Files.createTempDirectory("litestream-ltx-diffs"));
		long failed = 0;
		for (long seed = first; seed < first + count; seed++) {
			try {
				diffs.run(seed);
			}
			catch (AssertionError ex) {
				failed++;
				System.out.println(ex.getMessage());
			}
		}
		System.out.printf("%d histories from seed %d: %d failed%n", count, first, failed);
		System.exit((failed == 0) ? 0 : 1);
	}

}
