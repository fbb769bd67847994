package org.litestream4j.benchmarks.workload;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import org.litestream4j.benchmarks.Benchmarks;

/**
 * A JVM for one variant, which measures what it is told to, one after the other. So
 * variants share no heap and nothing that was compiled, and need not warm up for each
 * measurement.
 */
final class ApplicationProcess implements AutoCloseable {

	/** As many applications in containers have it. */
	private static final String HEAP = "-Xmx512m";

	private static final String ANSWER = "figures ";

	private final Process process;

	private final BufferedReader answers;

	private final BufferedWriter orders;

	private final Variant variant;

	private final String binary;

	private ApplicationProcess(Variant variant, @Nullable Path binary, Process process) {
		this.variant = variant;
		this.binary = (binary != null) ? binary.toString() : "-";
		this.process = process;
		this.answers = process.inputReader(StandardCharsets.UTF_8);
		this.orders = process.outputWriter(StandardCharsets.UTF_8);
	}

	static ApplicationProcess start(Variant variant, @Nullable Path binary) throws IOException {
		List<String> command = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), HEAP, "-cp",
				System.getProperty("java.class.path"), Benchmarks.mainClass(), "workload-application");
		Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
		return new ApplicationProcess(variant, binary, process);
	}

	Variant variant() {
		return this.variant;
	}

	Map<Figure, Double> measure(Case what, Path directory, double warmUpSeconds, double seconds) throws IOException {
		this.orders.write(String.join(" ", this.variant.id(), what.kind().id(), Integer.toString(what.threads()),
				what.synchronous(), Double.toString(warmUpSeconds), Double.toString(seconds), directory.toString(),
				this.binary));
		this.orders.newLine();
		this.orders.flush();
		String line = this.answers.readLine();
		if (line == null || !line.startsWith(ANSWER)) {
			throw new IOException("%s, %s: %s".formatted(this.variant.id(), what.title(),
					(line != null) ? line : "its process has ended"));
		}
		Map<Figure, Double> figures = new EnumMap<>(Figure.class);
		for (String pair : line.substring(ANSWER.length()).split(" ")) {
			int equals = pair.indexOf('=');
			figures.put(Figure.valueOf(pair.substring(0, equals)), Double.valueOf(pair.substring(equals + 1)));
		}
		return figures;
	}

	/** The other end: measures until there are no more orders. */
	static void serve() throws Exception {
		PrintStream answers = System.out;
		System.setOut(System.err);
		BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
		for (String order = orders.readLine(); order != null; order = orders.readLine()) {
			String[] parts = order.split(" ", 8);
			Case what = new Case(Kind.of(parts[1]), Integer.parseInt(parts[2]), parts[3]);
			Path binary = parts[7].equals("-") ? null : Path.of(parts[7]);
			Map<Figure, Double> figures = new Measurement(Variant.of(parts[0]), what, Path.of(parts[6]), binary,
					Double.parseDouble(parts[4]), Double.parseDouble(parts[5]))
				.run();
			answers.println(ANSWER + figures.entrySet()
				.stream()
				.map((entry) -> entry.getKey() + "=" + entry.getValue())
				.collect(Collectors.joining(" ")));
			answers.flush();
		}
	}

	/** Ends it when it has measured what it was told to, so that it leaves no sidecar. */
	@Override
	public void close() throws IOException {
		this.orders.close();
		this.process.onExit().join();
	}

}
