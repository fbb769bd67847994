package org.litestream4j.sample;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What stands before the application in a rolling deploy: sends each request to the
 * instance that serves, and holds it while none does. A request whose answer did not come
 * is sent again; as a note may have been stored all the same, its text, which has to be
 * unique, is looked for first. Thread-safe.
 */
final class SwapProxy implements AutoCloseable {

	/** How long a request is held at most. */
	private static final Duration PATIENCE = Duration.ofMinutes(2);

	private static final JsonMapper JSON = JsonMapper.builder().build();

	private final HttpServer server;

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final AtomicInteger repeated = new AtomicInteger();

	private @Nullable Instance serving;

	SwapProxy() throws IOException {
		this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
		this.server.setExecutor(this.threads);
		this.server.createContext("/", this::handle);
		this.server.start();
	}

	/** Where clients send their requests. */
	URI url(String path) {
		return URI.create("http://localhost:" + this.server.getAddress().getPort() + path);
	}

	/** Sends what comes from now on, and what is held, to an instance. */
	synchronized void serve(SampleProcess sample) {
		this.serving = new Instance(sample);
		notifyAll();
	}

	/**
	 * Sends nothing more to the instance that serves, as it is about to stop. What was
	 * sent to it goes on.
	 */
	synchronized void hold() {
		this.serving = null;
	}

	/** How many requests were sent to more than one instance, or twice to one. */
	int repeated() {
		return this.repeated.get();
	}

	private void handle(HttpExchange exchange) throws IOException {
		try (exchange) {
			byte[] body = exchange.getRequestBody().readAllBytes();
			String path = exchange.getRequestURI().toString();
			Reply reply = forward(exchange.getRequestMethod(), path, body);
			byte[] answer = reply.body().getBytes(StandardCharsets.UTF_8);
			exchange.sendResponseHeaders(reply.status(), answer.length);
			exchange.getResponseBody().write(answer);
		}
		catch (InterruptedException ex) {
			throw new IOException("interrupted", ex);
		}
	}

	private Reply forward(String method, String path, byte[] body) throws IOException, InterruptedException {
		long deadline = System.nanoTime() + PATIENCE.toNanos();
		@Nullable Instance failed = null;
		while (true) {
			Instance instance = await(failed, deadline);
			try {
				if (failed != null) {
					this.repeated.incrementAndGet();
					if (instance.hasStored(body)) {
						return new Reply(201, new String(body, StandardCharsets.UTF_8));
					}
				}
				return instance.send(method, path, body);
			}
			catch (IOException ex) {
				failed = instance;
			}
		}
	}

	/**
	 * The instance that serves, once it is another one than that which did not answer.
	 */
	private synchronized Instance await(@Nullable Instance failed, long deadline)
			throws IOException, InterruptedException {
		while (this.serving == null || this.serving == failed) {
			long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
			if (millis <= 0) {
				throw new IOException("no instance served for " + PATIENCE);
			}
			wait(millis);
		}
		return this.serving;
	}

	@Override
	public void close() {
		this.server.stop(0);
		this.threads.shutdownNow();
	}

	/** An instance and the connections to it. */
	private static final class Instance {

		private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

		private final SampleProcess sample;

		private Instance(SampleProcess sample) {
			this.sample = sample;
		}

		Reply send(String method, String path, byte[] body) throws IOException, InterruptedException {
			HttpRequest request = HttpRequest.newBuilder(this.sample.url(path))
				.header("Content-Type", "application/json")
				.method(method, HttpRequest.BodyPublishers.ofByteArray(body))
				.timeout(PATIENCE)
				.build();
			HttpResponse<String> response = this.http.send(request, HttpResponse.BodyHandlers.ofString());
			return new Reply(response.statusCode(), response.body());
		}

		/** Whether a request is a note that is among the newest ones. */
		boolean hasStored(byte[] body) throws IOException, InterruptedException {
			if (body.length == 0) {
				return false;
			}
			String text = JSON.readTree(body).get("text").asString();
			for (JsonNode note : JSON.readTree(send("GET", "/api/notes?limit=1000", new byte[0]).body())) {
				if (note.get("text").asString().equals(text)) {
					return true;
				}
			}
			return false;
		}

	}

	/** What an instance has answered. */
	private record Reply(int status, String body) {
	}

}
