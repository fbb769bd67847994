package org.litestream4j.store.s3;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.IdentityProvider;
import software.amazon.awssdk.identity.spi.ResolveIdentityRequest;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/** Tests for {@link S3QuickReads}. */
class S3QuickReadsTests {

	private static final String OURS = "litestream-spring-boot-starter";

	private final Store store = new Store();

	private long now;

	@ParameterizedTest
	@CsvSource({ "'', , bucket", "'', true, bucket", "'', , with.dots", "http://127.0.0.1:9000, true, bucket",
			"https://store.example.com/base, true, bucket", "https://store.example.com:8443, false, bucket",
			"https://store.example.com, false, with.dots", "https://store.example.com, true, Old_Bucket" })
	void asksAsTheSdkDoes(String endpoint, @Nullable Boolean pathStyle, String bucket) throws IOException {
		S3ClientBuilder builder = builder().forcePathStyle(pathStyle);
		if (!endpoint.isEmpty()) {
			builder.endpointOverride(URI.create(endpoint));
		}
		GetObjectRequest request = request(bucket, "a b/ü+~*'(c)/x=1&y/00000001.wal.lz4");
		try (S3Client client = client(builder)) {
			assertThat(read(client, request)).isEqualTo("hello");
			assertThat(read(client, request)).isEqualTo("hello");
		}
		assertThat(this.store.agents()).hasSize(2).last().isEqualTo(OURS);
		SdkHttpRequest sdk = this.store.asked.get(0);
		SdkHttpRequest ours = this.store.asked.get(1);
		assertThat(ours.method()).isEqualTo(sdk.method());
		assertThat(ours.getUri()).isEqualTo(sdk.getUri());
		assertThat(scope(ours)).isEqualTo(scope(sdk)).contains("/eu-north-1/s3/aws4_request");
		assertThat(ours.firstMatchingHeader("x-amz-content-sha256")).isPresent();
	}

	/** Key, date, region and service that were signed for. */
	private static String scope(SdkHttpRequest request) {
		String authorization = request.firstMatchingHeader("Authorization").orElseThrow();
		return authorization.substring(0, authorization.indexOf(','));
	}

	@Test
	void answerHasTheETagAndTheLength() throws IOException {
		try (S3Client client = warm()) {
			try (ResponseInputStream<GetObjectResponse> in = client.getObject(request("bucket", "key"))) {
				assertThat(in.response().eTag()).isEqualTo("\"tag\"");
				assertThat(in.response().contentLength()).isEqualTo(5);
			}
		}
		assertThat(this.store.agents()).containsExactly(OURS);
	}

	@Test
	void partOfAnObjectIsLeftToTheSdk() throws IOException {
		try (S3Client client = warm()) {
			read(client, request("bucket", "key").toBuilder().range("bytes=0-4").build());
			read(client, request("bucket", "key").toBuilder().ifMatch("\"tag\"").build());
		}
		assertThat(this.store.agents()).hasSize(2).doesNotContain(OURS);
	}

	@ParameterizedTest
	@ValueSource(ints = { 301, 400, 403, 429, 500, 503 })
	void whatTheStoreRefusesIsLeftToTheSdkAndSoIsAllForAWhile(int status) throws IOException {
		this.store.answers.add(new Answer(status, "", true));
		expectFallback();
	}

	@ParameterizedTest
	@ValueSource(ints = { Answer.RESET, Answer.UNEXPECTED })
	void whatGoesWrongIsLeftToTheSdkAndSoIsAllForAWhile(int failure) throws IOException {
		this.store.answers.add(new Answer(failure, "", true));
		expectFallback();
	}

	@Test
	void answerThatDoesNotSayItsLengthIsLeftToTheSdk() throws IOException {
		this.store.answers.add(new Answer(200, "hello", false));
		expectFallback();
	}

	@Test
	@Timeout(180)
	void storeThatIsSilentIsLeftToTheSdkWhenTheRequestsTimeIsOver() throws IOException {
		this.store.answers.add(new Answer(Answer.SILENT, "", true));
		GetObjectRequest limited = request("bucket", "key").toBuilder()
			.overrideConfiguration((limits) -> limits.apiCallAttemptTimeout(Duration.ofMillis(200)))
			.build();
		try (S3Client client = warm()) {
			assertThat(read(client, limited)).isEqualTo("hello");
		}
		assertThat(this.store.agents()).hasSize(2).first().isEqualTo(OURS);
		assertThat(this.store.agents()).last().isNotEqualTo(OURS);
	}

	private void expectFallback() throws IOException {
		GetObjectRequest request = request("bucket", "key");
		try (S3Client client = warm()) {
			assertThat(read(client, request)).isEqualTo("hello");
			this.now += S3QuickReads.REST.toNanos() - 1;
			assertThat(read(client, request)).isEqualTo("hello");
			this.now++;
			assertThat(read(client, request)).isEqualTo("hello");
		}
		List<String> agents = this.store.agents();
		assertThat(agents).hasSize(4);
		assertThat(agents.get(0)).isEqualTo(OURS);
		assertThat(agents.subList(1, 3)).doesNotContain(OURS);
		assertThat(agents.get(3)).isEqualTo(OURS);
		assertThat(this.store.bodies).allSatisfy((body) -> assertThat(body.ended).isTrue());
	}

	@Test
	void missingObjectIsTheSdksToExplainAndNoReasonToRest() throws IOException {
		this.store.answers.add(new Answer(404, "", true));
		this.store.answers.add(new Answer(404, "<Error><Code>NoSuchKey</Code></Error>", true));
		try (S3Client client = warm()) {
			assertThatExceptionOfType(NoSuchKeyException.class)
				.isThrownBy(() -> client.getObject(request("bucket", "missing")));
			read(client, request("bucket", "key"));
		}
		assertThat(this.store.agents()).hasSize(3).first().isEqualTo(OURS);
		assertThat(this.store.agents()).last().isEqualTo(OURS);
	}

	@Test
	void missingCredentialsAreTheSdksToExplain() {
		try (S3Client client = client(builder().credentialsProvider(new NoCredentials()))) {
			for (int i = 0; i < 2; i++) {
				assertThatExceptionOfType(SdkClientException.class)
					.isThrownBy(() -> client.getObject(request("bucket", "key")))
					.withMessageContaining("there are none");
			}
		}
		assertThat(this.store.asked).isEmpty();
	}

	private S3ClientBuilder builder() {
		return S3Client.builder()
			.region(Region.EU_NORTH_1)
			.httpClient(this.store)
			.credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("key", "secret")));
	}

	private S3QuickReads client(S3ClientBuilder builder) {
		S3KnownEndpoints endpoints = new S3KnownEndpoints();
		return new S3QuickReads(builder.endpointProvider(endpoints).build(), this.store, endpoints, () -> this.now);
	}

	/** A client that knows where the bucket is. */
	private S3QuickReads warm() throws IOException {
		S3QuickReads client = client(builder());
		this.store.answers.addFirst(new Answer(200, "", true));
		read(client, request("bucket", "any"));
		this.store.asked.clear();
		return client;
	}

	private static GetObjectRequest request(String bucket, String key) {
		return GetObjectRequest.builder().bucket(bucket).key(key).build();
	}

	private static String read(S3Client client, GetObjectRequest request) throws IOException {
		try (ResponseInputStream<GetObjectResponse> in = client.getObject(request)) {
			return new String(in.readAllBytes(), StandardCharsets.UTF_8);
		}
	}

	/**
	 * What a store says.
	 *
	 * @param status or how it fails
	 * @param body the body
	 * @param withLength whether there is a length
	 */
	private record Answer(int status, String body, boolean withLength) {

		static final int RESET = -1;

		static final int UNEXPECTED = -2;

		/** Until the request is aborted. */
		static final int SILENT = -3;

	}

	private static final class Body extends ByteArrayInputStream {

		private boolean ended;

		Body(String body) {
			super(body.getBytes(StandardCharsets.UTF_8));
		}

		@Override
		public void close() {
			this.ended = true;
		}

	}

	/** Answers what it was told to, else "hello". */
	private static final class Store implements SdkHttpClient {

		private final List<SdkHttpRequest> asked = new ArrayList<>();

		private final Deque<Answer> answers = new ArrayDeque<>();

		private final List<Body> bodies = new ArrayList<>();

		List<String> agents() {
			return this.asked.stream()
				.map((request) -> request.firstMatchingHeader("User-Agent").orElseThrow())
				.toList();
		}

		@Override
		public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
			return new ExecutableHttpRequest() {

				private final CountDownLatch aborted = new CountDownLatch(1);

				@Override
				public HttpExecuteResponse call() throws IOException {
					return answer(request.httpRequest(), this.aborted);
				}

				@Override
				public void abort() {
					this.aborted.countDown();
				}

			};
		}

		private HttpExecuteResponse answer(SdkHttpRequest request, CountDownLatch aborted) throws IOException {
			this.asked.add(request);
			Answer answer = this.answers.isEmpty() ? new Answer(200, "hello", true) : this.answers.remove();
			if (answer.status() == Answer.RESET) {
				throw new IOException("reset");
			}
			if (answer.status() == Answer.SILENT) {
				awaitAbort(aborted);
			}
			if (answer.status() == Answer.UNEXPECTED) {
				throw new IllegalStateException("unexpected");
			}
			SdkHttpResponse.Builder head = SdkHttpResponse.builder()
				.statusCode(answer.status())
				.putHeader("ETag", "\"tag\"");
			if (answer.withLength()) {
				head.putHeader("Content-Length", String.valueOf(answer.body().length()));
			}
			Body body = new Body(answer.body());
			this.bodies.add(body);
			return HttpExecuteResponse.builder()
				.response(head.build())
				.responseBody(AbortableInputStream.create(body, body::close))
				.build();
		}

		private static void awaitAbort(CountDownLatch aborted) throws IOException {
			try {
				aborted.await();
				throw new SocketException("aborted");
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
		}

		@Override
		public void close() {
			// holds nothing
		}

	}

	private static final class NoCredentials implements IdentityProvider<AwsCredentialsIdentity> {

		@Override
		public Class<AwsCredentialsIdentity> identityType() {
			return AwsCredentialsIdentity.class;
		}

		@Override
		public CompletableFuture<AwsCredentialsIdentity> resolveIdentity(ResolveIdentityRequest request) {
			throw SdkClientException.create("there are none");
		}

	}

}
