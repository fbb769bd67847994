package org.litestream4j.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import org.litestream4j.testsupport.s3.S3TestServer;

/**
 * An S3 server in a process of its own, whose memory does not count. Ends with the
 * process that started it, or when closed.
 */
final class S3ServerProcess implements AutoCloseable {

	static final String BUCKET = "bench";

	private final Process process;

	private final URI endpoint;

	private S3ServerProcess(Process process, URI endpoint) {
		this.process = process;
		this.endpoint = endpoint;
	}

	/**
	 * Starts a server.
	 * @param directory where it keeps the objects
	 */
	static S3ServerProcess start(Path directory) throws IOException {
		return start(directory, Duration.ZERO);
	}

	/**
	 * Starts a server.
	 * @param directory where it keeps the objects
	 * @param latency what every answer takes longer
	 */
	static S3ServerProcess start(Path directory, Duration latency) throws IOException {
		Process process = new ProcessBuilder(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				"-Xmx512m", "-cp", System.getProperty("java.class.path"), Benchmarks.mainClass(), "s3-serve",
				directory.toString(), latency.toString()))
			.redirectError(ProcessBuilder.Redirect.INHERIT)
			.start();
		BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
		String line = output.readLine();
		if (line == null) {
			throw new IOException("the S3 server did not start");
		}
		return new S3ServerProcess(process, URI.create(line));
	}

	/** What the process does: serves until its standard input ends. */
	static void serve(Path directory, Duration latency) throws IOException {
		try (S3TestServer server = S3TestServer.start(directory)) {
			server.createBucket(BUCKET);
			server.faults().latency(latency);
			System.out.println(latency.isZero() ? server.directEndpoint() : server.endpoint());
			while (System.in.read() >= 0) {
				// until it ends
			}
		}
	}

	URI endpoint() {
		return this.endpoint;
	}

	@Override
	public void close() throws IOException {
		this.process.getOutputStream().close();
		this.process.destroy();
	}

}
