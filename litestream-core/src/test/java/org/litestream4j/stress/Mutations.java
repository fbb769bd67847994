package org.litestream4j.stress;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.litestream4j.stress.NegativeControls.Fault;

/**
 * Shows that the tests notice what they are there for: changes the engine's source in one
 * place, compiles it, and runs the test classes that are to notice it. The changes are in
 * {@code mutations.txt}; a fault's mode is here the names of test classes.
 */
final class Mutations {

	private static final Path LIST = Path.of("src/test/resources/mutations.txt");

	/** As the console lists what has failed: the engine, the class, the method. */
	private static final Pattern FAILED = Pattern.compile("^ +JUnit Jupiter:\\w+:(\\w+)");

	private Mutations() {
	}

	/** All of them. */
	static List<Fault> all() throws IOException {
		List<Fault> faults = new ArrayList<>();
		for (String block : Files.readString(LIST).split("\n{2,}")) {
			List<String> lines = block.lines().filter((line) -> !line.startsWith("#")).toList();
			if (!lines.isEmpty()) {
				faults.add(new Fault(lines.get(0), only(lines, "in "), only(lines, "- "), only(lines, "+ "),
						only(lines, "by ")));
			}
		}
		return faults;
	}

	private static String only(List<String> lines, String prefix) {
		return String.join("\n",
				lines.stream()
					.skip(1)
					.filter((line) -> line.startsWith(prefix))
					.map((line) -> line.substring(prefix.length()))
					.toList());
	}

	/** The first test that notices it; empty if none does. */
	private static String noticedBy(Fault fault, Path directory) throws IOException, InterruptedException {
		Path classes = NegativeControls.compile(fault, directory.resolve("classes"));
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx1g",
						"-XX:TieredStopAtLevel=1", "org.junit.platform.console.ConsoleLauncher", "execute",
						"--include-classname=.*", "--details=tree", "--disable-banner", "--disable-ansi-colors"));
		Arrays.stream(fault.mode().split(" "))
			.forEach((test) -> command.add("--select-class=org.litestream4j." + test));
		Path printed = directory.resolve("printed.txt");
		ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(printed.toFile());
		builder.environment().put("CLASSPATH", classes + ":" + System.getProperty("java.class.path"));
		Process process = builder.start();
		if (!process.waitFor(3, TimeUnit.MINUTES)) {
			process.destroyForcibly();
			return "they do not end";
		}
		if (process.exitValue() == 0) {
			return "";
		}
		return Files.readString(printed, StandardCharsets.UTF_8)
			.lines()
			.map(FAILED::matcher)
			.filter(Matcher::find)
			.map((matcher) -> matcher.group(1))
			.findFirst()
			.orElseThrow(() -> new AssertionError("%s: the tests did not run, see %s".formatted(fault, printed)));
	}

	/**
	 * {@code Mutations <directory> [part of a name]}, in the module's directory, with the
	 * JUnit console on the class path. Prints a table; ends with 1 if one was not
	 * noticed.
	 */
	public static void main(String[] arguments) throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(2);
		List<Fault> faults = all().stream()
			.filter((fault) -> arguments.length < 2 || fault.name().contains(arguments[1]))
			.toList();
		List<Future<String>> answers = new ArrayList<>();
		for (Fault fault : faults) {
			Path directory = Path.of(arguments[0]).toAbsolutePath().resolve(fault.name().replace(' ', '-'));
			answers.add(threads.submit(() -> noticedBy(fault, directory)));
		}
		int missed = 0;
		for (int i = 0; i < faults.size(); i++) {
			String answer = answers.get(i).get();
			missed += answer.isEmpty() ? 1 : 0;
			System.out.printf("| %s | %s |%n", faults.get(i), answer.isEmpty() ? "NOTHING" : "`" + answer + "`");
		}
		threads.shutdown();
		System.exit((missed == 0) ? 0 : 1);
	}

}
