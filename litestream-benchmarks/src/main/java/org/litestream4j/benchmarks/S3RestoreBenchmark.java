package org.litestream4j.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.Replica;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.replica.FileReplicaClient;
import org.litestream4j.restore.RestoreOptions;

/**
 * The restore of a database with very many segments from S3: ours, in a JVM of its own,
 * and the real litestream's, from the same server with the same delay before each answer.
 */
final class S3RestoreBenchmark {

	private static final String BUCKET = "bench";

	private static final String PATH = "app";

	/* The server verifies no signature, but both programs make one. */
	private static final String ACCESS_KEY_ID = "AKIABENCHBENCHBENCHB";

	private static final String SECRET_ACCESS_KEY = "benchmark";

	private static final int INDEXES = 39;

	/** For a process that does nothing but restore. */
	private static final List<String> SMALL = List.of("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

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
			Path objects = place.folder().resolve("objects");
			String replica = write(place, objects.resolve(PATH));
			// What writing has left is not to be collected while others are measured
			System.gc();
			try (ReadOnlyS3 server = ReadOnlyS3.start(objects, LATENCY)) {
				measureAll(place, server);
			}
			String title = "Restore from S3, %d MB, %s, %d ms before each answer".formatted(this.settings.megabytes(),
					replica, LATENCY.toMillis());
			this.seconds.print(title);
			this.cpu.print("Its processor time");
			this.serverCpu.print("The server's processor time meanwhile");
			this.memory.print("Its peak memory (resident set)");
		}
	}

	private void measureAll(Workplace place, ReadOnlyS3 server) throws Exception {
		for (int round = 0; round < this.settings.rounds(); round++) {
			Path first = place.folder().resolve("first.db");
			List<Step> steps = List.of((output) -> measureReal(server, output),
					(output) -> measureOurs(server, output, SMALL), (output) -> measureOurs(server, output, List.of()));
			for (int i = 0; i < steps.size(); i++) {
				Path output = place.folder().resolve("restored.db");
				steps.get((round + i) % steps.size()).run(output);
				requireEqual(first, output);
			}
			Files.deleteIfExists(first);
		}
	}

	/** Writes a replica of many segments; says what it holds. */
	private String write(Workplace place, Path folder) throws Exception {
		place.fill(this.settings.megabytes());
		LitestreamOptions all = LitestreamOptions.of(place.database());
		// A firm checkpoint, and so the next index, begins at up to 3/4 of the limit
		int pagesPerIndex = 3 * this.settings.segments() / INDEXES;
		int limit = pagesPerIndex * 10 / 7;
		LitestreamOptions options = new LitestreamOptions(all.name(), all.database(), all.metaDirectory(),
				all.monitorInterval(), Duration.ofHours(1), limit, limit, all.truncatePageCount(), all.busyTimeout(),
				all.shutdownSyncTimeout(), all.maxShadowWalSize(), all.minFreeSpace(), all.restore(),
				all.creationPragmas());
		Replica replica = new Replica("file", new FileReplicaClient(folder, SystemDisk.ownerOnly()),
				new Replica.Options(Duration.ofNanos(1), Duration.ofHours(24), Duration.ofHours(24),
						Duration.ofHours(24), null));
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

	private void measureOurs(ReadOnlyS3 server, Path output, List<String> flags) throws Exception {
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		command.addAll(flags);
		command.addAll(List.of("-cp", System.getProperty("java.class.path"), Benchmarks.mainClass(), "s3-restore-once",
				"endpoint=http://127.0.0.1:" + server.port(), "bucket=" + BUCKET, "path=" + PATH, "output=" + output,
				"parallelism=" + RestoreOptions.DEFAULTS.parallelism()));
		ProcessBuilder builder = new ProcessBuilder(command);
		builder.environment()
			.putAll(Map.of("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID, "AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY));
		measure("litestream-core, " + (flags.isEmpty() ? "no flags" : String.join(" ", flags)), builder);
	}

	private void measure(String name, ProcessBuilder builder) throws Exception {
		double serverStart = ProcessUsage.ownCpuSeconds();
		long start = System.nanoTime();
		Process process = builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
		ProcessUsage usage = ProcessUsage.watch(process);
		if (process.waitFor() != 0) {
			throw new IOException("%s ended with status %d".formatted(name, process.exitValue()));
		}
		this.seconds.add(name, (System.nanoTime() - start) / 1e9);
		this.memory.add(name, usage.peakMegabytes());
		this.cpu.add(name, usage.cpuSeconds());
		this.serverCpu.add(name, ProcessUsage.ownCpuSeconds() - serverStart);
	}

}
