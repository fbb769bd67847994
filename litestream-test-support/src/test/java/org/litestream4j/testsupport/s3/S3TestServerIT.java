package org.litestream4j.testsupport.s3;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.Delete;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Exception;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class S3TestServerIT {

	private static final String BUCKET = "bucket";

	@TempDir
	Path directory;

	private S3TestServer server;

	private S3Client client;

	@BeforeEach
	void start() {
		this.server = S3TestServer.start(this.directory);
		this.server.createBucket(BUCKET);
		this.client = client(this.server.endpoint(), S3TestServer.SECRET_ACCESS_KEY);
	}

	@AfterEach
	void stop() {
		this.client.close();
		this.server.close();
	}

	@Test
	void eachKindOfRequestIsCountedAsWhatItIs() {
		put("a", 10);
		get("a");
		this.client.headObject((r) -> r.bucket(BUCKET).key("a"));
		this.client.listObjectsV2((r) -> r.bucket(BUCKET).prefix("a").delimiter("/"));
		this.client.deleteObject((r) -> r.bucket(BUCKET).key("a"));
		this.client.deleteObjects((r) -> r.bucket(BUCKET)
			.delete(Delete.builder().objects(ObjectIdentifier.builder().key("b").build()).build()));
		String upload = this.client.createMultipartUpload((r) -> r.bucket(BUCKET).key("m")).uploadId();
		assertThat(this.server.unfinishedUploads(BUCKET)).isEqualTo(1);
		String tag = this.client
			.uploadPart((r) -> r.bucket(BUCKET).key("m").uploadId(upload).partNumber(1),
					RequestBody.fromBytes(new byte[100]))
			.eTag();
		this.client.completeMultipartUpload((r) -> r.bucket(BUCKET)
			.key("m")
			.uploadId(upload)
			.multipartUpload((m) -> m.parts(CompletedPart.builder().partNumber(1).eTag(tag).build())));
		String second = this.client.createMultipartUpload((r) -> r.bucket(BUCKET).key("n")).uploadId();
		this.client.abortMultipartUpload((r) -> r.bucket(BUCKET).key("n").uploadId(second));
		assertThat(this.server.unfinishedUploads(BUCKET)).isZero();
		assertThat(this.server.requests().counts()).containsOnlyKeys(S3Operation.PUT, S3Operation.GET, S3Operation.HEAD,
				S3Operation.LIST, S3Operation.DELETE, S3Operation.DELETE_BATCH, S3Operation.CREATE_UPLOAD,
				S3Operation.UPLOAD_PART, S3Operation.COMPLETE_UPLOAD, S3Operation.ABORT_UPLOAD);
		assertThat(this.server.keys(BUCKET)).containsExactly("m");
	}

	@Test
	void deniedOperationFailsAndOthersDoNot() {
		this.server.faults().deny(S3Operation.PUT);
		assertThatExceptionOfType(S3Exception.class).isThrownBy(() -> put("a", 10))
			.satisfies((ex) -> assertThat(ex.statusCode()).isEqualTo(403));
		assertThat(this.client.listObjectsV2((r) -> r.bucket(BUCKET)).contents()).isEmpty();
		this.server.faults().clear();
		put("a", 10);
		assertThat(this.server.keys(BUCKET)).containsExactly("a");
	}

	@Test
	void wrongSecretIsRejected() {
		try (S3Client stranger = client(this.server.endpoint(), "wrong")) {
			assertThatExceptionOfType(S3Exception.class)
				.isThrownBy(() -> stranger.listObjectsV2((r) -> r.bucket(BUCKET)))
				.satisfies((ex) -> assertThat(ex.awsErrorDetails().errorCode()).isEqualTo("SignatureDoesNotMatch"));
		}
	}

	@Test
	void uploadThatIsResetLeavesNothing() {
		this.server.faults().next(1, Faults.of(S3Operation.PUT), new Fault.ResetUpload(100_000));
		assertThatExceptionOfType(SdkClientException.class).isThrownBy(() -> put("a", 1_000_000));
		assertThat(this.server.keys(BUCKET)).isEmpty();
	}

	@Test
	void uploadWhoseAnswerIsLostIsStored() {
		this.server.faults().next(1, Faults.of(S3Operation.PUT), new Fault.LoseAnswer());
		assertThatExceptionOfType(SdkClientException.class).isThrownBy(() -> put("a", 1000));
		assertThat(this.server.keys(BUCKET)).containsExactly("a");
	}

	@Test
	void requestThatTakesEffectLateDoesSoAfterItsSenderHasGivenItUp() {
		this.server.faults().next(1, Faults.of(S3Operation.PUT), new Fault.LateEffect(Duration.ofMillis(500)));
		assertThatExceptionOfType(SdkClientException.class).isThrownBy(() -> put("a", 1000));
		assertThat(this.server.requests().succeeded()).isEmpty();
		awaitEffect();
		assertThat(get("a")).hasSize(1000);
	}

	/** What arrives late, on the condition that there is nothing, changes nothing. */
	@Test
	void conditionalRequestThatTakesEffectLateIsRefused() throws Exception {
		this.server.faults().next(1, Faults.of(S3Operation.PUT), new Fault.LateEffect(Duration.ofMillis(300)));
		assertThatExceptionOfType(SdkClientException.class).isThrownBy(() -> this.client
			.putObject((r) -> r.bucket(BUCKET).key("lock").ifNoneMatch("*"), RequestBody.fromString("too late")));
		this.client.putObject((r) -> r.bucket(BUCKET).key("lock").ifNoneMatch("*"), RequestBody.fromString("in time"));
		this.server.faults().next(1, Faults.of(S3Operation.PUT), new Fault.LateEffect(Duration.ofMillis(300)));
		assertThatExceptionOfType(SdkClientException.class).isThrownBy(() -> put("last", 10));
		awaitEffect("last");
		assertThat(get("lock")).asString().isEqualTo("in time");
	}

	@Test
	void answerThatIsLateIsOfARequestThatHasTakenEffect() throws Exception {
		this.server.faults().next(1, Faults.of(S3Operation.PUT), new Fault.LateAnswer(Duration.ofHours(1)));
		ExecutorService thread = Executors.newSingleThreadExecutor();
		try {
			Future<?> put = thread.submit(() -> put("a", 1000));
			awaitEffect();
			assertThat(get("a")).hasSize(1000);
			assertThat(put.isDone()).isFalse();
		}
		finally {
			this.server.down();
			thread.shutdownNow();
		}
	}

	private void awaitEffect() {
		awaitEffect("a");
	}

	private void awaitEffect(String key) {
		while (this.server.requests().succeeded().stream().noneMatch((request) -> request.keyContains("/" + key))) {
			Thread.onSpinWait();
		}
	}

	/** Two processes that share one server: what one stores, the other one sees. */
	@Test
	void serverRunsInAProcessOfItsOwn(@TempDir Path other) throws Exception {
		try (S3ServerProcess process = S3ServerProcess.start(other, BUCKET);
				S3Client through = client(process.endpoint(), S3TestServer.SECRET_ACCESS_KEY);
				S3Client direct = client(process.directEndpoint(), S3TestServer.SECRET_ACCESS_KEY)) {
			assertThat(process.chaos(7, 1000, Duration.ofMillis(1)))
				.isEqualTo("chaos with seed 7: faults 1000 per mille, up to 1 ms late");
			int failed = 0;
			for (int i = 0; i < 40; i++) {
				try {
					through.putObject((r) -> r.bucket(BUCKET).key("a").ifNoneMatch("*"),
							RequestBody.fromString("mine"));
				}
				catch (SdkException ex) {
					failed++;
				}
			}
			assertThat(failed).isPositive();
			assertThat(process.requests()).isEqualTo(40);
			process.calm();
			through.putObject((r) -> r.bucket(BUCKET).key("b"), RequestBody.fromString("calm"));
			process.down();
			assertThatExceptionOfType(SdkClientException.class)
				.isThrownBy(() -> through.headObject((r) -> r.bucket(BUCKET).key("b")));
			process.up();
			assertThat(through.headObject((r) -> r.bucket(BUCKET).key("b")).contentLength()).isEqualTo(4);
			assertThat(direct.headObject((r) -> r.bucket(BUCKET).key("b")).contentLength()).isEqualTo(4);
		}
	}

	@Test
	void sameSeedIsTheSameChaos() {
		S3Request request = new S3Request(S3Operation.PUT, "/bucket/a", Map.of("if-none-match", "*"));
		for (long seed = 1; seed < 20; seed++) {
			Chaos one = new Chaos(seed, 300, Duration.ofMillis(100));
			Chaos other = new Chaos(seed, 300, Duration.ofMillis(100));
			Set<String> kinds = new HashSet<>();
			int strikes = 0;
			for (int i = 0; i < 1000; i++) {
				Fault fault = one.next(request);
				assertThat(other.next(request)).isEqualTo(fault);
				kinds.add(fault.getClass().getSimpleName());
				strikes += fault.equals(new Fault.Delay(Duration.ZERO)) ? 0 : 1;
			}
			assertThat(strikes).as("of seed %d", seed).isBetween(200, 400);
			assertThat(kinds).containsExactlyInAnyOrder("Delay", "LateAnswer", "LoseAnswer", "LateEffect", "Answer");
		}
	}

	@Test
	void downloadThatIsResetOrTruncatedFailsInTheMiddle() throws IOException {
		put("a", 1_000_000);
		for (Fault fault : List.of(new Fault.ResetDownload(300_000), new Fault.TruncateDownload(300_000))) {
			this.server.faults().next(1, Faults.of(S3Operation.GET), fault);
			try (InputStream in = this.client.getObject((r) -> r.bucket(BUCKET).key("a"))) {
				assertThatExceptionOfType(IOException.class).isThrownBy(in::readAllBytes);
			}
		}
	}

	@Test
	void answerComesLateWhenDelayed() {
		put("a", 10);
		this.server.faults().latency(Duration.ofMillis(200));
		long start = System.nanoTime();
		assertThat(get("a")).hasSize(10);
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(190));
	}

	@Test
	void serverThatIsDownComesBackOnTheSamePort() {
		put("a", 10);
		URI endpoint = this.server.endpoint();
		this.server.down();
		assertThatExceptionOfType(SdkClientException.class).isThrownBy(() -> get("a"));
		this.server.up();
		assertThat(this.server.endpoint()).isEqualTo(endpoint);
		assertThat(get("a")).hasSize(10);
	}

	@Test
	void onlyOneOfManyConditionalWritesWins() throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(16);
		List<Future<Boolean>> writers = new ArrayList<>();
		for (int i = 0; i < 16; i++) {
			writers.add(threads.submit(() -> {
				try {
					this.client.putObject((r) -> r.bucket(BUCKET).key("lock").ifNoneMatch("*"),
							RequestBody.fromString("mine"));
					return true;
				}
				catch (S3Exception ex) {
					assertThat(ex.statusCode()).isEqualTo(412);
					return false;
				}
			}));
		}
		int winners = 0;
		for (Future<Boolean> writer : writers) {
			winners += writer.get() ? 1 : 0;
		}
		threads.shutdown();
		assertThat(winners).isEqualTo(1);
	}

	private void put(String key, int size) {
		this.client.putObject((r) -> r.bucket(BUCKET).key(key), RequestBody.fromBytes(new byte[size]));
	}

	private byte[] get(String key) {
		return this.client.getObjectAsBytes((r) -> r.bucket(BUCKET).key(key)).asByteArray();
	}

	private static S3Client client(URI endpoint, String secret) {
		return S3Client.builder()
			.endpointOverride(endpoint)
			.region(Region.of(S3TestServer.REGION))
			.forcePathStyle(true)
			.credentialsProvider(
					StaticCredentialsProvider.create(AwsBasicCredentials.create(S3TestServer.ACCESS_KEY_ID, secret)))
			.overrideConfiguration((o) -> o.retryStrategy(DefaultRetryStrategy.doNotRetry()))
			.build();
	}

}
