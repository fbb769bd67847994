package org.litestream4j.boot.autoconfigure;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import org.litestream4j.boot.LitestreamStartupException;
import org.litestream4j.store.FileStoreProvider;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoreDefinition;
import org.litestream4j.store.StoreProvider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link S3ReplicaConfiguration} and {@link ApplicationS3StoreProvider}.
 * Nothing is asked of a store.
 */
class S3ReplicaConfigurationTests {

	private final ApplicationContextRunner runner = Contexts.litestream();

	@Test
	void withoutSdkThereIsNoFactory() {
		this.runner.withClassLoader(new FilteredClassLoader(S3Client.class)).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context).doesNotHaveBean(StoreProvider.class);
		});
	}

	@Test
	void ownFactoryReplacesIt() {
		this.runner.withBean("litestreamS3StoreProvider", StoreProvider.class, FileStoreProvider::new)
			.run((context) -> assertThat(context.getBean("litestreamS3StoreProvider"))
				.isInstanceOf(FileStoreProvider.class));
	}

	@Test
	void applicationsClientIsUsedAndStaysOpen() {
		this.runner.withBean(S3Client.class, S3ReplicaConfigurationTests::client).run((context) -> {
			ObjectStore replica = create(context.getBean("litestreamS3StoreProvider", StoreProvider.class),
					url("s3://my-bucket/app"));
			assertThat(replica.url()).isEqualTo("s3://my-bucket/app");
			replica.close();
			assertThat(context.getBean(S3Client.class).serviceName()).isEqualTo("s3");
		});
	}

	@Test
	void withoutClientTheStarterIsNamed() {
		this.runner.run((context) -> assertThatExceptionOfType(LitestreamStartupException.class)
			.isThrownBy(() -> create(context.getBean("litestreamS3StoreProvider", StoreProvider.class),
					url("s3://my-bucket/app")))
			.satisfies((failure) -> assertThat(failure.action())
				.contains("io.awspring.cloud:spring-cloud-aws-starter-s3", "'litestream.replicas[0].region'")));
	}

	@Test
	void partsMakeAClientOfTheirOwn() {
		this.runner.run((context) -> {
			ObjectStore replica = create(context.getBean("litestreamS3StoreProvider", StoreProvider.class),
					parts("my-bucket", "app/x", "http://127.0.0.1:9", "key", "secret"));
			assertThat(replica.url()).isEqualTo("s3://my-bucket/app/x");
			replica.close();
		});
	}

	@Test
	void halfOfTheCredentialsIsRefused() {
		this.runner.run((context) -> assertThatIllegalArgumentException()
			.isThrownBy(() -> create(context.getBean("litestreamS3StoreProvider", StoreProvider.class),
					parts("my-bucket", "app", null, null, "PLANTED")))
			.withMessageContaining("access-key-id")
			.satisfies((failure) -> assertThat(failure.toString()).doesNotContain("PLANTED")));
	}

	@Test
	void missingBucketIsNamed() {
		this.runner.run((context) -> assertThatIllegalArgumentException()
			.isThrownBy(() -> create(context.getBean("litestreamS3StoreProvider", StoreProvider.class),
					parts(null, "app", null, null, null)))
			.withMessage("'litestream.replicas[0].bucket' is not set: the name of the bucket is expected"));
	}

	@Test
	void unknownSslBundleIsNamed() {
		StoreDefinition definition = definition("s3://bucket/app",
				Map.of("region", "eu-central-1", "ssl-bundle", "store"));
		this.runner.run((context) -> assertThatIllegalArgumentException()
			.isThrownBy(() -> create(context.getBean("litestreamS3StoreProvider", StoreProvider.class), definition))
			.withMessageContaining("'litestream.replicas[0].ssl-bundle' is 'store', but there is no such bundle"));
	}

	private static S3Client client() {
		return S3Client.builder()
			.region(Region.EU_CENTRAL_1)
			.credentialsProvider(AnonymousCredentialsProvider.create())
			.build();
	}

	private static ObjectStore create(StoreProvider provider, StoreDefinition definition) {
		assertThat(provider.supports(definition.type())).isTrue();
		return provider.open(definition);
	}

	private static StoreDefinition url(String url) {
		return definition(url, Map.of());
	}

	private static StoreDefinition definition(@Nullable String url, Map<String, String> properties) {
		return new StoreDefinition("s3", url, properties, "litestream.replicas[0].%s"::formatted, Path.of("app.db"));
	}

	private static StoreDefinition parts(@Nullable String bucket, String path, @Nullable String endpoint,
			@Nullable String key, @Nullable String secret) {
		Map<String, String> properties = new HashMap<>(Map.of("path", path, "region", "eu-central-1"));
		properties.put("bucket", Objects.requireNonNullElse(bucket, ""));
		properties.put("endpoint", Objects.requireNonNullElse(endpoint, ""));
		properties.put("access-key-id", Objects.requireNonNullElse(key, ""));
		properties.put("secret-access-key", Objects.requireNonNullElse(secret, ""));
		return definition(null, properties);
	}

}
