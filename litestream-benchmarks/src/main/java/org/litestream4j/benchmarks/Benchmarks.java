package org.litestream4j.benchmarks;

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
		Settings settings = Settings
			.parse(Arrays.copyOfRange(arguments, Math.min(1, arguments.length), arguments.length));
		switch (name) {
			case "throughput" -> new ThroughputBenchmark(settings).run();
			case "starter" -> new StarterBenchmark(settings).run();
			case "latency" -> new LatencyBenchmark(settings).run();
			case "snapshot-restore" -> new SnapshotRestoreBenchmark(settings).run();
			case "s3-restore" -> new S3RestoreBenchmark(settings).run();
			case "memory" -> new MemoryBenchmark(settings).run();
			case "idle" -> new IdleBenchmark(settings).run();
			default -> {
				System.err
					.println("usage: benchmarks throughput|starter|latency|snapshot-restore|s3-restore|memory|idle"
							+ " [rounds=5] [seconds=5] [megabytes=500] [litestream=<real binary>] [directory=<where>]");
				System.exit(2);
			}
		}
	}

}
