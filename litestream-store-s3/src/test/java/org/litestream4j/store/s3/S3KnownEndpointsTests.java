package org.litestream4j.store.s3;

import java.net.URI;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
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

	@Test
	void saysHowRequestsToTheLastBucketAreSigned() {
		assertThat(this.endpoints.signed("one")).isEmpty();
		resolve("one", "a", Region.EU_CENTRAL_1);
		assertThat(this.endpoints.signed("one")).contains(new S3KnownEndpoints.Signed(
				URI.create("https://one.s3.eu-central-1.amazonaws.com"), "s3", "eu-central-1"));
		assertThat(this.endpoints.signed("two")).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "one--use1-az4--x-s3", "arn:aws:s3::123456789012:accesspoint:mfzwi23gnjvgw.mrap" })
	void bucketWhoseRequestsAreSignedInAnotherWayIsNotKnown(String bucket) {
		assertThat(resolve(bucket, "a", Region.US_EAST_1)).isNotNull();
		assertThat(this.endpoints.signed(bucket)).isEmpty();
	}

}
