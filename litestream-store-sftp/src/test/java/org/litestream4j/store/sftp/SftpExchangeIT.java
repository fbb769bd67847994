package org.litestream4j.store.sftp;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.store.NewObject;
import org.litestream4j.store.Precondition;
import org.litestream4j.store.PreconditionFailedException;
import org.litestream4j.store.StoredObject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Two replace one version, and each takes the other for dead at once: whoever goes on
 * when, only one does it. With the real OpenSSH server.
 */
class SftpExchangeIT {

	/** Before the first claim, where nobody disturbs anybody. */
	private static final int PREPARATIONS = 10;

	/** Requests after these, in every order of the two. */
	private static final int SCHEDULED = 11;

	private static final int PATIENCE = 60;

	private static OpenSshServer server;

	private static final List<SteppedChannel.Connection> connections = new ArrayList<>();

	@TempDir
	private Path directory;

	private SftpObjectWriter writer;

	@BeforeAll
	static void connect(@TempDir Path files) throws Exception {
		server = OpenSshServer.start(files);
		for (int i = 0; i < 3; i++) {
			connections.add(new SteppedChannel.Connection(server));
		}
	}

	@AfterAll
	static void disconnect() {
		connections.forEach(SteppedChannel.Connection::close);
		connections.clear();
		if (server != null) {
			server.close();
		}
	}

	@BeforeEach
	void createWriter() throws Exception {
		Files.createDirectories(place());
		this.writer = new SftpObjectWriter(place().toString(), 0600, Duration.ZERO);
	}

	@Test
	void onlyOneOfTwoReplacesAVersionInWhateverOrderTheyGoOn() throws Exception {
		int[] outcomes = new int[2];
		ExecutorService threads = Executors.newFixedThreadPool(2);
		try {
			StoredObject now = this.writer.write(channel(2), NewObject.named("lock").when(Precondition.ABSENT),
					(out) -> out.write("at first".getBytes(StandardCharsets.UTF_8)));
			for (int script = 0; script < 1 << SCHEDULED; script++) {
				String tag = String.valueOf(now.tag());
				Schedule schedule = new Schedule(script);
				List<Future<Boolean>> racers = new ArrayList<>();
				for (int i = 0; i < 2; i++) {
					int number = i;
					String content = "racer %d of %d".formatted(i, script);
					racers.add(threads.submit(() -> replace(schedule, number, tag, content)));
				}
				int won = 0;
				for (int i = 0; i < 2; i++) {
					if (racers.get(i).get(PATIENCE, TimeUnit.SECONDS)) {
						won++;
						assertThat(content()).as("script %d", script).isEqualTo("racer %d of %d".formatted(i, script));
					}
				}
				assertThat(won).as("who replaced the version, of script %d", script).isLessThanOrEqualTo(1);
				outcomes[won]++;
				now = SftpStore.stored("lock", channel(2).lstat(place().resolve("lock").toString()));
				assertThat(tag.equals(now.tag())).as("another version, of script %d", script).isEqualTo(won == 0);
				now = this.writer.write(channel(2),
						NewObject.named("lock").when(Precondition.unchanged(String.valueOf(now.tag()))),
						(out) -> out.write("the next".getBytes(StandardCharsets.UTF_8)));
				assertThat(names()).as("what is left by script %d", script).containsExactly("lock");
			}
		}
		finally {
			threads.shutdownNow();
		}
		assertThat(outcomes[1]).as("scripts in which one has won").isPositive();
	}

	/** Whether it has replaced the version; false if it knows that it has not. */
	private boolean replace(Schedule schedule, int number, String tag, String content) throws IOException {
		SteppedChannel channel = channel(number);
		channel.meet((step) -> {
			if (step >= PREPARATIONS) {
				schedule.awaitTurn(number);
			}
		});
		try {
			this.writer.write(channel, NewObject.named("lock").when(Precondition.unchanged(tag)),
					(out) -> out.write(content.getBytes(StandardCharsets.UTF_8)));
			return true;
		}
		catch (PreconditionFailedException | SftpFailure ex) {
			return false;
		}
		finally {
			schedule.leave(number);
		}
	}

	/** As a process that has stopped: nobody waits for it for ever. */
	@Test
	void whoeverStopsInTheMidstIsGivenUpAndCannotReplaceLater() throws Exception {
		StoredObject first = this.writer.write(channel(2), NewObject.named("lock").when(Precondition.ABSENT),
				(out) -> out.write(1));
		NewObject next = NewObject.named("lock").when(Precondition.unchanged(String.valueOf(first.tag())));
		CountDownLatch stopped = new CountDownLatch(1);
		CountDownLatch goOn = new CountDownLatch(1);
		ExecutorService thread = Executors.newSingleThreadExecutor();
		try {
			SteppedChannel channel = channel(0);
			channel.meet((step) -> {
				if (step == PREPARATIONS + 2) { // before the commit point
					stopped.countDown();
					await(goOn);
				}
			});
			Future<StoredObject> late = thread
				.submit(() -> this.writer.write(channel, next, (out) -> out.write(new byte[] { 1, 2, 3 })));
			assertThat(stopped.await(PATIENCE, TimeUnit.SECONDS)).isTrue();
			this.writer.write(channel(1), next, (out) -> out.write(new byte[] { 1, 2 }));
			goOn.countDown();
			assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> late.get(PATIENCE, TimeUnit.SECONDS))
				.withCauseInstanceOf(SftpFailure.class)
				.withMessageContaining("another has given up waiting for lock to be replaced");
		}
		finally {
			goOn.countDown();
			thread.shutdownNow();
		}
		assertThat(Files.size(place().resolve("lock"))).isEqualTo(2);
		assertThat(names()).containsExactly("lock");
	}

	private static void await(CountDownLatch latch) throws IOException {
		try {
			if (!latch.await(PATIENCE, TimeUnit.SECONDS)) {
				throw new IOException("the test did not go on");
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IOException(ex);
		}
	}

	private static SteppedChannel channel(int number) {
		return connections.get(number).channel();
	}

	private String content() throws IOException {
		return Files.readString(place().resolve("lock"));
	}

	private List<String> names() throws IOException {
		try (Stream<Path> paths = Files.list(place())) {
			return paths.map((path) -> path.getFileName().toString()).toList();
		}
	}

	private Path place() {
		return this.directory.resolve("replica");
	}

	/** Says who makes the next request, until the script ends; then both go on. */
	private static final class Schedule {

		private final int script;

		private final boolean[] left = new boolean[2];

		private int requests;

		/** Whose request is on its way; -1 for nobody's. */
		private int busy = -1;

		Schedule(int script) {
			this.script = script;
		}

		synchronized void awaitTurn(int number) throws IOException {
			if (this.busy == number) {
				this.busy = -1;
				notifyAll();
			}
			try {
				while (this.busy >= 0 || !isTurnOf(number)) {
					wait();
				}
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				throw new IOException(ex);
			}
			this.busy = number;
			this.requests++;
		}

		private boolean isTurnOf(int number) {
			return this.left[1 - number] || this.requests >= SCHEDULED || (this.script >> this.requests & 1) == number;
		}

		synchronized void leave(int number) {
			this.left[number] = true;
			if (this.busy == number) {
				this.busy = -1;
			}
			notifyAll();
		}

	}

}
