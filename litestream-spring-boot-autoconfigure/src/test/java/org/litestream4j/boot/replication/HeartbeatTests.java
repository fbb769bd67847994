package org.litestream4j.boot.replication;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

import com.sun.net.httpserver.HttpServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import org.litestream4j.DatabaseStatus;
import org.litestream4j.DatabaseStatus.Ownership;
import org.litestream4j.DatabaseStatus.ReplicaStatus;
import org.litestream4j.DatabaseStatus.State;

import static org.assertj.core.api.Assertions.assertThat;

@ExtendWith(OutputCaptureExtension.class)
class HeartbeatTests {

	private static final Duration SHORT = Duration.ofMillis(20);

	private final BlockingQueue<String> requests = new LinkedBlockingQueue<>();

	private volatile int status = 200;

	private HttpServer server;

	@BeforeEach
	void listen() throws IOException {
		this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		this.server.createContext("/", (exchange) -> {
			exchange.sendResponseHeaders(this.status, -1);
			exchange.close();
			this.requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
		});
		this.server.start();
	}

	@AfterEach
	void close() {
		this.server.stop(0);
	}

	private URI url() {
		return URI.create("http://127.0.0.1:%d/ping/s3cret?a=b".formatted(this.server.getAddress().getPort()));
	}

	/** Counts how often it is asked. */
	private static final class Health implements BooleanSupplier {

		private volatile boolean well;

		private CountDownLatch asked = new CountDownLatch(0);

		@Override
		public synchronized boolean getAsBoolean() {
			this.asked.countDown();
			return this.well;
		}

		void awaitAsked(int times) throws InterruptedException {
			CountDownLatch latch;
			synchronized (this) {
				latch = new CountDownLatch(times);
				this.asked = latch;
			}
			assertThat(latch.await(2, TimeUnit.MINUTES)).isTrue();
		}

	}

	@Test
	void urlIsAskedForAgainAndAgainWhileAllIsWell() throws InterruptedException {
		Heartbeat heartbeat = new Heartbeat(url(), SHORT, () -> true);
		heartbeat.start();
		try {
			assertThat(heartbeat.isRunning()).isTrue();
			for (int i = 0; i < 3; i++) {
				assertThat(this.requests.poll(2, TimeUnit.MINUTES)).isEqualTo("GET /ping/s3cret?a=b");
			}
		}
		finally {
			heartbeat.stop();
		}
		assertThat(heartbeat.isRunning()).isFalse();
	}

	@Test
	void urlIsNotAskedForWhileSomethingIsWrongAndAtOnceAfterThat() throws InterruptedException {
		Health health = new Health();
		Heartbeat heartbeat = new Heartbeat(url(), SHORT, health);
		heartbeat.start();
		try {
			health.awaitAsked(10);
			assertThat(this.requests).isEmpty();
			health.well = true;
			assertThat(this.requests.poll(2, TimeUnit.MINUTES)).isNotNull();
		}
		finally {
			heartbeat.stop();
		}
	}

	@Test
	void urlIsAskedForOnceAnInterval() throws InterruptedException {
		Heartbeat heartbeat = new Heartbeat(url(), Duration.ofHours(1), () -> true);
		heartbeat.start();
		assertThat(this.requests.poll(2, TimeUnit.MINUTES)).isNotNull();
		heartbeat.stop();
		heartbeat.start();
		assertThat(this.requests.poll(200, TimeUnit.MILLISECONDS)).as("a pause does not shorten the interval").isNull();
		heartbeat.stop();
	}

	@Test
	void failureIsSaidOnceAndWithoutTheUrl(CapturedOutput output) throws InterruptedException {
		this.status = 500;
		Heartbeat heartbeat = new Heartbeat(url(), SHORT, () -> true);
		heartbeat.start();
		try {
			for (int i = 0; i < 4; i++) {
				assertThat(this.requests.poll(2, TimeUnit.MINUTES)).isNotNull();
			}
			this.status = 204;
			this.requests.clear();
			for (int i = 0; i < 3; i++) {
				assertThat(this.requests.poll(2, TimeUnit.MINUTES)).isNotNull();
			}
		}
		finally {
			heartbeat.stop();
		}
		assertThat(output.toString()).containsOnlyOnce("The heartbeat to 127.0.0.1 fails: it answers 500")
			.containsOnlyOnce("The heartbeat to 127.0.0.1 works again")
			.doesNotContain("s3cret");
	}

	@Test
	void serverThatIsNotThereDisturbsNothing(CapturedOutput output) throws InterruptedException {
		this.server.stop(0);
		Health health = new Health();
		health.well = true;
		Heartbeat heartbeat = new Heartbeat(url(), SHORT, health);
		heartbeat.start();
		health.awaitAsked(3);
		heartbeat.stop();
		assertThat(output.toString()).containsOnlyOnce("The heartbeat to 127.0.0.1 fails: ConnectException")
			.doesNotContain("s3cret");
	}

	@ParameterizedTest
	@EnumSource(State.class)
	void replicaThatFailsIsNotWell(State state) {
		boolean works = state == State.REPLICATING || state == State.BEHIND;
		assertThat(isWell(replica(state, Duration.ZERO, null, null))).isEqualTo(works);
	}

	@Test
	void databaseIsNotWellWithLagOrProblemOrAFailedValidation() {
		assertThat(isWell(replica(State.REPLICATING, Duration.ofSeconds(59), true, null))).isTrue();
		assertThat(isWell(replica(State.REPLICATING, Duration.ofSeconds(60), true, null))).isFalse();
		assertThat(isWell(replica(State.REPLICATING, Duration.ZERO, false, null))).isFalse();
		assertThat(isWell(replica(State.REPLICATING, Duration.ZERO, true, "it does not restore"))).isFalse();
		assertThat(Wellness.isWell(status(Map.of(), null), Duration.ofMinutes(1))).isFalse();
		assertThat(Wellness.isWell(
				status(Map.of("file", replica(State.REPLICATING, Duration.ZERO, null, null)), "it was moved"),
				Duration.ofMinutes(1)))
			.isFalse();
	}

	private static boolean isWell(ReplicaStatus replica) {
		return Wellness.isWell(status(Map.of("file", replica), null), Duration.ofMinutes(1));
	}

	private static DatabaseStatus status(Map<String, ReplicaStatus> replicas, @Nullable String problem) {
		return new DatabaseStatus("app", Path.of("app.db"), State.REPLICATING, null, 0, 0, 0, replicas, List.of(),
				problem);
	}

	private static ReplicaStatus replica(State state, Duration lag, @Nullable Boolean valid, @Nullable String problem) {
		return new ReplicaStatus("file:///replica", state, null, null, 0, lag, null, null, null, valid, null, problem,
				Ownership.NONE);
	}

}
