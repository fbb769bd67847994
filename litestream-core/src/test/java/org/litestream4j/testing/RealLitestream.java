package org.litestream4j.testing;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.litestream4j.wal.WalTail;

/**
 * The real litestream v0.3.13, for the tests that show that both programs understand each
 * other. It is found by the environment variable {@code LITESTREAM_BIN}, else in
 * {@code .tools} below the repository's root. Immutable.
 *
 * @see EnabledIfRealLitestream
 */
public final class RealLitestream {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final Pattern SEGMENT_WRITTEN = Pattern
		.compile("wal segment written .*position=[0-9a-f]+/[0-9a-f]+:([0-9]+) .*sz=([0-9]+)");

	private final Path binary;

	private final Map<String, String> environment;

	private RealLitestream(Path binary, Map<String, String> environment) {
		this.binary = binary;
		this.environment = Map.copyOf(environment);
	}

	/** The binary, if there is one. */
	public static Optional<Path> find() {
		return Tool.named("LITESTREAM_BIN")
			.or(() -> Tool.below(".tools/node_modules/@flydotio/litestream-linux-x64/litestream"));
	}

	/** The real litestream, which must be there. */
	public static RealLitestream get() {
		return new RealLitestream(find().orElseThrow(), Map.of());
	}

	/** The same with one more environment variable, for example an S3 access key. */
	public RealLitestream with(String variable, String value) {
		Map<String, String> more = new HashMap<>(this.environment);
		more.put(variable, value);
		return new RealLitestream(this.binary, more);
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
	 * @param options for example {@code "-timestamp", "2026-01-01T00:00:00Z"}
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
	 * Starts replicating, and returns once that has begun. It does not sync once more
	 * when it is terminated: {@link #awaitShipped} first.
	 */
	public ChildProcess replicate(Path database, String... urls) throws IOException {
		List<String> arguments = new ArrayList<>(List.of("replicate", database.toString()));
		arguments.addAll(List.of(urls));
		return begun(start(arguments.toArray(String[]::new)));
	}

	/** Starts replicating as a configuration file says. */
	public ChildProcess replicateAsConfigured(Path configuration) throws IOException {
		return begun(start("replicate", "-config", configuration.toString()));
	}

	/**
	 * Reads the output of a replicating litestream up to the segment that reaches the end
	 * of the database's WAL. To be called once after the last of one or more commits.
	 */
	public static void awaitShipped(ChildProcess replicating, Path database) throws IOException {
		Path wal = Path.of(database + "-wal");
		long end;
		try (InputStream in = new BufferedInputStream(Files.newInputStream(wal))) {
			end = WalTail.scan(in, wal.toString()).commitOffset();
		}
		replicating.awaitLine((line) -> {
			Matcher matcher = SEGMENT_WRITTEN.matcher(line);
			return matcher.find() && Long.parseLong(matcher.group(1)) + Long.parseLong(matcher.group(2)) == end;
		});
	}

	private static ChildProcess begun(ChildProcess child) {
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
