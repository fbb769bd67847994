package org.litestream4j.boot.actuate;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.actuate.LitestreamReport.Validated;
import org.litestream4j.format.Snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link LitestreamEndpoint}.
 */
class LitestreamEndpointTests {

	private static final int MAX_WAITING = 64;

	@TempDir
	private Path directory;

	private LitestreamEndpoint endpoint(LitestreamDatabase database, Duration maxTimeout) {
		Litestream litestream = () -> Map.of("app", database);
		return new LitestreamEndpoint(litestream,
				(any) -> new EndpointSettings(this.directory.resolve("restores"), maxTimeout));
	}

	private static Object sync(LitestreamEndpoint endpoint, String timeout) throws Exception {
		return endpoint.run("app", "sync", timeout, null, null, null, null, null, null);
	}

	@Test
	void syncWaitsNoLongerThanTheLimitAndSaysIt() throws Exception {
		Files.writeString(this.directory.resolve("replica"), "in the way");
		try (LitestreamDatabase database = Databases.start(this.directory)) {
			LitestreamEndpoint endpoint = endpoint(database, Duration.ofMillis(300));
			assertThatExceptionOfType(EndpointRequestException.class).isThrownBy(() -> sync(endpoint, "365d"))
				.withMessageContaining("of at most 300 ms (litestream.endpoint.max-timeout)")
				.satisfies((ex) -> assertThat(ex.status()).isEqualTo(400));
			assertThatExceptionOfType(TimeoutException.class)
				.isThrownBy(() -> endpoint.run("app", "sync", null, null, null, null, null, null, null))
				.withMessageContaining("within 300 ms");
		}
	}

	@Test
	void moreRequestsThanMayWaitAreRefusedAtOnce() throws Exception {
		Files.writeString(this.directory.resolve("replica"), "in the way");
		ExecutorService requests = Executors.newFixedThreadPool(MAX_WAITING + 1);
		try (LitestreamDatabase database = Databases.start(this.directory)) {
			LitestreamEndpoint endpoint = endpoint(database, Duration.ofMinutes(5));
			CompletionService<Object> answers = new ExecutorCompletionService<>(requests);
			for (int i = 0; i <= MAX_WAITING; i++) {
				answers.submit(() -> sync(endpoint, "5m"));
			}
			assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> answers.take().get())
				.havingCause()
				.isInstanceOfSatisfying(EndpointRequestException.class, (ex) -> assertThat(ex.status()).isEqualTo(503))
				.withMessage("64 requests wait for a sync already: try again when they have ended,"
						+ " or wait for fewer at once");
			assertThat(endpoint.database("app").replicas()).hasSize(1);
			requests.shutdownNow();
			assertThat(requests.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
			assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> sync(endpoint, "10ms"));
		}
		finally {
			requests.shutdownNow();
		}
	}

	@Test
	void damagedReplicaIsAVerdictAndNoFailure() throws Exception {
		try (LitestreamDatabase database = Databases.start(this.directory)) {
			Snapshot snapshot = database.snapshot("file").get(0);
			Path file = this.directory.resolve("replica").resolve(snapshot.objectName());
			byte[] bytes = Files.readAllBytes(file);
			bytes[bytes.length / 2] ^= 1;
			Files.write(file, bytes);
			LitestreamEndpoint endpoint = endpoint(database, Duration.ofMinutes(5));
			Validated validated = (Validated) endpoint.run("app", "validate", null, null, null, null, null, null, null);
			assertThat(validated.valid()).isFalse();
			assertThat(validated.results()).singleElement().satisfies((result) -> {
				assertThat(result.valid()).isFalse();
				assertThat(result.error()).isNotBlank();
				assertThat(result.replicaChecksum()).isNull();
			});
			assertThat(endpoint.database("app").replicas().get("file")).isNotNull()
				.satisfies((replica) -> assertThat(replica.lastValidationOk()).isFalse());
		}
	}

}
