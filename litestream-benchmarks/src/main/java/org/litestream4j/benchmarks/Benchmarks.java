package org.litestream4j.benchmarks;

import java.nio.file.Path;
import java.util.Arrays;

/**
 * Runs one of the benchmarks, or says which there are.
 */
public final class Benchmarks {

	private Benchmarks() {
	}

	public static void main(String[] arguments) throws Exception {
		String name = (arguments.length > 0) ? arguments[0] : "";
		if (name.equals("s3-restore-once")) {
			S3RestoreOnce.run(Arrays.copyOfRange(arguments, 1, arguments.length));
			return;
		}
		if (name.equals("s3-serve")) {
			S3ServerProcess.serve(Path.of(arguments[1]));
			return;
		}
		Settings settings = Settings
			.parse(Arrays.copyOfRange(arguments, Math.min(1, arguments.length), arguments.length));
		switch (name) {
			case "throughput" -> new ThroughputBenchmark(settings).run();
			case "starter" -> new StarterBenchmark(settings).run();
			case "latency" -> new LatencyBenchmark(settings).run();
			case "snapshot-restore" -> new SnapshotRestoreBenchmark(settings).run();
			case "s3-restore" -> new S3RestoreBenchmark(settings).run();
			case "memory" -> new MemoryBenchmark(settings).run();
			case "s3-memory" -> new MemoryBenchmark(settings).runWithS3();
			case "idle" -> new IdleBenchmark(settings).run();
			default -> {
				System.err.println(
						"usage: benchmarks throughput|starter|latency|snapshot-restore|s3-restore|memory|s3-memory|idle"
								+ " [rounds=5] [seconds=5] [megabytes=500] [segments=6600] [litestream=<real binary>] [directory=<where>]");
				System.exit(2);
			}
		}
	}

	/** This class, or that which starts it from a packaged jar. */
	static String mainClass() {
		boolean packaged = System.getProperty("java.class.path").endsWith("benchmarks.jar");
		return packaged ? "org.springframework.boot.loader.launch.JarLauncher" : Benchmarks.class.getName();
	}

}
