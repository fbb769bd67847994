package org.litestream4j.sample;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * The packaged application in a process of its own, with a directory of its own as
 * working directory, on a port that was free. Thread-safe.
 */
final class SampleProcess implements AutoCloseable {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final Pattern PORT = Pattern.compile("Tomcat started on port (\\d+)");

	private final HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();

	private final List<String> lines = new ArrayList<>();

	private final Process process;

	private final Thread reader;

	private boolean ended;

	private int port;

	private SampleProcess(Process process) {
		this.process = process;
		this.reader = new Thread(this::read, "sample-output");
		this.reader.setDaemon(true);
		this.reader.start();
	}

	/** Starts the application and waits until it serves. */
	static SampleProcess start(Path home, String... arguments) {
		return launch(home, arguments).awaitServing();
	}

	/** Starts it with the beans that were decided on when it was built. */
	static SampleProcess startAheadOfTime(Path home, String... arguments) {
		return launch(home, List.of("-Dspring.aot.enabled=true"), arguments).awaitServing();
	}

	/** Waits until the application serves; it is ended if that fails. */
	SampleProcess awaitServing() {
		try {
			Matcher matcher = PORT.matcher(awaitLine(PORT));
			matcher.find();
			this.port = Integer.parseInt(matcher.group(1));
			awaitLine(Pattern.compile("Started SampleApplication"));
			return this;
		}
		catch (RuntimeException | Error ex) {
			close();
			throw ex;
		}
	}

	/** Starts the application without waiting for anything. */
	static SampleProcess launch(Path home, String... arguments) {
		return launch(home, List.of(), arguments);
	}

	private static SampleProcess launch(Path home, List<String> options, String... arguments) {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx192m",
						"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
		command.addAll(options);
		command.addAll(List.of("-jar",
				Path.of(System.getProperty("sample.jar", "target/sample-app.jar")).toAbsolutePath().toString(),
				"--server.port=0", "--spring.main.banner-mode=off"));
		command.addAll(List.of(arguments));
		ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).directory(home.toFile());
		builder.environment().keySet().removeIf((name) -> name.startsWith("AWS_") || name.startsWith("SPRING_"));
		try {
			Files.createDirectories(home);
			return new SampleProcess(builder.start());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	Answer get(String path) {
		return send(request(path).GET());
	}

	Answer post(String path, String json) {
		return send(request(path).header("Content-Type", "application/json")
			.POST(HttpRequest.BodyPublishers.ofString(json)));
	}

	Answer delete(String path) {
		return send(request(path).DELETE());
	}

	/** The body of an answer as it came. */
	byte[] download(String path) {
		try {
			HttpResponse<byte[]> response = this.http.send(request(path).build(),
					HttpResponse.BodyHandlers.ofByteArray());
			if (response.statusCode() != 200) {
				throw new AssertionError("status " + response.statusCode() + " for " + path);
			}
			return response.body();
		}
		catch (IOException | InterruptedException ex) {
			throw new AssertionError("no answer to " + path + ":\n" + output(), ex);
		}
	}

	URI url(String path) {
		return URI.create("http://localhost:" + this.port + path);
	}

	/** Asks the process to end, as an operator would, and answers its exit code. */
	int stop() {
		askToStop();
		return awaitExit();
	}

	/**
	 * Asks the process to end, and does not wait for it. Through the handle, as
	 * {@link Process#destroy()} also closes the stream of its last words.
	 */
	void askToStop() {
		this.process.toHandle().destroy();
	}

	/** Ends the process at once, as a power cut would. */
	void kill() {
		this.process.toHandle().destroyForcibly();
		awaitExit();
	}

	int awaitExit() {
		try {
			if (!this.process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
				throw new AssertionError("the application has not ended:\n" + output());
			}
			this.reader.join(PATIENCE.toMillis());
			return this.process.exitValue();
		}
		catch (InterruptedException ex) {
			throw new AssertionError(ex);
		}
	}

	/** Asks the JVM for a full collection, with the {@code jcmd} of this JDK. */
	void collectGarbage() throws IOException {
		Process jcmd = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
				String.valueOf(this.process.pid()), "GC.run")
			.redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start();
		try {
			if (jcmd.waitFor() != 0) {
				throw new IOException("jcmd GC.run failed");
			}
		}
		catch (InterruptedException ex) {
			throw new IOException("interrupted", ex);
		}
	}

	/** All that was logged so far. */
	String output() {
		synchronized (this.lines) {
			return String.join("\n", this.lines);
		}
	}

	/** The lines so far in which the pattern is found. */
	List<String> linesWith(String pattern) {
		Pattern compiled = Pattern.compile(pattern);
		synchronized (this.lines) {
			return this.lines.stream().filter((line) -> compiled.matcher(line).find()).toList();
		}
	}

	/** Waits for a line in which the pattern is found. */
	String awaitLine(Pattern pattern) {
		long deadline = System.nanoTime() + PATIENCE.toNanos();
		synchronized (this.lines) {
			for (int seen = 0;; seen++) {
				while (seen == this.lines.size()) {
					long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
					if (this.ended || millis <= 0) {
						throw new AssertionError("no line with '" + pattern + "' in:\n" + output());
					}
					waitForLines(millis);
				}
				if (pattern.matcher(this.lines.get(seen)).find()) {
					return this.lines.get(seen);
				}
			}
		}
	}

	/** Ends the process if a test has not. */
	@Override
	public void close() {
		this.process.destroyForcibly();
		awaitExit();
	}

	@SuppressWarnings("WaitNotInLoop") // the caller is the loop
	private void waitForLines(long millis) {
		try {
			this.lines.wait(millis);
		}
		catch (InterruptedException ex) {
			throw new AssertionError(ex);
		}
	}

	private HttpRequest.Builder request(String path) {
		return HttpRequest.newBuilder(url(path)).timeout(PATIENCE).header("Accept", "application/json, */*;q=0.1");
	}

	private Answer send(HttpRequest.Builder request) {
		try {
			return Answer.of(this.http.send(request.build(), HttpResponse.BodyHandlers.ofString()));
		}
		catch (IOException | InterruptedException ex) {
			throw new AssertionError("no answer from the application:\n" + output(), ex);
		}
	}

	private void read() {
		try (BufferedReader output = this.process.inputReader(StandardCharsets.UTF_8)) {
			for (@Nullable
			String line = output.readLine(); line != null; line = output.readLine()) {
				add(line);
			}
		}
		catch (IOException ex) {
			add("(the output ended: " + ex.getMessage() + ")");
		}
		finally {
			synchronized (this.lines) {
				this.ended = true;
				this.lines.notifyAll();
			}
		}
	}

	private void add(String line) {
		synchronized (this.lines) {
			this.lines.add(line);
			this.lines.notifyAll();
		}
	}

}
