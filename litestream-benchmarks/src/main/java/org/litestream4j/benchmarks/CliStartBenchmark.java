package org.litestream4j.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How long the packaged command line takes from the call of {@code java -jar} to its end,
 * with this JVM's JDK: without an option for the JVM, and with an archive of what it has
 * loaded before. The first of eleven runs does not count.
 */
final class CliStartBenchmark {

	private static final int RUNS = 11;

	private final Path jar;

	private final Path java = Path.of(System.getProperty("java.home"), "bin", "java");

	CliStartBenchmark(Path jar) {
		this.jar = jar;
	}

	void run() throws Exception {
		Path directory = Files.createTempDirectory("litestream-cli-start");
		Path archive = directory.resolve("cli.jsa");
		String url = Files.createDirectory(directory.resolve("replica")).toUri().toString();
		try {
			run(List.of("-XX:ArchiveClassesAtExit=" + archive), List.of("status", url));
			for (List<String> options : List.of(List.<String>of(), List.of("-XX:SharedArchiveFile=" + archive))) {
				for (List<String> arguments : List.of(List.of("-version"), List.of("-help"), List.of("status", url))) {
					long[] millis = new long[RUNS];
					for (int i = 0; i < RUNS; i++) {
						millis[i] = run(options, arguments);
					}
					long[] counted = Arrays.copyOfRange(millis, 1, RUNS);
					Arrays.sort(counted);
					System.out.printf("%-8s %s: median %d ms, %d to %d ms%n", arguments.get(0),
							options.isEmpty() ? "no option" : "an archive", counted[counted.length / 2], counted[0],
							counted[counted.length - 1]);
				}
			}
		}
		finally {
			Files.deleteIfExists(archive);
			Files.delete(directory.resolve("replica"));
			Files.delete(directory);
		}
	}

	private long run(List<String> options, List<String> arguments) throws IOException, InterruptedException {
		List<String> command = new ArrayList<>(List.of(this.java.toString()));
		command.addAll(options);
		command.addAll(List.of("-jar", this.jar.toString()));
		command.addAll(arguments);
		long start = System.nanoTime();
		new ProcessBuilder(command).redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start()
			.waitFor();
		return (System.nanoTime() - start) / 1_000_000;
	}

}
