package org.litestream4j.testing;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * A process that a test starts, talks to by lines, and ends. Every wait is bounded, and
 * what the process printed is part of every failure. Closing kills it. Thread-safe.
 */
public final class ChildProcess implements Closeable {

	private static final int LINES_KEPT = 1000;

	private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

	static {
		Runtime.getRuntime().addShutdownHook(new Thread(() -> RUNNING.forEach(Process::destroyForcibly)));
	}

	private final String name;

	private final Process process;

	private final Duration patience;

	/** Lines of standard output that nobody has read yet; empty marks the end. */
	private final BlockingQueue<Optional<String>> lines = new LinkedBlockingQueue<>();

	/** The newest lines of standard output and error. */
	private final BlockingQueue<String> printed = new LinkedBlockingQueue<>();

	private final List<Thread> readers = new ArrayList<>();

	private ChildProcess(String name, Process process, Duration patience) {
		this.name = name;
		this.process = process;
		this.patience = patience;
	}

	/**
	 * Starts a process.
	 * @param name what to call it in failures
	 * @param builder the command; its redirections are kept
	 * @param patience how long any wait may take
	 */
	public static ChildProcess start(String name, ProcessBuilder builder, Duration patience) throws IOException {
		Process process = builder.start();
		RUNNING.add(process);
		ChildProcess child = new ChildProcess(name, process, patience);
		child.read(process.inputReader(StandardCharsets.UTF_8), true);
		child.read(process.errorReader(StandardCharsets.UTF_8), false);
		return child;
	}

	private void read(BufferedReader reader, boolean standardOutput) {
		Thread thread = new Thread(() -> {
			try (reader) {
				for (String line = reader.readLine(); line != null; line = reader.readLine()) {
					keep(line);
					if (standardOutput) {
						this.lines.add(Optional.of(line));
					}
				}
			}
			catch (IOException ex) {
				keep(ex.toString()); // the process was killed
			}
			if (standardOutput) {
				this.lines.add(Optional.empty());
			}
		}, this.name + (standardOutput ? " stdout" : " stderr"));
		thread.setDaemon(true);
		this.readers.add(thread);
		thread.start();
	}

	private void keep(String line) {
		this.printed.add(line);
		while (this.printed.size() > LINES_KEPT) {
			this.printed.poll();
		}
	}

	/** The next line of standard output, null at its end. */
	public @Nullable String readLine() {
		try {
			Optional<String> line = this.lines.poll(this.patience.toMillis(), TimeUnit.MILLISECONDS);
			if (line == null) {
				throw new AssertionError("%s printed no line within %s. %s".formatted(this.name, this.patience, this));
			}
			if (line.isEmpty()) {
				this.lines.add(line); // the end stays the end
			}
			return line.orElse(null);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	/** Reads up to the first line that matches, and returns it. */
	public String awaitLine(Predicate<String> wanted) {
		for (String line = readLine(); line != null; line = readLine()) {
			if (wanted.test(line)) {
				return line;
			}
		}
		throw new AssertionError("%s ended without the wanted line. %s".formatted(this.name, this));
	}

	/** Waits for the end, and returns the lines that nobody has read yet. */
	public List<String> remainingLines() {
		List<String> rest = new ArrayList<>();
		for (String line = readLine(); line != null; line = readLine()) {
			rest.add(line);
		}
		return rest;
	}

	/** Writes a line to the process's standard input. */
	public void send(String line) {
		try {
			Writer writer = this.process.outputWriter(StandardCharsets.UTF_8);
			writer.write(line + "\n");
			writer.flush();
		}
		catch (IOException ex) {
			throw new UncheckedIOException("%s does not listen. %s".formatted(this.name, this), ex);
		}
	}

	/** Closes the process's standard input. */
	public void closeInput() {
		try {
			this.process.outputWriter(StandardCharsets.UTF_8).close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** Waits for the end, and returns the exit status. */
	public int waitFor() {
		try {
			if (!this.process.waitFor(this.patience.toMillis(), TimeUnit.MILLISECONDS)) {
				throw new AssertionError("%s did not end within %s. %s".formatted(this.name, this.patience, this));
			}
			RUNNING.remove(this.process);
			for (Thread reader : this.readers) {
				reader.join(1000); // it may have children that hold the pipe
			}
			return this.process.exitValue();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	/** Asks the process to end (SIGTERM), and returns its exit status. */
	public int terminate() {
		this.process.destroy();
		return waitFor();
	}

	/** Kills the process (SIGKILL), and waits until it is gone. */
	public void kill() {
		this.process.destroyForcibly();
		waitFor();
	}

	public boolean isAlive() {
		return this.process.isAlive();
	}

	public long pid() {
		return this.process.pid();
	}

	/** The newest lines that the process has printed, to standard output and error. */
	public String printed() {
		return String.join("\n", this.printed);
	}

	@Override
	public void close() {
		if (isAlive()) {
			kill();
		}
	}

	@Override
	public String toString() {
		return "%s (pid %d) printed:%n%s".formatted(this.name, pid(), printed());
	}

}
