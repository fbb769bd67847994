package org.litestream4j.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The long run over HTTP: {@code Soak <minutes> <directory>}. The packaged application is
 * written to and read from while one of its two replicas fills up, disappears and comes
 * back; each minute it is validated and restored, and its heap, threads and file
 * descriptors are noted, which must stay flat. Ends with 1 at the first thing that is
 * wrong. To let the replica fill up it mounts a file system, which only root may.
 */
final class Soak {

	private static final int WRITERS = 4;

	private static final int READERS = 2;

	private static final Duration PAUSE = Duration.ofMillis(20);

	private final Path directory;

	private final UnsteadyDirectory unsteady;

	private final SampleProcess sample;

	private final AtomicBoolean stopped = new AtomicBoolean();

	private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

	private final AtomicInteger written = new AtomicInteger();

	private final AtomicInteger read = new AtomicInteger();

	private final List<SoakSample> samples = new ArrayList<>();

	private Soak(Path directory) throws IOException {
		this.directory = directory;
		this.unsteady = UnsteadyDirectory.create(directory.resolve("unsteady"));
		List<String> arguments = new ArrayList<>(
				List.of("--litestream.checkpoint-interval=10s", "--litestream.min-checkpoint-page-count=200"));
		arguments.addAll(replica(0, this.unsteady.replica()));
		arguments.addAll(replica(1, directory.resolve("steady")));
		this.sample = SampleProcess.start(directory, arguments.toArray(String[]::new));
	}

	public static void main(String[] arguments) throws Exception {
		int minutes = Integer.parseInt(arguments[0]);
		Path directory = Path.of(arguments[1]).toAbsolutePath();
		Files.createDirectories(directory);
		Soak soak = new Soak(directory);
		boolean good = false;
		try {
			soak.run(minutes);
			good = true;
		}
		finally {
			soak.end();
			System.out.println(good ? "good" : "FAILED: the log is in " + soak.keepLog());
		}
	}

	private static List<String> replica(int number, Path replica) {
		String prefix = "--litestream.replicas[%d].".formatted(number);
		return List.of(prefix + "name=" + ((number == 0) ? "unsteady" : "steady"), prefix + "url=" + replica.toUri(),
				prefix + "snapshot-interval=2m", prefix + "retention=5m", prefix + "retention-check-interval=1m");
	}

	private void run(int minutes) throws Exception {
		for (int i = 0; i < WRITERS; i++) {
			start("writer-" + i, this::write);
		}
		for (int i = 0; i < READERS; i++) {
			start("reader-" + i, this::read);
		}
		for (int minute = 1; minute <= minutes; minute++) {
			disturb(minute);
			check("steady");
			this.samples.add(SoakSample.of(this.sample, minute, this.written.get(), this.read.get()));
			System.out.println(this.samples.get(this.samples.size() - 1));
		}
		this.stopped.set(true);
		requireNoFailure();
		Notes.sync(this.sample);
		check("unsteady");
		check("steady");
		SoakSample.requireFlat(this.samples);
		System.out.printf("%d notes written, %d reads, %d validations and restores without a difference%n",
				this.written.get(), this.read.get(), minutes + 2);
	}

	/** One minute of trouble, or of peace. */
	private void disturb(int minute) throws Exception {
		switch (minute % 4) {
			case 1 -> this.unsteady.fill();
			case 3 -> this.unsteady.vanish();
			default -> {
			}
		}
		pause(Duration.ofSeconds(40));
		this.unsteady.restore();
		pause(Duration.ofSeconds(20));
		requireNoFailure();
	}

	private void check(String replica) throws Exception {
		int before = this.sample.get("/api/notes/count").is(200).json().get("count").asInt();
		JsonNode validated = this.sample.post(Notes.DATABASE + "/validate", "{\"replica\": \"%s\"}".formatted(replica))
			.is(200)
			.json();
		require(validated.get("valid").asBoolean(), "validation: " + validated);
		String restored = this.sample
			.post(Notes.DATABASE + "/restore", "{\"outputPath\": \"soak.db\", \"replica\": \"%s\"}".formatted(replica))
			.is(200)
			.json()
			.get("outputPath")
			.asString();
		int count = Notes.allIn(Path.of(restored)).size();
		require(count >= Math.min(before, SoakSample.KEPT) / 2, "%d notes restored of %d".formatted(count, before));
		Files.delete(Path.of(restored));
	}

	/** Adds notes, and deletes the old ones, so that the database stays of one size. */
	private void write() {
		ThreadLocalRandom random = ThreadLocalRandom.current();
		String text = "x".repeat(random.nextInt(50, 2000));
		JsonNode note = this.sample.post("/api/notes", "{\"text\": \"%s\"}".formatted(text)).is(201).json();
		long old = note.get("id").asLong() - SoakSample.KEPT;
		if (old > 0) {
			this.sample.delete("/api/notes/" + old);
		}
		this.written.incrementAndGet();
	}

	private void read() {
		this.sample.get("/api/notes?limit=20").is(200);
		this.sample.get("/actuator/prometheus").is(200);
		this.sample.get(Notes.DATABASE).is(200);
		this.read.incrementAndGet();
	}

	private void start(String name, Runnable step) {
		Thread thread = new Thread(() -> {
			try {
				while (!this.stopped.get()) {
					step.run();
					pause(PAUSE);
				}
			}
			catch (Throwable ex) {
				this.failure.compareAndSet(null, ex);
				this.stopped.set(true);
			}
		}, name);
		thread.setDaemon(true);
		thread.start();
	}

	private void requireNoFailure() {
		Throwable failed = this.failure.get();
		if (failed != null) {
			throw new AssertionError("a client failed", failed);
		}
	}

	private static void pause(Duration duration) throws InterruptedException {
		Thread.sleep(duration.toMillis());
	}

	private static void require(boolean condition, String otherwise) {
		if (!condition) {
			throw new AssertionError(otherwise);
		}
	}

	private void end() throws IOException {
		this.stopped.set(true);
		this.sample.stop();
		this.sample.close();
		this.unsteady.close();
	}

	private Path keepLog() throws IOException {
		return Files.writeString(this.directory.resolve("sample.log"), this.sample.output());
	}

}
