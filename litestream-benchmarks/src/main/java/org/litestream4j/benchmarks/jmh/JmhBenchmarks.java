package org.litestream4j.benchmarks.jmh;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;

/**
 * Runs JMH with its own arguments. It starts other JVMs by the class path, which must not
 * be a jar of jars then, so that one is unpacked first.
 */
public final class JmhBenchmarks {

	private static final String LIBRARIES = "BOOT-INF/lib/";

	private static final String CLASSES = "BOOT-INF/classes/";

	private JmhBenchmarks() {
	}

	/** Runs what the arguments ask for, as {@code -prof gc}. */
	public static void run(String[] arguments, boolean packaged)
			throws IOException, RunnerException, CommandLineOptionException {
		CommandLineOptions options = new CommandLineOptions(arguments);
		if (!packaged) {
			new Runner(options).run();
			return;
		}
		Path directory = Files.createTempDirectory("litestream-jmh-");
		try {
			System.setProperty("java.class.path", unpack(Path.of(System.getProperty("java.class.path")), directory));
			new Runner(options).run();
		}
		finally {
			try (Stream<Path> files = Files.walk(directory)) {
				for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
					Files.deleteIfExists(file);
				}
			}
		}
	}

	/**
	 * {@return the class path of what was unpacked}
	 */
	private static String unpack(Path jar, Path directory) throws IOException {
		List<String> paths = new ArrayList<>(List.of(directory.resolve(CLASSES).toString()));
		try (JarFile file = new JarFile(jar.toFile())) {
			for (JarEntry entry : file.stream().filter((each) -> !each.isDirectory()).toList()) {
				Path target = directory.resolve(entry.getName()).normalize();
				boolean wanted = entry.getName().startsWith(LIBRARIES) || entry.getName().startsWith(CLASSES);
				if (wanted && target.startsWith(directory)) {
					Files.createDirectories(directory.resolve(target).getParent());
					try (InputStream content = file.getInputStream(entry)) {
						Files.copy(content, target);
					}
					if (entry.getName().startsWith(LIBRARIES)) {
						paths.add(target.toString());
					}
				}
			}
		}
		return String.join(File.pathSeparator, paths);
	}

}
