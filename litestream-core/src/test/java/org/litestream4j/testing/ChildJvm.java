package org.litestream4j.testing;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs a main class of the tests' class path in a JVM of its own, which a test may kill.
 */
public final class ChildJvm {

	private static final Duration PATIENCE = Duration.ofMinutes(2);

	private ChildJvm() {
	}

	/** Starts a main class. Its standard output is read line by line. */
	public static ChildProcess start(Class<?> mainClass, String... arguments) throws IOException {
		return start(List.of(), mainClass, arguments);
	}

	/**
	 * Starts a main class.
	 * @param jvmOptions for example {@code -Xmx128m}
	 */
	public static ChildProcess start(List<String> jvmOptions, Class<?> mainClass, String... arguments)
			throws IOException {
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		if (Runtime.version().feature() >= 24) {
			command.add("--enable-native-access=ALL-UNNAMED"); // else it warns
		}
		command.add("-Xshare:auto");
		command.addAll(jvmOptions);
		command.add(mainClass.getName());
		command.addAll(List.of(arguments));
		ProcessBuilder builder = new ProcessBuilder(command);
		// Not on the command line, which may be too short for it.
		builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
		return ChildProcess.start(mainClass.getSimpleName(), builder, PATIENCE);
	}

}
