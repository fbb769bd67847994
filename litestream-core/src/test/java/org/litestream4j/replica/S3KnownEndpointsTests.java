package org.litestream4j.replica;

import java.net.URI;

import org.junit.jupiter.api.Test;
import software.amazon.awssdk.endpoints.Endpoint;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.endpoints.S3EndpointParams;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link S3KnownEndpoints}.
 */
class S3KnownEndpointsTests {

	private final S3KnownEndpoints endpoints = new S3KnownEndpoints();

	private Endpoint resolve(String bucket, String key, Region region) {
		return this.endpoints
			.resolveEndpoint(S3EndpointParams.builder()
				.bucket(bucket)
				.key(key)
				.region(region)
				.useFips(false)
				.useDualStack(false)
				.build())
			.join();
	}

	@Test
	void endpointOfABucketIsRememberedForEveryKey() {
		Endpoint first = resolve("one", "a", Region.EU_CENTRAL_1);
		assertThat(first.endpointUrl().toUri()).isEqualTo(URI.create("https://one.s3.eu-central-1.amazonaws.com"));
		assertThat(resolve("one", "b", Region.EU_CENTRAL_1)).isSameAs(first);
	}

	@Test
	void anotherBucketOrRegionIsAskedAnew() {
		resolve("one", "a", Region.EU_CENTRAL_1);
		assertThat(resolve("two", "a", Region.EU_CENTRAL_1).endpointUrl().toUri())
			.isEqualTo(URI.create("https://two.s3.eu-central-1.amazonaws.com"));
		assertThat(resolve("one", "a", Region.US_WEST_2).endpointUrl().toUri())
			.isEqualTo(URI.create("https://one.s3.us-west-2.amazonaws.com"));
	}

}
