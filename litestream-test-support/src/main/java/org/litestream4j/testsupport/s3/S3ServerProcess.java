package org.litestream4j.testsupport.s3;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A running {@link S3ServerMain}. Ends when it is closed, and with this process.
 * Thread-safe.
 */
public final class S3ServerProcess implements AutoCloseable {

	private final Process process;

	private final BufferedReader answers;

	private final PrintStream commands;

	private final URI endpoint;

	private final URI directEndpoint;

	private S3ServerProcess(Process process) throws IOException {
		this.process = process;
		this.answers = process.inputReader(StandardCharsets.UTF_8);
		this.commands = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
		String line = this.answers.readLine();
		if (line == null) {
			throw new IOException("the S3 server did not start");
		}
		String[] endpoints = line.split(" ");
		this.endpoint = URI.create(endpoints[0]);
		this.directEndpoint = URI.create(endpoints[1]);
	}

	/**
	 * Starts one, with this process's class path.
	 * @param directory keeps the objects
	 * @param bucket is created
	 */
	public static S3ServerProcess start(Path directory, String bucket) throws IOException {
		Process process = new ProcessBuilder(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				"-Xmx512m", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
				S3ServerMain.class.getName(), directory.toString(), bucket))
			.redirectError(ProcessBuilder.Redirect.INHERIT)
			.start();
		boolean started = false;
		try {
			S3ServerProcess server = new S3ServerProcess(process);
			started = true;
			return server;
		}
		finally {
			if (!started) {
				process.destroy();
			}
		}
	}

	/** Where clients connect to. */
	public URI endpoint() {
		return this.endpoint;
	}

	/** The server itself: it never misbehaves there. */
	public URI directEndpoint() {
		return this.directEndpoint;
	}

	/**
	 * Misbehaves by chance from now on, as {@link Chaos} has it.
	 * @return what to print, which has the seed
	 */
	public String chaos(long seed, int faultsPerThousand, Duration longest) throws IOException {
		return ask("chaos %d %d %d".formatted(seed, faultsPerThousand, longest.toMillis()));
	}

	/** Behaves again. */
	public void calm() throws IOException {
		ask("calm");
	}

	/** Refuses connections, and resets the ones that are open. */
	public void down() throws IOException {
		ask("down");
	}

	/** Listens again, on the same port. */
	public void up() throws IOException {
		ask("up");
	}

	/** How many requests have reached it, but for those that went directly. */
	public int requests() throws IOException {
		return Integer.parseInt(ask("requests"));
	}

	private synchronized String ask(String command) throws IOException {
		this.commands.println(command);
		String answer = this.answers.readLine();
		if (answer == null) {
			throw new IOException("the S3 server has ended");
		}
		return answer;
	}

	@Override
	public void close() {
		this.commands.close();
		this.process.destroy();
	}

}
