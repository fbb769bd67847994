package org.litestream4j.replica;

import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.endpoints.Endpoint;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.endpoints.S3EndpointParams;
import software.amazon.awssdk.services.s3.endpoints.S3EndpointProvider;

/**
 * Remembers where a bucket is. The SDK goes through all its rules for that twice in each
 * request, which is a good part of what a small one costs, though the key in it changes
 * nothing. Thread-safe.
 */
final class S3KnownEndpoints implements S3EndpointProvider {

	private final S3EndpointProvider rules = S3EndpointProvider.defaultProvider();

	/** The last one: a client reads one bucket. */
	@Nullable private volatile Known known;

	@Override
	public CompletableFuture<Endpoint> resolveEndpoint(S3EndpointParams parameters) {
		Question question = Question.of(parameters);
		Known last = this.known;
		if (last != null && last.question().equals(question)) {
			return CompletableFuture.completedFuture(last.endpoint());
		}
		return this.rules.resolveEndpoint(parameters).thenApply((endpoint) -> {
			this.known = new Known(question, endpoint);
			return endpoint;
		});
	}

	private record Known(Question question, Endpoint endpoint) {
	}

	/**
	 * What differs between requests of one client, and matters.
	 *
	 * @param bucket the bucket
	 * @param region another one after a redirect
	 * @param endpoint what the client was given, or the request
	 * @param express whether a session for a directory bucket is wanted
	 * @param noSession whether such a bucket is asked without a session
	 */
	private record Question(@Nullable String bucket, @Nullable Region region, @Nullable String endpoint,
			@Nullable Boolean express, @Nullable Boolean noSession) {

		static Question of(S3EndpointParams parameters) {
			return new Question(parameters.bucket(), parameters.region(), parameters.endpoint(),
					parameters.useS3ExpressControlEndpoint(), parameters.disableS3ExpressSessionAuth());
		}

	}

}
