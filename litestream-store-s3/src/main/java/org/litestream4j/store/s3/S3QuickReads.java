package org.litestream4j.store.s3;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.RequestOverrideConfiguration;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.IdentityProvider;
import software.amazon.awssdk.services.s3.DelegatingS3Client;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.utils.http.SdkHttpUtils;

/**
 * A client that reads whole objects with the SDK's HTTP client and its signer alone: all
 * else that the SDK does for a request costs more than these two, and a restore makes
 * thousands. What does not succeed at once is left to the SDK, with its retries and its
 * explanations, and so is everything for a while after that. The SDK's checksum is not
 * missed: segments and snapshots have their own, which is verified when they are read.
 * Thread-safe.
 */
final class S3QuickReads extends DelegatingS3Client {

	/** A store that refuses or throttles is not to be asked twice for everything. */
	static final Duration REST = Duration.ofSeconds(10);

	private static final Logger logger = LoggerFactory.getLogger(S3QuickReads.class);

	private final SdkHttpClient http;

	private final S3KnownEndpoints endpoints;

	private final IdentityProvider<? extends AwsCredentialsIdentity> credentials;

	private final LongSupplier nanoTime;

	private final AwsV4HttpSigner signer = AwsV4HttpSigner.create();

	/** Ends requests that are not answered in time. Its thread ends when idle. */
	private final ScheduledThreadPoolExecutor limits = new ScheduledThreadPoolExecutor(1, S3QuickReads::daemon);

	private volatile long notBefore;

	/**
	 * Creates a client.
	 * @param client does all else; closed with this one
	 * @param http what that client uses, and closes
	 * @param endpoints what that client uses
	 * @param nanoTime as {@link System#nanoTime()}
	 */
	S3QuickReads(S3Client client, SdkHttpClient http, S3KnownEndpoints endpoints, LongSupplier nanoTime) {
		super(client);
		this.http = http;
		this.endpoints = endpoints;
		this.credentials = client.serviceClientConfiguration().credentialsProvider();
		this.nanoTime = nanoTime;
		this.notBefore = nanoTime.getAsLong();
		this.limits.setKeepAliveTime(REST.toSeconds(), TimeUnit.SECONDS);
		this.limits.allowCoreThreadTimeOut(true);
		this.limits.setRemoveOnCancelPolicy(true);
	}

	private static Thread daemon(Runnable task) {
		Thread thread = new Thread(task, "litestream-s3-limits");
		thread.setDaemon(true);
		return thread;
	}

	/**
	 * Opens an object. Of a whole one, the answer gives the ETag and the length alone.
	 */
	@Override
	public ResponseInputStream<GetObjectResponse> getObject(GetObjectRequest request) {
		ResponseInputStream<GetObjectResponse> opened = null;
		if (this.nanoTime.getAsLong() - this.notBefore >= 0 && isWholeObject(request)) {
			try {
				opened = open(request);
			}
			catch (IOException | RuntimeException ex) {
				logger.debug("Reading {} is left to the SDK", request.key(), ex);
				rest();
			}
		}
		return (opened != null) ? opened : super.getObject(request);
	}

	/** Whether nothing but an object is asked for, in whatever version. */
	private static boolean isWholeObject(GetObjectRequest request) {
		GetObjectRequest whole = GetObjectRequest.builder()
			.bucket(request.bucket())
			.key(request.key())
			.overrideConfiguration(request.overrideConfiguration().orElse(null))
			.build();
		return request.equals(whole);
	}

	/** Returns null if this is left to the SDK. */
	private @Nullable ResponseInputStream<GetObjectResponse> open(GetObjectRequest request) throws IOException {
		Optional<S3KnownEndpoints.Signed> endpoint = this.endpoints.signed(request.bucket());
		if (endpoint.isEmpty()) {
			return null;
		}
		SdkHttpRequest asked = S3Tigris.consistent(get(endpoint.get(), request.key()));
		SdkHttpRequest signed = sign(asked, endpoint.get());
		HttpExecuteResponse answer = call(
				this.http.prepareRequest(HttpExecuteRequest.builder().request(signed).build()), request);
		SdkHttpResponse head = answer.httpResponse();
		AbortableInputStream body = answer.responseBody().orElseGet(AbortableInputStream::createEmpty);
		Optional<String> length = head.firstMatchingHeader("Content-Length");
		Optional<String> eTag = head.firstMatchingHeader("ETag");
		if (head.statusCode() != 200 || length.isEmpty() || eTag.isEmpty()) {
			body.abort();
			if (head.statusCode() != 404) {
				rest();
			}
			return null;
		}
		return new ResponseInputStream<>(
				GetObjectResponse.builder().eTag(eTag.get()).contentLength(Long.valueOf(length.get())).build(), body);
	}

	/** Waits for an answer, but not for its body, as long as the SDK would. */
	private HttpExecuteResponse call(ExecutableHttpRequest prepared, GetObjectRequest request) throws IOException {
		Optional<Duration> limit = request.overrideConfiguration()
			.flatMap(RequestOverrideConfiguration::apiCallAttemptTimeout);
		if (limit.isEmpty()) {
			return prepared.call();
		}
		Future<?> end = this.limits.schedule(prepared::abort, limit.get().toNanos(), TimeUnit.NANOSECONDS);
		try {
			return prepared.call();
		}
		finally {
			end.cancel(false);
		}
	}

	@Override
	public void close() {
		super.close();
		this.limits.shutdownNow();
	}

	private void rest() {
		this.notBefore = this.nanoTime.getAsLong() + REST.toNanos();
	}

	private static SdkHttpRequest get(S3KnownEndpoints.Signed endpoint, String key) {
		String root = endpoint.url().getRawPath();
		return SdkHttpRequest.builder()
			.method(SdkHttpMethod.GET)
			.uri(endpoint.url())
			.encodedPath((root.endsWith("/") ? root : root + "/") + SdkHttpUtils.urlEncodeIgnoreSlashes(key))
			.putHeader("User-Agent", "litestream-spring-boot-starter")
			.build();
	}

	private SdkHttpRequest sign(SdkHttpRequest request, S3KnownEndpoints.Signed endpoint) {
		AwsCredentialsIdentity identity = this.credentials.resolveIdentity().join();
		return this.signer
			.sign((sign) -> sign.identity(identity)
				.request(request)
				.putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, endpoint.service())
				.putProperty(AwsV4HttpSigner.REGION_NAME, endpoint.region())
				// a key is not a path, and is signed as it is sent
				.putProperty(AwsV4HttpSigner.DOUBLE_URL_ENCODE, false)
				.putProperty(AwsV4HttpSigner.NORMALIZE_PATH, false))
			.request();
	}

}
