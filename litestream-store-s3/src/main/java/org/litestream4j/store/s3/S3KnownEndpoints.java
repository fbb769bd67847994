package org.litestream4j.store.s3;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.endpoints.AwsEndpointAttribute;
import software.amazon.awssdk.awscore.endpoints.authscheme.EndpointAuthScheme;
import software.amazon.awssdk.awscore.endpoints.authscheme.SigV4AuthScheme;
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

	/* More than a process has, unless each database has its own. */
	private static final int MAX_BUCKETS = 1000;

	/** The last one of each bucket. */
	private final Map<String, Known> known = new ConcurrentHashMap<>();

	@Override
	public CompletableFuture<Endpoint> resolveEndpoint(S3EndpointParams parameters) {
		Question question = Question.of(parameters);
		String bucket = Objects.requireNonNullElse(parameters.bucket(), "");
		Known last = this.known.get(bucket);
		if (last != null && last.question().equals(question)) {
			return CompletableFuture.completedFuture(last.endpoint());
		}
		return this.rules.resolveEndpoint(parameters).thenApply((endpoint) -> {
			if (this.known.size() >= MAX_BUCKETS) {
				this.known.clear();
			}
			this.known.put(bucket, Known.of(question, endpoint));
			return endpoint;
		});
	}

	/**
	 * Where a bucket is, if it was asked about before and its requests are signed in the
	 * usual way: those to directory buckets and multi-region access points are not.
	 */
	Optional<Signed> signed(String bucket) {
		return Optional.ofNullable(this.known.get(bucket)).map(Known::signed);
	}

	private record Known(Question question, Endpoint endpoint, @Nullable Signed signed) {

		static Known of(Question question, Endpoint endpoint) {
			List<EndpointAuthScheme> schemes = endpoint.attribute(AwsEndpointAttribute.AUTH_SCHEMES);
			Signed signed = Stream.ofNullable(schemes)
				.flatMap(List::stream)
				.findFirst()
				.filter((scheme) -> scheme.name().equals("sigv4") && endpoint.headers().isEmpty())
				.map(SigV4AuthScheme.class::cast)
				.map((scheme) -> new Signed(endpoint.endpointUrl().toUri(), scheme.signingName(),
						scheme.signingRegion()))
				.orElse(null);
			return new Known(question, endpoint, signed);
		}

	}

	/**
	 * A bucket that takes requests with a signature of version 4.
	 *
	 * @param url what a slash and a key are appended to
	 * @param service the service to sign for
	 * @param region the region to sign for
	 */
	record Signed(URI url, String service, String region) {
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
