package org.litestream4j.stress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The long run: {@code StressMain <first seed> <rounds> <seconds each> <folder> [stop]}.
 * Needs {@code sqlite3} on the PATH and {@code LITESTREAM_BIN}. Keeps the folder of a
 * round that fails.
 */
public final class StressMain {

	private StressMain() {
	}

	public static void main(String[] arguments) throws Exception {
		long first = Long.parseLong(arguments[0]);
		int rounds = Integer.parseInt(arguments[1]);
		Duration duration = Duration.ofSeconds(Long.parseLong(arguments[2]));
		Path folder = Path.of(arguments[3]);
		int failed = 0;
		for (long seed = first; seed < first + rounds; seed++) {
			Path own = folder.resolve("seed-" + seed);
			try {
				System.out.println(new StressRun(StressPlan.of(seed), own).run(duration));
				deleteAll(own);
			}
			catch (Exception | AssertionError ex) {
				failed++;
				System.out.println("FAILED seed " + seed);
				ex.printStackTrace(System.out);
				if (arguments.length > 4) {
					break;
				}
			}
		}
		System.out.printf("%d rounds, %d failed%n", rounds, failed);
		System.exit((failed == 0) ? 0 : 1);
	}

	static void deleteAll(Path folder) throws IOException {
		List<Path> paths;
		try (Stream<Path> found = Files.walk(folder)) {
			paths = found.sorted(Comparator.reverseOrder()).toList();
		}
		for (Path path : paths) {
			Files.delete(path);
		}
	}

}
