package org.litestream4j.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

import org.litestream4j.LeaseOptions;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.LitestreamRestore;
import org.litestream4j.Replica;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreRequest;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;

/**
 * What a deploy costs, each start in a JVM of its own, on a replica in a directory: a
 * restart with the same files, a new machine that starts after the old one has stopped,
 * and one that starts while the old one still serves, which stops as somebody waits. A
 * start lasts from the call that starts replication to the first statement's result; none
 * may upload a snapshot.
 */
final class DeploysBenchmark {

	/**
	 * How often to print what is known so far: many rounds with a large database last.
	 */
	private static final int ROUNDS_TO_PRINT = 10;

	private final Settings settings;

	private final Map<Kind, List<Double>> starts = new TreeMap<>();

	private final List<Double> outages = new ArrayList<>();

	private int machines;

	DeploysBenchmark(Settings settings) {
		this.settings = settings;
	}

	/** How the next one begins. */
	private enum Kind {

		RESTART, NEW_MACHINE, HANDOVER

	}

	void run() throws Exception {
		try (Workplace place = Workplace.in(this.settings.directory())) {
			Path first = machine(place);
			Files.createDirectories(first);
			new Workplace(first).fill(this.settings.megabytes());
			Started running = start(place, first);
			running.stop();
			Map<Path, Long> snapshots = snapshots(place);
			System.out.printf("database %d MB, first snapshot %.1f MB%n", this.settings.megabytes(),
					snapshots.values().stream().mapToLong(Long::longValue).sum() / 1e6);
			running = start(place, first);
			for (int round = 1; round <= this.settings.rounds(); round++) {
				for (Kind kind : Kind.values()) {
					running = deploy(place, kind, running);
				}
				if (round % ROUNDS_TO_PRINT == 0) {
					print(round, place, snapshots);
				}
			}
			running.stop();
			print(this.settings.rounds(), place, snapshots);
		}
	}

	private void print(int rounds, Workplace place, Map<Path, Long> first) throws IOException {
		Map<Path, Long> added = snapshots(place);
		added.keySet().removeAll(first.keySet());
		System.out.printf("%n%-50s %10s %10s%n", "%d rounds, start to first statement".formatted(rounds), "p50 ms",
				"max ms");
		this.starts.forEach((kind, millis) -> print(kind.toString(), millis));
		print("HANDOVER: old one's last to new one's first", this.outages);
		System.out.printf("%nsnapshots uploaded after the first: %d, %d bytes%n", added.size(),
				added.values().stream().mapToLong(Long::longValue).sum());
	}

	private static void print(String name, List<Double> millis) {
		double[] sorted = millis.stream().mapToDouble(Double::doubleValue).sorted().toArray();
		System.out.printf("%-50s %10.0f %10.0f%n", name, Figures.median(sorted), sorted[sorted.length - 1]);
	}

	private Started deploy(Workplace place, Kind kind, Started running) throws Exception {
		Started next;
		if (kind == Kind.HANDOVER) {
			next = start(place, machine(place));
			running.awaitEnd();
			this.outages.add((double) next.servedAt - running.endedAt);
		}
		else {
			running.stop();
			next = start(place, (kind == Kind.RESTART) ? running.machine : machine(place));
		}
		this.starts.computeIfAbsent(kind, (unused) -> new ArrayList<>()).add(next.millis);
		if (!next.machine.equals(running.machine)) {
			new Workplace(running.machine).close();
		}
		return next;
	}

	private Path machine(Workplace place) {
		return place.directory().resolve("machine-" + this.machines++);
	}

	private static Map<Path, Long> snapshots(Workplace place) throws IOException {
		Map<Path, Long> found = new TreeMap<>();
		try (Stream<Path> files = Files.walk(place.replica())) {
			for (Path file : files.filter((each) -> each.toString().endsWith(".snapshot.lz4")).toList()) {
				found.put(file, Files.size(file));
			}
		}
		return found;
	}

	private static Started start(Workplace place, Path machine) throws Exception {
		Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				"-Xmx256m", "-cp", System.getProperty("java.class.path"), Benchmarks.mainClass(), "deploys-once",
				machine.toString(), place.replica().toString())
			.redirectError(ProcessBuilder.Redirect.INHERIT)
			.start();
		return new Started(process, machine);
	}

	/** An application that serves. */
	private static final class Started {

		private final Process process;

		private final Path machine;

		private final BufferedReader lines;

		/** From its start to the first statement. */
		private final double millis;

		private final long servedAt;

		private long endedAt;

		Started(Process process, Path machine) throws IOException {
			this.process = process;
			this.machine = machine;
			this.lines = process.inputReader();
			String[] served = line("served");
			this.millis = Double.parseDouble(served[1]);
			this.servedAt = Long.parseLong(served[2]);
		}

		private String[] line(String wanted) throws IOException {
			for (String line = this.lines.readLine(); line != null; line = this.lines.readLine()) {
				if (line.startsWith(wanted)) {
					return line.split(" ");
				}
			}
			throw new IOException("the application on %s has ended".formatted(this.machine));
		}

		void stop() throws IOException, InterruptedException {
			this.process.outputWriter().close();
			awaitEnd();
		}

		void awaitEnd() throws IOException, InterruptedException {
			this.endedAt = Long.parseLong(line("ended")[1]);
			this.process.waitFor();
		}

	}

	/**
	 * The application: serves until its standard input ends, or somebody waits for its
	 * replica.
	 * @param arguments the machine's directory, and the replica
	 */
	static void once(String[] arguments) throws Exception {
		Path machine = Files.createDirectories(Path.of(arguments[0]));
		Path database = machine.resolve("app.db");
		List<Replica> replicas = List.of(new Replica("file",
				new FileStore(Path.of(arguments[1]), SystemDisk.ownerOnly()), Replica.Options.DEFAULTS));
		CountDownLatch end = new CountDownLatch(1);
		LitestreamListener listener = new LitestreamListener() {

			@Override
			public void replicaWanted(String name, String replica, String by) {
				end.countDown();
			}

		};
		LitestreamOptions options = LitestreamOptions.builder(database)
			.lease(new LeaseOptions(true, LeaseOptions.DEFAULTS.duration(), Duration.ofMinutes(5)))
			.build();
		long start = System.nanoTime();
		LitestreamDatabase litestream = LitestreamDatabase.start(options, replicas, listener,
				() -> new LitestreamRestore(options.name(), replicas, listener)
					.restoreIfMissing(RestoreRequest.latest(database), RestoreProgress.NONE));
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
			query(connection);
			System.out.printf("served %.3f %d%n", (System.nanoTime() - start) / 1e6, System.currentTimeMillis());
			Workplace.execute(connection, "PRAGMA synchronous=NORMAL");
			Workplace.execute(connection, "INSERT INTO t (v) VALUES (randomblob(500))");
			litestream.changed();
			litestream.sync(Workplace.PATIENCE);
			Thread input = new Thread(() -> awaitInputEnds(end), "input");
			input.setDaemon(true);
			input.start();
			end.await();
			query(connection);
		}
		long last = System.currentTimeMillis();
		litestream.close();
		System.out.println("ended " + last);
		System.exit(0);
	}

	private static void awaitInputEnds(CountDownLatch end) {
		try {
			System.in.readAllBytes();
		}
		catch (IOException ex) {
			// whoever started it is gone
		}
		end.countDown();
	}

	private static void query(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.executeQuery("SELECT max(id) FROM t").close();
		}
	}

}
