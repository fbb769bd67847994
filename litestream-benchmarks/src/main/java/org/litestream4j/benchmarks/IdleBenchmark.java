package org.litestream4j.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import com.sun.management.OperatingSystemMXBean;

import org.litestream4j.LitestreamDatabase;

/**
 * What an idle database costs: which files change, and how much processor time is used.
 */
final class IdleBenchmark {

	private final Settings settings;

	IdleBenchmark(Settings settings) {
		this.settings = settings;
	}

	void run() throws Exception {
		OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
		try (Workplace place = Workplace.in(this.settings.directory());
				LitestreamDatabase litestream = place.replicate();
				Connection connection = place.connect(0)) {
			Workplace.execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
			litestream.sync(Workplace.PATIENCE);
			Thread.sleep(3000); // what the last commit caused has ended
			Map<Path, String> before = files(place.directory());
			long processor = system.getProcessCpuTime();
			long start = System.nanoTime();
			Thread.sleep(this.settings.seconds() * 1000L);
			double share = (system.getProcessCpuTime() - processor) * 100.0 / (System.nanoTime() - start);
			Map<Path, String> after = files(place.directory());
			System.out.printf("idle for %d s: %s, processor time %.3f %% of one core%n", this.settings.seconds(),
					before.equals(after) ? "no file changed" : "FILES CHANGED", share);
			before.keySet().retainAll(after.keySet());
			after.forEach((file, state) -> {
				if (!state.equals(before.get(file))) {
					System.out.println("changed: " + file + " " + before.get(file) + " -> " + state);
				}
			});
		}
	}

	private static Map<Path, String> files(Path directory) throws IOException {
		Map<Path, String> found = new TreeMap<>();
		try (Stream<Path> files = Files.walk(directory)) {
			for (Path file : files.toList()) {
				found.put(file, Files.size(file) + " bytes, " + Files.getLastModifiedTime(file));
			}
		}
		return found;
	}

}
