package org.litestream4j.benchmarks.workload;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * The real litestream, replicating the database beside the application.
 */
final class Sidecar implements AutoCloseable {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private final Process process;

	private Sidecar(Process process) {
		this.process = process;
	}

	/**
	 * Starts it, and waits for its first snapshot, which is no part of any measurement.
	 */
	static Sidecar start(Variant variant, Path binary, Path database, Path replica)
			throws IOException, InterruptedException {
		Process process = new ProcessBuilder(binary.toString(), "replicate", database.toString(), "file://" + replica)
			.redirectErrorStream(true)
			.redirectOutput(replica.resolveSibling("sidecar.log").toFile())
			.start();
		Sidecar sidecar = new Sidecar(process);
		String snapshot = (variant == Variant.V03) ? ".snapshot.lz4" : ".ltx";
		long start = System.nanoTime();
		while (!hasFile(replica, snapshot)) {
			if (!process.isAlive() || System.nanoTime() - start > PATIENCE.toNanos()) {
				String log = Files.readString(replica.resolveSibling("sidecar.log"));
				sidecar.close();
				throw new IOException("%s has made no snapshot: %s".formatted(variant.id(), log));
			}
			LockSupport.parkNanos(20_000_000);
		}
		return sidecar;
	}

	private static boolean hasFile(Path replica, String suffix) throws IOException {
		if (!Files.isDirectory(replica)) {
			return false;
		}
		try (Stream<Path> files = Files.walk(replica)) {
			return files.anyMatch((file) -> file.toString().endsWith(suffix));
		}
		catch (java.io.UncheckedIOException ex) {
			return false; // a file of its own that is gone again
		}
	}

	ProcessCounters counters() throws IOException {
		return ProcessCounters.of(this.process.pid());
	}

	@Override
	public void close() {
		this.process.destroyForcibly().onExit().join();
	}

}
