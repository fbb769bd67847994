package org.litestream4j.testing;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the versions of the real litestream have in common. Immutable. */
abstract class LitestreamProgram {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private final Path binary;

	private final Map<String, String> environment;

	LitestreamProgram(Path binary, Map<String, String> environment) {
		this.binary = binary;
		this.environment = Map.copyOf(environment);
	}

	Path binary() {
		return this.binary;
	}

	/** Its environment with one more variable. */
	Map<String, String> environmentWith(String variable, String value) {
		Map<String, String> more = new HashMap<>(this.environment);
		more.put(variable, value);
		return more;
	}

	/** The url of a directory replica. */
	public static String url(Path replica) {
		return "file://" + replica.toAbsolutePath();
	}

	/**
	 * Runs a command that ends by itself, and returns what it printed, without the last
	 * newline.
	 * @throws AssertionError if its exit status is not 0
	 */
	public String run(String... arguments) throws IOException {
		try (ChildProcess child = start(arguments)) {
			String printed = String.join("\n", child.remainingLines());
			if (child.waitFor() != 0) {
				throw new AssertionError("exit status %d. %s".formatted(child.waitFor(), child));
			}
			return printed;
		}
	}

	/** Starts any command. Standard error is part of its standard output. */
	public ChildProcess start(String... arguments) throws IOException {
		List<String> command = new ArrayList<>(List.of(this.binary.toString()));
		command.addAll(List.of(arguments));
		ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
		builder.environment().putAll(this.environment);
		return ChildProcess.start("litestream " + arguments[0], builder, PATIENCE);
	}

	/**
	 * Restores a replica.
	 * @param url the replica's
	 * @param output the database to be made
	 * @param options for example {@code "-timestamp", "2026-01-01T00:00:00Z"}, or
	 * {@code "-txid", "0000000000000003"}
	 */
	public String restore(String url, Path output, String... options) throws IOException {
		List<String> arguments = new ArrayList<>(List.of("restore", "-o", output.toString()));
		arguments.addAll(List.of(options));
		arguments.add(url);
		return run(arguments.toArray(String[]::new));
	}

	/** Restores the newest state of a directory replica. */
	public String restore(Path replica, Path output) throws IOException {
		return restore(url(replica), output);
	}

	/**
	 * Starts replicating, and returns once that has begun. Version 0.3 does not sync once
	 * more when it is terminated: {@link RealLitestream#awaitShipped} first.
	 */
	public ChildProcess replicate(Path database, String... urls) throws IOException {
		List<String> arguments = new ArrayList<>(List.of("replicate", database.toString()));
		arguments.addAll(List.of(urls));
		return begun(start(arguments.toArray(String[]::new)));
	}

	/** Waits until it replicates. */
	static ChildProcess begun(ChildProcess child) {
		try {
			child.awaitLine((line) -> line.contains("replicating to"));
			return child;
		}
		catch (Error | RuntimeException ex) {
			child.close();
			throw ex;
		}
	}

}
