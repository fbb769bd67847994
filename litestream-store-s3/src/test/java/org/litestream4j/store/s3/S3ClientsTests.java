package org.litestream4j.store.s3;

import java.net.URI;
import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.AwsSessionCredentialsIdentity;
import software.amazon.awssdk.identity.spi.IdentityProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

import static org.assertj.core.api.Assertions.assertThat;

class S3ClientsTests {

	@ParameterizedTest
	@CsvSource({ "https://s3.us-west-004.backblazeb2.com, us-west-004", "https://ams3.digitaloceanspaces.com, ams3",
			"https://abc.r2.cloudflarestorage.com, auto", "https://t3.storage.dev, auto",
			"https://s3.eu-central-1.wasabisys.com, eu-central-1", "https://s3.fr-par.scw.cloud, fr-par",
			"https://fsn1.your-objectstorage.com, fsn1", "https://s3.eu-west-3.amazonaws.com, eu-west-3",
			"https://s3-eu-west-1.amazonaws.com, eu-west-1", "https://s3.dualstack.eu-west-1.amazonaws.com, eu-west-1",
			"https://s3-fips.us-gov-west-1.amazonaws.com, us-gov-west-1",
			"https://s3-fips.dualstack.us-east-2.amazonaws.com, us-east-2",
			"https://s3.cn-north-1.amazonaws.com.cn, cn-north-1",
			"https://bucket.vpce-1a2b3c4d-5e6f.s3.us-east-1.vpce.amazonaws.com, us-east-1",
			"https://fly.storage.tigris.dev, auto", "http://127.0.0.1:9000, us-east-1",
			"https://minio.example.com, us-east-1" })
	void regionIsReadOffTheEndpoint(URI endpoint, String region) {
		try (S3Client client = S3Clients.create(connection(endpoint, null), null)) {
			assertThat(client.serviceClientConfiguration().region().id()).isEqualTo(region);
			assertThat(client.serviceClientConfiguration().endpointOverride()).contains(endpoint);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "https://s3-accelerate.amazonaws.com", "https://s3-accelerate.dualstack.amazonaws.com",
			"https://s3.amazonaws.com", "https://s3-external-1.amazonaws.com" })
	void hostThatServesEveryRegionLeavesItToTheApplicationsClient(URI endpoint) {
		try (S3Client application = S3Client.builder().region(Region.EU_NORTH_1).build();
				S3Client client = S3Clients.create(connection(endpoint, null), application)) {
			assertThat(client.serviceClientConfiguration().region()).isEqualTo(Region.EU_NORTH_1);
		}
	}

	@Test
	void endpointOfTheEnvironmentIsNotAmazon() {
		System.setProperty("aws.endpointUrlS3", "https://minio.example.com");
		try (S3Client client = S3Clients.create(connection(null, null), null)) {
			assertThat(client.serviceClientConfiguration().endpointOverride())
				.contains(URI.create("https://minio.example.com"));
			assertThat(client.serviceClientConfiguration().requestChecksumCalculation())
				.isEqualTo(RequestChecksumCalculation.WHEN_REQUIRED);
			assertThat(client.utilities().getUrl((url) -> url.bucket("bucket").key("key")))
				.hasToString("https://minio.example.com/bucket/key");
		}
		finally {
			System.clearProperty("aws.endpointUrlS3");
		}
	}

	@Test
	void sessionTokenGoesWithTheCredentials() {
		S3Connection connection = new S3Connection(null, "eu-west-1", null, "given", "secret", "token", null);
		try (S3Client client = S3Clients.create(connection, null)) {
			AwsCredentialsIdentity identity = client.serviceClientConfiguration()
				.credentialsProvider()
				.resolveIdentity()
				.join();
			assertThat(identity).isInstanceOfSatisfying(AwsSessionCredentialsIdentity.class,
					(session) -> assertThat(session.sessionToken()).isEqualTo("token"));
		}
	}

	@Test
	void regionGivenWins() {
		try (S3Client client = S3Clients
			.create(connection(URI.create("https://s3.us-west-004.backblazeb2.com"), "eu-x"), null)) {
			assertThat(client.serviceClientConfiguration().region().id()).isEqualTo("eu-x");
		}
	}

	@Test
	void checksumsAreThoseThatTheStoreKnows() {
		try (S3Client aws = S3Clients.create(connection(null, "eu-west-1"), null);
				S3Client other = S3Clients.create(connection(URI.create("https://minio.example.com"), null), null)) {
			assertThat(aws.serviceClientConfiguration().requestChecksumCalculation())
				.isEqualTo(RequestChecksumCalculation.WHEN_SUPPORTED);
			assertThat(other.serviceClientConfiguration().requestChecksumCalculation())
				.isEqualTo(RequestChecksumCalculation.WHEN_REQUIRED);
			assertThat(other.serviceClientConfiguration().responseChecksumValidation())
				.isEqualTo(ResponseChecksumValidation.WHEN_REQUIRED);
		}
	}

	@Test
	void whatIsNotGivenComesFromTheApplicationsClient() {
		IdentityProvider<AwsCredentialsIdentity> credentials = StaticCredentialsProvider
			.create(AwsBasicCredentials.create("application", "secret"));
		try (S3Client application = S3Client.builder()
			.region(Region.EU_NORTH_1)
			.endpointOverride(URI.create("https://minio.example.com"))
			.credentialsProvider(credentials)
			.build(); S3Client client = S3Clients.create(new S3Connection(null, null, true, null, null), application)) {
			assertThat(client.serviceClientConfiguration().region()).isEqualTo(Region.EU_NORTH_1);
			assertThat(client.serviceClientConfiguration().endpointOverride())
				.contains(URI.create("https://minio.example.com"));
			assertThat(keyId(client)).isEqualTo("application");
		}
	}

	@Test
	void credentialsGivenWin() {
		try (S3Client application = S3Client.builder().region(Region.EU_NORTH_1).build();
				S3Client client = S3Clients.create(connection(null, null), application)) {
			assertThat(keyId(client)).isEqualTo("given");
			assertThat(client.serviceClientConfiguration().region()).isEqualTo(Region.EU_NORTH_1);
		}
	}

	private static S3Connection connection(@Nullable URI endpoint, @Nullable String region) {
		return new S3Connection(endpoint, region, null, "given", "secret");
	}

	private static String keyId(S3Client client) {
		CompletableFuture<? extends AwsCredentialsIdentity> identity = client.serviceClientConfiguration()
			.credentialsProvider()
			.resolveIdentity();
		return identity.join().accessKeyId();
	}

}
