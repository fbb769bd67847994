package org.litestream4j.benchmarks;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

import org.litestream4j.LitestreamRestore;
import org.litestream4j.Replica;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreOptions.IntegrityCheck;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreRequest;
import org.litestream4j.RestoreTarget;
import org.litestream4j.history.BisectReport;
import org.litestream4j.history.HistoryLog;
import org.litestream4j.history.LogRequest;
import org.litestream4j.history.LogRequest.Detail;
import org.litestream4j.history.QueryOptions;
import org.litestream4j.history.ReplicaHistory;
import org.litestream4j.history.StatePair;
import org.litestream4j.history.diff.DiffOptions;
import org.litestream4j.history.diff.DiffReport;
import org.litestream4j.history.diff.StateDiff;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;

/**
 * Looks into the past of a replica with a day of writing, in either format: the log of
 * its last hour, with tables too, and the search for the moment at which a bad row came,
 * each in a JVM of its own; beside what an operator does without, which is the same
 * search by whole restores. And what differs between two states an hour apart, beside two
 * restores and {@code sqldiff}; and one restore.
 */
final class HistoryBenchmark {

	private static final Duration DAY = Duration.ofDays(1);

	private static final String QUERY = "SELECT count(*) > 0 AS bad FROM journal WHERE text = 'garbage'";

	private static final List<String> PARTS = List.of("log", "log-tables", "bisect", "restores", "diff", "sqldiff",
			"restore");

	/** Segments of one WAL, about as many as until a checkpoint. */
	private static final int SEGMENTS_OF_AN_INDEX = 200;

	private final Settings settings;

	HistoryBenchmark(Settings settings) {
		this.settings = settings;
	}

	void run() throws Exception {
		if (this.settings.place().isPresent()) {
			Workplace place = new Workplace(Files.createDirectories(this.settings.place().get()));
			if (!Files.exists(place.replica())) {
				place.fill(this.settings.megabytes());
				System.out.printf("a day until %s is written; run this again to measure%n", write(place));
				return;
			}
			measure(place, newest(place));
			return;
		}
		try (Workplace place = Workplace.in(this.settings.directory())) {
			place.fill(this.settings.megabytes());
			measure(place, write(place));
		}
	}

	private void measure(Workplace place, Instant end) throws Exception {
		long snapshot = bytes(place, DayReplica::isSnapshot);
		System.out.printf("database %d MB, snapshot %.1f MB, %d other files of a day, %.1f MB%n",
				Files.size(place.database()) >> 20, snapshot / 1e6, changes(place).size(),
				bytes(place, DayReplica::isChange) / 1e6);
		for (String what : this.settings.parts().orElse(PARTS)) {
			measure(place, what, end, snapshot);
		}
	}

	private static List<Path> changes(Workplace place) throws IOException {
		try (Stream<Path> files = Files.walk(place.replica())) {
			return files.filter(DayReplica::isChange).toList();
		}
	}

	/** When the day ends, of a replica that was written before. */
	private static Instant newest(Workplace place) throws IOException {
		Instant newest = Instant.EPOCH;
		for (Path change : changes(place)) {
			Instant time = Files.getLastModifiedTime(change).toInstant();
			newest = time.isAfter(newest) ? time : newest;
		}
		return newest;
	}

	private static long bytes(Workplace place, Predicate<Path> wanted) throws IOException {
		try (Stream<Path> files = Files.walk(place.replica())) {
			return files.filter(wanted).mapToLong((file) -> file.toFile().length()).sum();
		}
	}

	/** The replica of a day, as if it were written now; answers when it ends. */
	private Instant write(Workplace place) throws Exception {
		Instant begin = Instant.now().minus(DAY);
		DayReplica replica = this.settings.format().equals("ltx") ? new LtxDay(place.replica(), begin.plus(DAY))
				: new V03Day(place.replica());
		Duration step = DAY.dividedBy(this.settings.segments());
		try (Connection connection = place.connect(0); Statement statement = connection.createStatement()) {
			statement.execute("CREATE TABLE journal (id INTEGER PRIMARY KEY, text TEXT)");
			statement.execute("CREATE INDEX journal_text ON journal (text)");
			statement.execute("PRAGMA synchronous=OFF");
			statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
			Instant now = begin;
			replica.begin(place.database(), now);
			int index = -1;
			long offset = 0;
			for (int i = 0; i < this.settings.segments(); i++) {
				if (i % SEGMENTS_OF_AN_INDEX == 0) {
					statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
					index++;
					offset = 0;
				}
				commit(statement, i);
				now = begin.plus(step.multipliedBy(i + 1L));
				byte[] wal = readFrom(place.wal(), offset);
				replica.ship(index, offset, wal, now);
				offset += wal.length;
			}
			replica.end(now);
			return now;
		}
	}

	private static byte[] readFrom(Path wal, long offset) throws IOException {
		try (RandomAccessFile file = new RandomAccessFile(wal.toFile(), "r")) {
			byte[] bytes = new byte[(int) (file.length() - offset)];
			file.seek(offset);
			file.readFully(bytes);
			return bytes;
		}
	}

	/** Three transactions; one of them writes garbage at two thirds of the day. */
	private void commit(Statement statement, int i) throws SQLException {
		int rows = this.settings.megabytes() * 1000;
		boolean bad = i == this.settings.segments() * 2L / 3;
		statement.execute("INSERT INTO journal (text) VALUES ('%s')".formatted(bad ? "garbage" : "entry " + i));
		statement.execute("UPDATE t SET v = randomblob(200) || substr(v, 201) WHERE id = 1 + abs(random()) %% %d"
			.formatted(rows));
		statement.execute("INSERT INTO journal (text) VALUES ('done %d')".formatted(i));
	}

	private static void measure(Workplace place, String what, Instant end, long snapshot) throws Exception {
		Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				"-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
				Benchmarks.mainClass(), "history-once", what, place.replica().toString(), place.directory().toString(),
				end.toString())
			.redirectError(ProcessBuilder.Redirect.INHERIT)
			.start();
		ProcessUsage usage = ProcessUsage.watch(process);
		String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
		if (process.waitFor() != 0) {
			throw new IOException("%s ended with status %d".formatted(what, process.exitValue()));
		}
		System.out.printf("%-11s %s; peak resident set %.0f MB, processor %.1f s; the snapshot has %d bytes%n", what,
				answer, usage.peakMegabytes(), usage.cpuSeconds(), snapshot);
	}

	/** What a process of its own does, and prints. */
	static void once(String[] arguments) throws Exception {
		Replica replica = new Replica("file", new FileStore(Path.of(arguments[1]), SystemDisk.ownerOnly()),
				Replica.Options.DEFAULTS);
		Path directory = Path.of(arguments[2]);
		Instant end = Instant.parse(arguments[3]);
		ReplicaHistory history = new ReplicaHistory("app", replica, LitestreamListener.NONE);
		long start = System.nanoTime();
		String answer = switch (arguments[0]) {
			case "log" -> log(history, end, directory, Detail.TRANSACTIONS);
			case "log-tables" -> log(history, end, directory, Detail.TABLES);
			case "bisect" -> bisect(history, directory);
			case "diff" -> diff(replica, directory, end);
			case "sqldiff" -> sqldiff(replica, directory, end);
			case "restore" -> restore(replica, directory);
			default -> restores(replica, directory, end);
		};
		System.out.printf("%.2f s: %s%n", (System.nanoTime() - start) / 1e9, answer);
	}

	private static String log(ReplicaHistory history, Instant end, Path directory, Detail detail) throws IOException {
		LogRequest request = new LogRequest(end.minus(Duration.ofHours(1)), null, null, Integer.MAX_VALUE, detail);
		HistoryLog log = history.log(request, directory, RestoreProgress.NONE);
		return "%d points of the last hour".formatted(log.points().size());
	}

	private static String bisect(ReplicaHistory history, Path directory) throws IOException {
		QueryOptions options = new QueryOptions(directory, Duration.ofMinutes(5), 10);
		BisectReport report = history.bisect(null, null, QUERY, options, RestoreProgress.NONE);
		if (report.after() == null) {
			throw new IOException("it was not found");
		}
		String transaction = (report.transaction() != null)
				? ", transaction %d of %d".formatted(report.transaction().number(), report.transaction().of()) : "";
		return "found at %s%s, %d queries, %d bytes fetched".formatted(report.after().time(), transaction,
				report.queries(), report.fetchedBytes());
	}

	/** The newest state, without a look at its content. */
	private static String restore(Replica replica, Path directory) throws IOException {
		Path output = directory.resolve("newest.db");
		RestoreReport report = new LitestreamRestore("app", List.of(replica), LitestreamListener.NONE)
			.restore(RestoreRequest.latest(output)
				.withOptions(RestoreOptions.DEFAULTS.withIntegrityCheck(IntegrityCheck.NONE).withoutChecksum()));
		Files.delete(output);
		return "%s with %d objects after its snapshot".formatted(report.position(), report.segments());
	}

	/** The last hour, with its statements. */
	private static String diff(Replica replica, Path directory, Instant end) throws IOException {
		Path script = directory.resolve("diff.sql");
		StatePair pair = new StatePair("app", replica, RestoreOptions.DEFAULTS, RestoreProgress.NONE);
		try (Writer out = Files.newBufferedWriter(script)) {
			DiffReport report = StateDiff
				.of(directory, pair.first(RestoreTarget.asOf(end.minus(Duration.ofHours(1)))),
						pair.second(RestoreTarget.asOf(end)), DiffOptions.SUMMARY.withScript(out))
				.report();
			return "%d rows differ".formatted(
					report.tables().stream().mapToLong((each) -> each.added() + each.removed() + each.changed()).sum());
		}
	}

	/** The same by two restores and SQLite's own program, where that is installed. */
	private static String sqldiff(Replica replica, Path directory, Instant end) throws Exception {
		LitestreamRestore restore = new LitestreamRestore("app", List.of(replica), LitestreamListener.NONE);
		RestoreOptions options = RestoreOptions.DEFAULTS.withIntegrityCheck(IntegrityCheck.NONE).withoutChecksum();
		List<Path> states = List.of(directory.resolve("before.db"), directory.resolve("after.db"));
		for (int i = 0; i < 2; i++) {
			Files.deleteIfExists(states.get(i)); // of the run before, in a place that is
													// kept
			restore.restore(RestoreRequest.latest(states.get(i))
				.withTarget(RestoreTarget.asOf(end.minus(Duration.ofHours(1L - i))))
				.withOptions(options));
		}
		Process process;
		try {
			process = new ProcessBuilder("sqldiff", states.get(0).toString(), states.get(1).toString())
				.redirectOutput(directory.resolve("sqldiff.sql").toFile())
				.start();
		}
		catch (IOException ex) {
			return "two restores; sqldiff is not installed";
		}
		return "two restores, and sqldiff, which ended with status %d".formatted(process.waitFor());
	}

	/** To the minute, by halving the day, with a whole restore each time. */
	private static String restores(Replica replica, Path directory, Instant end) throws Exception {
		LitestreamRestore restore = new LitestreamRestore("app", List.of(replica), LitestreamListener.NONE);
		RestoreOptions options = RestoreOptions.DEFAULTS.withIntegrityCheck(IntegrityCheck.NONE).withoutChecksum();
		Path output = directory.resolve("then.db");
		Instant low = end.minus(DAY).plusSeconds(60);
		Instant high = end;
		int restores = 0;
		while (Duration.between(low, high).toSeconds() > 60) {
			Instant middle = low.plus(Duration.between(low, high).dividedBy(2));
			restore.restore(RestoreRequest.latest(output).withTarget(RestoreTarget.asOf(middle)).withOptions(options));
			try (Connection connection = DriverManager
				.getConnection("jdbc:sqlite:file:%s?immutable=1".formatted(output));
					Statement statement = connection.createStatement()) {
				if (statement.executeQuery(QUERY).getInt(1) == 1) {
					high = middle;
				}
				else {
					low = middle;
				}
			}
			Files.delete(output);
			restores++;
		}
		return "found to the minute before %s with %d restores".formatted(high, restores);
	}

}
