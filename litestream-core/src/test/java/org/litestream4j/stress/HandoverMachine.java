package org.litestream4j.stress;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

import org.jspecify.annotations.Nullable;

import org.litestream4j.testing.ChildProcess;

/**
 * One {@link HandoverChild}, as its parent sees it. What it says is taken in by a thread
 * of its own.
 */
final class HandoverMachine {

	/** What all of them have said together. Guards all that is said. */
	static final class Heard {

		/** Acknowledged rows: their nonces by their numbers. */
		final Map<Long, Long> acknowledged = new TreeMap<>();

		final List<String> violations = new ArrayList<>();

		final List<String> generations = new ArrayList<>();

		int acknowledgements;

		int takeovers;

		int fencings;

		int snapshots;

		/** Waits until something is so; false if it is not within the time. */
		synchronized boolean await(Duration timeout, BooleanSupplier condition) throws InterruptedException {
			long deadline = System.nanoTime() + timeout.toNanos();
			while (!condition.getAsBoolean()) {
				long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
				if (left <= 0 || !this.violations.isEmpty()) {
					return condition.getAsBoolean();
				}
				wait(left);
			}
			return true;
		}

		synchronized void requireNoViolations() {
			if (!this.violations.isEmpty()) {
				throw new AssertionError(String.join("; ", this.violations));
			}
		}

		synchronized Map<Long, Long> snapshotOfAcknowledged() {
			return new TreeMap<>(this.acknowledged);
		}

	}

	private final Heard heard;

	private final ChildProcess process;

	private final Path directory;

	private final Thread reader;

	/** Rows that are committed, and wait. */
	private final Set<Long> waiting = new HashSet<>();

	private boolean started;

	private boolean fenced;

	private boolean ended;

	private boolean everAlone = true;

	private boolean paused;

	private int acknowledgements;

	private @Nullable String refusal;

	HandoverMachine(Heard heard, ChildProcess process, Path directory) {
		this.heard = heard;
		this.process = process;
		this.directory = directory;
		this.reader = new Thread(this::listen, "machine " + process.pid());
		this.reader.setDaemon(true);
		this.reader.start();
	}

	private void listen() {
		try {
			for (String line = this.process.readLine(); line != null; line = this.process.readLine()) {
				if (line.endsWith(".")) {
					synchronized (this.heard) {
						hear(line.substring(0, line.length() - 1));
						this.heard.notifyAll();
					}
				}
			}
		}
		catch (AssertionError | RuntimeException ex) {
			violation(ex.toString());
		}
		synchronized (this.heard) {
			this.ended = true;
			this.heard.notifyAll();
		}
	}

	private void hear(String line) {
		String[] words = line.split(" ", 3);
		switch (words[0]) {
			case "started" -> this.started = true;
			case "waits" -> this.waiting.add(Long.parseLong(words[1]));
			case "waited" -> this.waiting.remove(Long.parseLong(words[1]));
			case "acknowledged" -> acknowledged(Long.parseLong(words[1]), Long.parseLong(words[2]));
			case "owned" -> {
				this.fenced = false;
				this.heard.takeovers++;
			}
			case "fenced" -> {
				this.fenced = true;
				this.heard.fencings++;
			}
			case "generation" -> this.heard.generations.add(line);
			case "snapshot" -> this.heard.snapshots++;
			case "refused" -> this.refusal = line.substring("refused ".length());
			case "violation" -> violation(line);
			default -> {
			}
		}
	}

	private void acknowledged(long seq, long nonce) {
		this.acknowledgements++;
		this.waiting.remove(seq);
		this.heard.acknowledgements++;
		Long known = this.heard.acknowledged.putIfAbsent(seq, nonce);
		if (known != null && known != nonce) {
			violation("two rows %d were acknowledged, %d and %d".formatted(seq, known, nonce));
		}
	}

	private void violation(String what) {
		synchronized (this.heard) {
			this.heard.violations.add("%s: %s".formatted(this, what));
			this.heard.notifyAll();
		}
	}

	Path directory() {
		return this.directory;
	}

	boolean isStarted() {
		synchronized (this.heard) {
			return this.started;
		}
	}

	boolean isFenced() {
		synchronized (this.heard) {
			return this.fenced;
		}
	}

	boolean hasEnded() {
		synchronized (this.heard) {
			return this.ended;
		}
	}

	int acknowledgements() {
		synchronized (this.heard) {
			return this.acknowledgements;
		}
	}

	@Nullable String refusal() {
		synchronized (this.heard) {
			return this.refusal;
		}
	}

	/** How many commits waited when it was last heard of. */
	int waiting() {
		synchronized (this.heard) {
			return this.waiting.size();
		}
	}

	/** Notes that others live beside it. */
	void beside() {
		this.everAlone = false;
	}

	/** Whether nobody else lived since it was started. */
	boolean isAlone() {
		return this.everAlone;
	}

	boolean isPaused() {
		return this.paused;
	}

	void pause() throws IOException, InterruptedException {
		signal("STOP");
		this.paused = true;
	}

	void resume() throws IOException, InterruptedException {
		this.paused = false;
		signal("CONT");
	}

	private void signal(String name) throws IOException, InterruptedException {
		new ProcessBuilder("kill", "-" + name, String.valueOf(this.process.pid())).start().waitFor();
	}

	void kill() throws InterruptedException {
		this.process.kill();
		this.reader.join();
	}

	/** Asks it to end. */
	void stop() {
		this.process.closeInput();
	}

	String printed() {
		return this.process.toString();
	}

	@Override
	public String toString() {
		return "%s (pid %d)".formatted(this.directory.getFileName(), this.process.pid());
	}

}
