package org.litestream4j.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.Replica;
import org.litestream4j.RestoreOptions;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;

/**
 * The restore of a database with very many segments from S3: ours, in a JVM of its own,
 * and the real litestream's, from the same server with the same delay before each answer.
 * Ours is the packaged command line if that is given, as users call it; if not, a class
 * of the benchmark's, which the loader of its jar starts more slowly.
 */
final class S3RestoreBenchmark {

	private static final String BUCKET = "bench";

	private static final String PATH = "app";

	private static final String LTX_PATH = "ltx-app";

	/* The server verifies no signature, but both programs make one. */
	private static final String ACCESS_KEY_ID = "AKIABENCHBENCHBENCHB";

	private static final String SECRET_ACCESS_KEY = "benchmark";

	private static final int INDEXES = 39;

	/** For a process that does nothing but restore. */
	private static final List<String> SMALL = List.of("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

	/** For LTX, of which a restore keeps less in memory. */
	private static final List<String> SMALLER = List.of("-Xmx24m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

	private static final Duration LATENCY = Duration.ofMillis(20);

	private final Settings settings;

	private final Figures seconds = new Figures("s");

	private final Figures memory = new Figures("MB");

	private final Figures cpu = new Figures("s");

	private final Figures serverCpu = new Figures("s");

	S3RestoreBenchmark(Settings settings) {
		this.settings = settings;
	}

	void run() throws Exception {
		try (Workplace place = Workplace.in(this.settings.directory())) {
			boolean ltx = this.settings.format().equals("ltx");
			Path objects = this.settings.place().orElse(place.directory()).resolve("objects");
			String replica = kept(objects, place, ltx);
			// What writing has left is not to be collected while others are measured
			System.gc();
			try (ReadOnlyS3 server = ReadOnlyS3.start(objects, LATENCY)) {
				measureAll(place, steps(server, place, ltx));
			}
			String title = "Restore from S3, %d MB, %s, %d ms before each answer".formatted(this.settings.megabytes(),
					replica, LATENCY.toMillis());
			this.seconds.print(title);
			this.cpu.print("Its processor time");
			this.serverCpu.print("The server's processor time meanwhile");
			this.memory.print("Its peak memory (resident set)");
		}
	}

	/** What was written before, or is now; says what it holds. */
	private String kept(Path objects, Workplace place, boolean ltx) throws Exception {
		Path description = objects.resolveSibling("replica-%s.txt".formatted(this.settings.format()));
		if (Files.exists(description)) {
			return Files.readString(description);
		}
		String replica = write(place, objects.resolve(PATH));
		if (ltx) {
			replica += ", " + writeLtx(place, objects.resolve(LTX_PATH));
		}
		Files.writeString(description, replica);
		return replica;
	}

	private List<Step> steps(ReadOnlyS3 server, Workplace place, boolean ltx) throws Exception {
		List<Step> steps = new ArrayList<>();
		steps.add((output) -> measureReal(server, output));
		if (!ltx) {
			steps.add((output) -> measureOurs(server, PATH, output, SMALL));
			steps.add((output) -> measureOurs(server, PATH, output, List.of()));
			return steps;
		}
		steps.add((output) -> measureReal5(server, output));
		steps.add((output) -> measureOurs(server, LTX_PATH, output, SMALLER));
		steps.add((output) -> measureOurs(server, LTX_PATH, output, SMALL));
		steps.add((output) -> measureOurs(server, LTX_PATH, output, List.of()));
		if (this.settings.cli().isPresent()) {
			Path archive = place.directory().resolve("cli.jsa");
			Path output = place.directory().resolve("archived.db");
			run(ours(server, LTX_PATH, output, with(SMALLER, "-XX:ArchiveClassesAtExit=" + archive)));
			Files.delete(output);
			steps.add((restored) -> measureOurs(server, LTX_PATH, restored,
					with(SMALLER, "-XX:SharedArchiveFile=" + archive)));
		}
		return steps;
	}

	private static List<String> with(List<String> flags, String more) {
		List<String> all = new ArrayList<>(flags);
		all.add(more);
		return all;
	}

	/** The same database as the other replica begins with. */
	private String writeLtx(Workplace place, Path directory) throws Exception {
		try (Connection connection = place.connect(0); Statement statement = connection.createStatement()) {
			statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
		}
		return new LtxHistory(directory, place.database()).write(this.settings.segments());
	}

	private void measureAll(Workplace place, List<Step> steps) throws Exception {
		for (int round = 0; round < this.settings.rounds(); round++) {
			Path first = place.directory().resolve("first.db");
			Path firstLtx = place.directory().resolve("first-ltx.db");
			for (int i = 0; i < steps.size(); i++) {
				Path output = place.directory().resolve("restored.db");
				int index = (round + i) % steps.size();
				steps.get(index).run(output);
				boolean ofLtx = this.settings.format().equals("ltx") && index > 0;
				requireEqual(ofLtx ? firstLtx : first, output);
			}
			Files.deleteIfExists(first);
			Files.deleteIfExists(firstLtx);
		}
	}

	/** Writes a replica of many segments; says what it holds. */
	private String write(Workplace place, Path directory) throws Exception {
		place.fill(this.settings.megabytes());
		LitestreamOptions all = LitestreamOptions.of(place.database());
		// A firm checkpoint, and so the next index, begins at up to 3/4 of the limit
		int pagesPerIndex = 3 * this.settings.segments() / INDEXES;
		int limit = pagesPerIndex * 10 / 7;
		LitestreamOptions options = all.toBuilder()
			.checkpointInterval(Duration.ofHours(1))
			.minCheckpointPageCount(limit)
			.maxCheckpointPageCount(limit)
			.build();
		Replica replica = new Replica("file", new FileStore(directory, SystemDisk.ownerOnly()),
				Replica.Options.builder()
					.syncInterval(Duration.ofNanos(1))
					.retentionCheckInterval(Duration.ofHours(24))
					.build());
		Random random = new Random(42);
		WrittenReplica written = new WrittenReplica();
		try (LitestreamDatabase litestream = LitestreamDatabase.start(options, List.of(replica),
				LitestreamListener.NONE); Connection connection = place.connect(0)) {
			litestream.sync(Workplace.PATIENCE);
			try (PreparedStatement update = connection
				.prepareStatement("UPDATE t SET v = randomblob(500) || zeroblob(480) WHERE id = ?")) {
				while (written.segments < this.settings.segments() || written.lastIndex + 1 < INDEXES) {
					for (int i = 0; i < 3; i++) {
						update.setInt(1, 1 + random.nextInt(this.settings.megabytes() * 1000));
						update.executeUpdate();
					}
					written.lastIndex = litestream.sync(Workplace.PATIENCE).index();
					written.segments++;
				}
			}
		}
		return "about %d segments over %d WAL indexes".formatted(written.segments, written.lastIndex + 1);
	}

	private static final class WrittenReplica {

		private int segments;

		private int lastIndex;

	}

	private interface Step {

		void run(Path output) throws Exception;

	}

	/** Each restore makes the same file as the first one. */
	private static void requireEqual(Path first, Path output) throws IOException {
		if (!Files.exists(output)) {
			return; // there is no real litestream
		}
		if (Files.exists(first)) {
			if (Files.mismatch(first, output) >= 0) {
				throw new IOException("the restored files differ");
			}
			Files.delete(output);
		}
		else {
			Files.move(output, first);
		}
	}

	private void measureReal(ReadOnlyS3 server, Path output) throws Exception {
		if (this.settings.litestream().isEmpty()) {
			return;
		}
		String url = "s3://%s.localhost:%d/%s".formatted(BUCKET, server.port(), PATH);
		ProcessBuilder builder = new ProcessBuilder(this.settings.litestream().get().toString(), "restore", "-o",
				output.toString(), url);
		builder.environment().put("LITESTREAM_ACCESS_KEY_ID", ACCESS_KEY_ID);
		builder.environment().put("LITESTREAM_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY);
		measure("litestream v0.3.13", builder);
	}

	private void measureReal5(ReadOnlyS3 server, Path output) throws Exception {
		if (this.settings.litestream5().isEmpty()) {
			return;
		}
		String url = "s3://%s/%s?endpoint=http://127.0.0.1:%d&force-path-style=true&region=us-east-1".formatted(BUCKET,
				LTX_PATH, server.port());
		ProcessBuilder builder = new ProcessBuilder(this.settings.litestream5().get().toString(), "restore", "-o",
				output.toString(), url);
		builder.environment().put("LITESTREAM_ACCESS_KEY_ID", ACCESS_KEY_ID);
		builder.environment().put("LITESTREAM_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY);
		builder.environment().remove("AWS_CA_BUNDLE"); // with one it refuses to start
		measure("litestream v0.5.17, LTX", builder);
	}

	private void measureOurs(ReadOnlyS3 server, String path, Path output, List<String> flags) throws Exception {
		String name = this.settings.cli().isPresent() ? "litestream-cli.jar, " : "litestream-core, ";
		String all = String.join(" ", flags).replaceAll("=/\\S*/", "=");
		measure(name + (path.equals(LTX_PATH) ? "LTX, " : "") + (flags.isEmpty() ? "no flags" : all),
				ours(server, path, output, flags));
	}

	private ProcessBuilder ours(ReadOnlyS3 server, String path, Path output, List<String> flags) {
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		command.addAll(flags);
		String endpoint = "http://127.0.0.1:" + server.port();
		if (this.settings.cli().isPresent()) {
			command.addAll(List.of("-jar", this.settings.cli().get().toString(), "restore", "-integrity-check", "none",
					"-endpoint", endpoint, "-o", output.toString(), "s3://%s/%s".formatted(BUCKET, path)));
		}
		else {
			command.addAll(List.of("-cp", System.getProperty("java.class.path"), Benchmarks.mainClass(),
					"s3-restore-once", "endpoint=" + endpoint, "bucket=" + BUCKET, "path=" + path, "output=" + output,
					"parallelism=" + RestoreOptions.DEFAULTS.parallelism()));
		}
		ProcessBuilder builder = new ProcessBuilder(command);
		builder.environment()
			.putAll(Map.of("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID, "AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY));
		return builder;
	}

	/** Not measured. */
	private static void run(ProcessBuilder builder) throws Exception {
		int status = builder.redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start()
			.waitFor();
		if (status != 0) {
			throw new IOException("it ended with status " + status);
		}
	}

	private void measure(String name, ProcessBuilder builder) throws Exception {
		Path log = Files.createTempFile(this.settings.directory(), "restore", ".log");
		double serverStart = ProcessUsage.ownCpuSeconds();
		long start = System.nanoTime();
		Process process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
		ProcessUsage usage = ProcessUsage.watch(process);
		if (process.waitFor() != 0) {
			throw new IOException(
					"%s ended with status %d: %s".formatted(name, process.exitValue(), Files.readString(log)));
		}
		this.seconds.add(name, (System.nanoTime() - start) / 1e9);
		this.memory.add(name, usage.peakMegabytes());
		this.cpu.add(name, usage.cpuSeconds());
		this.serverCpu.add(name, ProcessUsage.ownCpuSeconds() - serverStart);
	}

}
