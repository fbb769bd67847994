package org.litestream4j.stress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The long run:
 * {@code StressMain <first seed> <rounds> <seconds each> <directory> [mode]}, where mode
 * is {@code stop} (at the first failure), {@code snapshots} (the same, with snapshots
 * that take long) or {@code foreign} (the same, with other processes alone). Needs
 * {@code sqlite3} on the PATH and {@code LITESTREAM_BIN}. Keeps the directory of a round
 * that fails.
 */
public final class StressMain {

	private StressMain() {
	}

	public static void main(String[] arguments) throws Exception {
		long first = Long.parseLong(arguments[0]);
		int rounds = Integer.parseInt(arguments[1]);
		Duration duration = Duration.ofSeconds(Long.parseLong(arguments[2]));
		Path directory = Path.of(arguments[3]);
		String mode = (arguments.length > 4) ? arguments[4] : "";
		int failed = 0;
		for (long seed = first; seed < first + rounds; seed++) {
			Path own = directory.resolve("seed-" + seed);
			try {
				System.out.println(new StressRun(plan(seed, mode), own).run(duration));
				deleteAll(own);
			}
			catch (Exception | AssertionError ex) {
				failed++;
				System.out.println("FAILED seed " + seed);
				ex.printStackTrace(System.out);
				if (!mode.isEmpty()) {
					break;
				}
			}
		}
		System.out.printf("%d rounds, %d failed%n", rounds, failed);
		System.exit((failed == 0) ? 0 : 1);
	}

	private static StressPlan plan(long seed, String mode) {
		StressPlan plan = StressPlan.of(seed);
		return switch (mode) {
			case "snapshots" -> plan.withSlowSnapshots();
			case "foreign" -> plan.withoutWriters();
			default -> plan;
		};
	}

	static void deleteAll(Path directory) throws IOException {
		List<Path> paths;
		try (Stream<Path> found = Files.walk(directory)) {
			paths = found.sorted(Comparator.reverseOrder()).toList();
		}
		for (Path path : paths) {
			Files.delete(path);
		}
	}

}
