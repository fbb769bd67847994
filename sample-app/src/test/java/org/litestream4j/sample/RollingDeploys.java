package org.litestream4j.sample;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Rolling deploys that overlap, under load: {@code RollingDeploys <rounds> <directory>}.
 * Each instance has a directory of its own, and all have one replica, as on machines
 * without volumes. The next one starts while the one before serves, which is told to stop
 * once it has heard that somebody waits, and gets no requests from then on. Clients write
 * notes and count them meanwhile, through a proxy that holds what comes while nobody
 * serves. In the end each note that was acknowledged has to be in the database once, and
 * in a restore too. Ends with 1 if one is not, or if a request failed.
 */
final class RollingDeploys {

	private static final int WRITERS = 4;

	private static final Duration PAUSE = Duration.ofMillis(20);

	/** Short, so that the one that serves hears soon of the one that waits. */
	private static final Duration LEASE = Duration.ofSeconds(6);

	private static final Pattern WANTED = Pattern.compile("waits for replica 'file'");

	private static final Pattern WAITING = Pattern.compile("is owned by .*: waiting");

	private final HttpClient http = HttpClient.newHttpClient();

	private final Path directory;

	private final SwapProxy proxy = new SwapProxy();

	private final Queue<String> acknowledged = new ConcurrentLinkedQueue<>();

	private final Queue<String> failures = new ConcurrentLinkedQueue<>();

	private final AtomicInteger requests = new AtomicInteger();

	private final List<Thread> clients = new ArrayList<>();

	private final List<Long> swaps = new ArrayList<>();

	private volatile boolean stopped;

	private SampleProcess serving;

	private RollingDeploys(Path directory) throws IOException {
		this.directory = directory;
		this.serving = SampleProcess.start(home(0), arguments());
		this.proxy.serve(this.serving);
	}

	public static void main(String[] arguments) throws Exception {
		int rounds = Integer.parseInt(arguments[0]);
		Path directory = Path.of(arguments[1]).toAbsolutePath();
		Files.createDirectories(directory);
		RollingDeploys deploys = new RollingDeploys(Files.createTempDirectory(directory, "deploys-"));
		boolean good = false;
		try {
			good = deploys.run(rounds);
		}
		finally {
			deploys.end();
			System.out.println(good ? "good" : "FAILED");
		}
		if (!good) {
			System.exit(1);
		}
	}

	private boolean run(int rounds) throws Exception {
		for (int i = 0; i < WRITERS; i++) {
			String writer = "writer %d".formatted(i);
			startClient(writer, (number) -> write("%s, note %d".formatted(writer, number)));
		}
		startClient("reader", (number) -> expect(200, HttpRequest.newBuilder(this.proxy.url("/api/notes/count"))));
		for (int round = 1; round <= rounds; round++) {
			deploy(round);
		}
		this.stopped = true;
		for (Thread client : this.clients) {
			client.join();
		}
		return judge(rounds);
	}

	private void deploy(int round) throws IOException {
		SampleProcess before = this.serving;
		SampleProcess next = SampleProcess.launch(home(round), arguments());
		this.serving = next; // and so is what is ended in the end
		try (before) {
			next.awaitLine(WAITING);
			before.awaitLine(WANTED);
			long start = System.nanoTime();
			this.proxy.hold();
			before.askToStop();
			this.proxy.serve(next.awaitServing());
			this.swaps.add(Duration.ofNanos(System.nanoTime() - start).toMillis());
			int exit = before.awaitExit();
			if (exit != 143) {
				this.failures.add("instance %d ended with %d:%n%s".formatted(round - 1, exit, before.output()));
			}
		}
		delete(home(round - 1));
		System.out.printf("round %d: %d ms, %d requests, %d failures%n", round, this.swaps.get(round - 1),
				this.requests.get(), this.failures.size());
	}

	private void startClient(String name, IntConsumer step) {
		Thread thread = new Thread(() -> {
			try {
				for (int number = 1; !this.stopped; number++) {
					step.accept(number);
					Thread.sleep(PAUSE.toMillis());
				}
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}, name);
		thread.setDaemon(true);
		thread.start();
		this.clients.add(thread);
	}

	private void write(String text) {
		HttpRequest.Builder request = HttpRequest.newBuilder(this.proxy.url("/api/notes"))
			.header("Content-Type", "application/json")
			.POST(HttpRequest.BodyPublishers.ofString("{\"text\": \"%s\"}".formatted(text)));
		if (expect(201, request)) {
			this.acknowledged.add(text);
		}
	}

	private boolean expect(int status, HttpRequest.Builder request) {
		this.requests.incrementAndGet();
		try {
			HttpResponse<String> response = this.http.send(request.build(), HttpResponse.BodyHandlers.ofString());
			if (response.statusCode() == status) {
				return true;
			}
			this.failures.add("%d: %s".formatted(response.statusCode(), response.body()));
		}
		catch (IOException ex) {
			this.failures.add(ex.toString());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		return false;
	}

	private boolean judge(int rounds) throws IOException, SQLException {
		Notes.sync(this.serving);
		String restored = this.serving.post(Notes.DATABASE + "/restore", "{\"outputPath\": \"restored.db\"}")
			.is(200)
			.json()
			.get("outputPath")
			.asString();
		this.serving.stop();
		long wrong = wrong("database", home(rounds).resolve("notes.db")) + wrong("restore", Path.of(restored));
		long generations;
		try (Stream<Path> each = Files.list(this.directory.resolve("replica/generations"))) {
			generations = each.count();
		}
		long[] sorted = this.swaps.stream().mapToLong(Long::longValue).sorted().toArray();
		System.out.printf(
				"%d rounds, %d requests, %d failed, %d sent again, %d notes acknowledged, %d lost or twice,"
						+ " %d generations, swap p50 %d ms, max %d ms%n",
				rounds, this.requests.get(), this.failures.size(), this.proxy.repeated(), this.acknowledged.size(),
				wrong, generations, sorted[sorted.length / 2], sorted[sorted.length - 1]);
		this.failures.stream().limit(10).forEach(System.out::println);
		return wrong == 0 && this.failures.isEmpty();
	}

	/** How many notes are not there once although they were acknowledged, or twice. */
	private long wrong(String where, Path database) throws SQLException {
		Map<String, Long> stored = Notes.allIn(database)
			.stream()
			.map((note) -> note.substring(note.indexOf(' ') + 1))
			.collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
		List<String> lost = this.acknowledged.stream().filter((text) -> !stored.containsKey(text)).toList();
		List<String> twice = stored.entrySet()
			.stream()
			.filter((note) -> note.getValue() > 1)
			.map(Map.Entry::getKey)
			.toList();
		if (!lost.isEmpty() || !twice.isEmpty()) {
			System.out.printf("in the %s are %d notes; lost are %s, twice there are %s%n", where, stored.size(), lost,
					twice);
		}
		return (long) lost.size() + twice.size();
	}

	private Path home(int round) {
		return this.directory.resolve("instance-" + round);
	}

	private String[] arguments() {
		return new String[] { "--spring.datasource.url=jdbc:sqlite:./notes.db",
				"--litestream.replicas[0].url=" + this.directory.resolve("replica").toUri(),
				"--litestream.lease.duration=" + LEASE.toSeconds() + "s" };
	}

	private void end() throws IOException {
		this.stopped = true;
		this.proxy.close();
		this.serving.close();
		Files.writeString(this.directory.resolve("last.log"), this.serving.output());
	}

	private static void delete(Path directory) throws IOException {
		try (Stream<Path> files = Files.walk(directory)) {
			for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
				Files.delete(file);
			}
		}
	}

}
