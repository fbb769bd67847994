package org.litestream4j.boot.autoconfigure;

import java.nio.file.Path;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import org.litestream4j.boot.ReplicaClientFactory;
import org.litestream4j.boot.ReplicaDefinition;
import org.litestream4j.replica.ReplicaClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link S3ReplicaConfiguration} and {@link S3ReplicaClientFactory}. Nothing is
 * asked of a store.
 */
class S3ReplicaConfigurationTests {

	private static final ReplicaDefinition.Storage STORAGE = new ReplicaDefinition.Storage(null, null, null, null,
			Map.of(), 8 << 20);

	private final ApplicationContextRunner runner = Contexts.litestream();

	@Test
	void withoutSdkThereIsNoFactory() {
		this.runner.withClassLoader(new FilteredClassLoader(S3Client.class)).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBeansOfType(ReplicaClientFactory.class)).containsOnlyKeys("fileReplicaClientFactory");
		});
	}

	@Test
	void ownFactoryReplacesIt() {
		this.runner.withBean("s3ReplicaClientFactory", ReplicaClientFactory.class, FileReplicaClientFactory::new)
			.run((context) -> assertThat(context.getBean("s3ReplicaClientFactory"))
				.isInstanceOf(FileReplicaClientFactory.class));
	}

	@Test
	void applicationsClientIsUsedAndStaysOpen() {
		this.runner.withBean(S3Client.class, S3ReplicaConfigurationTests::client).run((context) -> {
			ReplicaClient replica = create(context.getBean("s3ReplicaClientFactory", ReplicaClientFactory.class),
					url("s3://my-bucket/app"));
			assertThat(replica.url()).isEqualTo("s3://my-bucket/app");
			replica.close();
			assertThat(context.getBean(S3Client.class).serviceName()).isEqualTo("s3");
		});
	}

	@Test
	void withoutClientTheStarterIsNamed() {
		this.runner.run((context) -> assertThatExceptionOfType(LitestreamStartupException.class)
			.isThrownBy(() -> create(context.getBean("s3ReplicaClientFactory", ReplicaClientFactory.class),
					url("s3://my-bucket/app")))
			.satisfies((failure) -> assertThat(failure.action())
				.contains("io.awspring.cloud:spring-cloud-aws-starter-s3", "'litestream.replicas[0].region'")));
	}

	@Test
	void partsMakeAClientOfTheirOwn() {
		this.runner.run((context) -> {
			ReplicaClient replica = create(context.getBean("s3ReplicaClientFactory", ReplicaClientFactory.class),
					parts("my-bucket", "app/x", "http://127.0.0.1:9", "key", "secret"));
			assertThat(replica.url()).isEqualTo("s3://my-bucket/app/x");
			replica.close();
		});
	}

	@Test
	void halfOfTheCredentialsIsRefused() {
		this.runner.run((context) -> assertThatIllegalArgumentException()
			.isThrownBy(() -> create(context.getBean("s3ReplicaClientFactory", ReplicaClientFactory.class),
					parts("my-bucket", "app", null, null, "PLANTED")))
			.withMessageContaining("access-key-id")
			.satisfies((failure) -> assertThat(failure.toString()).doesNotContain("PLANTED")));
	}

	@Test
	void missingBucketIsNamed() {
		this.runner.run((context) -> assertThatIllegalArgumentException()
			.isThrownBy(() -> create(context.getBean("s3ReplicaClientFactory", ReplicaClientFactory.class),
					parts(null, "app", null, null, null)))
			.withMessage("'litestream.replicas[0].bucket' is not set: the name of the bucket is expected"));
	}

	@Test
	void unknownSslBundleIsNamed() {
		ReplicaDefinition definition = new ReplicaDefinition("litestream.replicas[0]", "app", Path.of("app.db"), "s3",
				"s3", "s3://bucket/app", null, null, "eu-central-1", null, null, null, null, null, "store", STORAGE);
		this.runner.run((context) -> assertThatIllegalArgumentException()
			.isThrownBy(() -> create(context.getBean("s3ReplicaClientFactory", ReplicaClientFactory.class), definition))
			.withMessageContaining("'litestream.replicas[0].ssl-bundle' is 'store', but there is no such bundle"));
	}

	private static S3Client client() {
		return S3Client.builder()
			.region(Region.EU_CENTRAL_1)
			.credentialsProvider(AnonymousCredentialsProvider.create())
			.build();
	}

	private static ReplicaClient create(ReplicaClientFactory factory, ReplicaDefinition definition) {
		assertThat(factory.supports(definition.type())).isTrue();
		return factory.create(definition);
	}

	private static ReplicaDefinition url(String url) {
		return new ReplicaDefinition("litestream.replicas[0]", "app", Path.of("app.db"), "s3", "s3", url, null, null,
				null, null, null, null, null, null, null, STORAGE);
	}

	private static ReplicaDefinition parts(@Nullable String bucket, String path, @Nullable String endpoint,
			@Nullable String key, @Nullable String secret) {
		return new ReplicaDefinition("litestream.replicas[0]", "app", Path.of("app.db"), "s3", "s3", null, path, bucket,
				"eu-central-1", endpoint, null, key, secret, null, null, STORAGE);
	}

}
