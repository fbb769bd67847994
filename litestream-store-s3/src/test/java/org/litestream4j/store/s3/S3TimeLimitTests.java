package org.litestream4j.store.s3;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.testsupport.s3.ScriptedStore;
import org.litestream4j.testsupport.s3.ScriptedStore.Answer;
import org.litestream4j.testsupport.s3.ScriptedStore.Script;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/** Through a client whose own limits are short, so that the tests are too. */
@Timeout(180)
class S3TimeLimitTests {

	private static final Script SILENT = (request, out) -> Thread.sleep(60_000);

	private static final Script TRICKLING = (request, out) -> {
		out.write("HTTP/1.1 200 OK\r\n\r\n<ListBucketResult>".getBytes(StandardCharsets.US_ASCII));
		while (true) {
			out.write(' ');
			out.flush();
			Thread.sleep(20);
		}
	};

	@Test
	void storeThatIsSilentIsGivenUp() {
		assertThat(failure(SILENT)).hasMessageContaining("the endpoint does not answer in time");
	}

	@Test
	void listingThatTricklesInWithoutEndIsGivenUp() {
		assertThat(failure(TRICKLING)).hasMessageContaining("the endpoint does not answer in time");
	}

	@Test
	void storeThatWantsToBeLeftAloneIsNotWaitedFor() {
		Answer busy = new Answer(503, Map.of("Retry-After", "600"), "<Error><Code>SlowDown</Code></Error>");
		try (ScriptedStore store = new ScriptedStore(busy); V03Replica client = Scripted.replica(store)) {
			IOException failure = catchThrowableOfType(IOException.class, client::generations);
			assertThat(failure).hasMessageContaining("the store asks for fewer requests or is overloaded")
				.hasMessageContaining("to wait for 600 s");
		}
	}

	@Test
	void interruptEndsAListingThatHasNoEnd() throws InterruptedException {
		try (ScriptedStore store = new ScriptedStore(TRICKLING); V03Replica client = Scripted.replica(store)) {
			Thread caller = Thread.currentThread();
			Thread interrupter = new Thread(() -> {
				while (store.asked().isEmpty()) {
					Thread.onSpinWait();
				}
				caller.interrupt();
			});
			interrupter.start();
			assertThatExceptionOfType(InterruptedIOException.class).isThrownBy(client::generations);
			assertThat(Thread.interrupted()).isTrue();
			interrupter.join();
		}
	}

	private static IOException failure(Script script) {
		try (ScriptedStore store = new ScriptedStore(script);
				S3Client application = S3Client.builder()
					.region(Region.EU_NORTH_1)
					.endpointOverride(store.endpoint())
					.forcePathStyle(true)
					.credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("key", "secret")))
					.overrideConfiguration((limits) -> limits.apiCallAttemptTimeout(Duration.ofMillis(300))
						.apiCallTimeout(Duration.ofMillis(700)))
					.build();
				V03Replica client = new V03Replica(
						new S3Store(application, false, S3Location.of("bucket", "app"), S3ReplicaOptions.DEFAULTS))) {
			IOException failure = catchThrowableOfType(IOException.class, client::generations);
			assertThat(failure).isNotNull();
			return failure;
		}
	}

}
