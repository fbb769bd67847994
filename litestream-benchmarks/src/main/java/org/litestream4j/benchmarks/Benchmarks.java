package org.litestream4j.benchmarks;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;

import org.litestream4j.benchmarks.jmh.JmhBenchmarks;
import org.litestream4j.benchmarks.workload.WorkloadBenchmark;

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
		if (name.equals("deploys-once")) {
			DeploysBenchmark.once(Arrays.copyOfRange(arguments, 1, arguments.length));
			return;
		}
		if (name.equals("history-once")) {
			HistoryBenchmark.once(Arrays.copyOfRange(arguments, 1, arguments.length));
			return;
		}
		if (name.equals("jmh")) {
			JmhBenchmarks.run(Arrays.copyOfRange(arguments, 1, arguments.length), isPackaged());
			return;
		}
		if (name.equals("workload")) {
			WorkloadBenchmark.run(Arrays.copyOfRange(arguments, 1, arguments.length));
			return;
		}
		if (name.equals("workload-application")) {
			WorkloadBenchmark.serve();
			return;
		}
		if (name.equals("cli-start") && arguments.length == 2) {
			new CliStartBenchmark(Path.of(arguments[1])).run();
			return;
		}
		if (name.equals("s3-serve")) {
			S3ServerProcess.serve(Path.of(arguments[1]), Duration.parse(arguments[2]));
			return;
		}
		if (name.equals("sftp") && arguments.length > 1) {
			SftpBenchmark.run(Arrays.copyOfRange(arguments, 1, arguments.length));
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
			case "tenants" -> new TenantsBenchmark(settings).run();
			case "replicated-commit" -> new ReplicatedCommitBenchmark(settings).run();
			case "deploys" -> new DeploysBenchmark(settings).run();
			case "fencing" -> new FencingBenchmark(settings).run();
			case "local-writes" -> new LocalWritesBenchmark(settings).run();
			case "idle" -> new IdleBenchmark(settings).run();
			case "history" -> new HistoryBenchmark(settings).run();
			case "lock-page" -> new LockPageCheck(settings).run();
			default -> {
				System.err.println(
						"usage: benchmarks throughput|starter|latency|snapshot-restore|s3-restore|memory|s3-memory|idle|tenants|replicated-commit|deploys|fencing|local-writes|history|lock-page"
								+ " [rounds=5] [seconds=5] [megabytes=500] [segments=6600] [commits=1000] [databases=1,100,1000] [stores=directory,s3] [threads=1,8,64]"
								+ " [litestream=<real binary>] [cli=litestream-cli.jar] [directory=<where>]\n"
								+ "or: benchmarks cli-start litestream-cli.jar\n"
								+ "or: benchmarks sftp sftp://user@host/directory [megabytes=200] [private-key=<file> and other properties]\n"
								+ "or: benchmarks jmh [JMH's arguments, as -prof gc]\n"
								+ "or: benchmarks workload [kinds=inserts,updates,mixed,large] [threads=1,4,16] [synchronous=NORMAL,FULL] [with=none,starter,v0.3.13,v0.5.17]"
								+ " [rounds=3] [seconds=5] [warm-up=1] [megabytes=1000] [json=<file>] [svg=<file>] [litestream=<v0.3.13>] [litestream5=<v0.5.17>] [directory=<where>]");
				System.exit(2);
			}
		}
	}

	/** This class, or that which starts it from a packaged jar. */
	public static String mainClass() {
		return isPackaged() ? "org.springframework.boot.loader.launch.JarLauncher" : Benchmarks.class.getName();
	}

	private static boolean isPackaged() {
		return System.getProperty("java.class.path").endsWith("benchmarks.jar");
	}

}
