package org.litestream4j.store.s3;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.s3.S3Client;

import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoreDefinition;
import org.litestream4j.store.StoreProviders;
import org.litestream4j.testsupport.s3.ScriptedStore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link S3StoreProvider}, {@link S3Stores} and {@link S3SharedClients}.
 */
class S3StoreProviderTests {

	private static final StoreProviders PROVIDERS = StoreProviders.of(List.of(),
			S3StoreProviderTests.class.getClassLoader());

	private static StoreDefinition definition(@Nullable String url, Map<String, String> properties) {
		Map<String, String> all = new HashMap<>(Map.of("region", "eu-central-1"));
		all.putAll(properties);
		return new StoreDefinition("s3", url, all, "replicas[0].%s"::formatted, null);
	}

	@Test
	void providerIsFoundByTheUrlsScheme() {
		assertThat(PROVIDERS.find("s3")).containsInstanceOf(S3StoreProvider.class);
		assertThatIllegalArgumentException().isThrownBy(() -> PROVIDERS.parse("ftp://host"))
			.withMessageEndingWith("file:///directory or s3://bucket/prefix is expected");
	}

	@Test
	void urlOrPartsSayWhereTheObjectsAre() {
		try (ObjectStore url = PROVIDERS.open(definition("s3://my-bucket/a/b", Map.of()));
				ObjectStore parts = PROVIDERS.open(definition(null, Map.of("bucket", "my-bucket", "path", "/a/b/")))) {
			assertThat(parts.url()).isEqualTo(url.url()).isEqualTo("s3://my-bucket/a/b");
			assertThat(url.capabilities().concurrentReads()).isEqualTo(S3Clients.CONNECTIONS);
		}
	}

	@ParameterizedTest
	@CsvSource({ ", s3://my-bucket", "https://s3.example.com, https://s3.example.com/my-bucket",
			"http://127.0.0.1:9000/, http://127.0.0.1:9000/my-bucket",
			"https://s3.example.com/base?a=b, https://s3.example.com/my-bucket" })
	void laneIsTheBucketAtItsEndpoint(@Nullable String endpoint, String lane) {
		Map<String, String> properties = (endpoint != null) ? Map.of("endpoint", endpoint) : Map.of();
		try (ObjectStore store = PROVIDERS.open(definition("s3://my-bucket/a", properties))) {
			assertThat(store.lane()).isEqualTo(store.afresh().lane()).isEqualTo(lane);
		}
	}

	@Test
	void everyPropertyIsTaken() {
		Map<String, String> properties = new HashMap<>(Map.of("endpoint", "https://s3.example.com", "force-path-style",
				"true", "access-key-id", "id", "secret-access-key", "key", "session-token", "token"));
		properties.putAll(Map.of("server-side-encryption", "aws:kms", "kms-key-id", "k", "bucket-key-enabled", "false",
				"snapshot-storage-class", "STANDARD_IA", "tags.team", "a", "tags.x.y", "b", "part-size", "5242880"));
		PROVIDERS.open(definition("s3://my-bucket", properties)).close();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '"',
			textBlock = """
					force-path-style | perhaps | 'replicas[0].force-path-style' is 'perhaps': true or false is expected
					part-size | 8MB | 'replicas[0].part-size' is '8MB': a number of bytes is expected
					part-size | 1 | part-size is 1 bytes: 5MB to 1GB is expected
					endpoint | a b | replicas[0].endpoint is not a web address
					ssl-bundle | PLANTED | 'replicas[0].ssl-bundle' is not known to a replica of type 's3', which knows access-key-id, bucket
					acess-key | PLANTED | 'replicas[0].acess-key' is not known to a replica of type 's3'
					""")
	void whatIsWrongIsNamed(String property, String value, String expected) {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> PROVIDERS.open(definition("s3://my-bucket", Map.of(property, value))))
			.withMessageContaining(expected)
			.satisfies((failure) -> assertThat(failure.toString()).doesNotContain("PLANTED"));
	}

	@Test
	void missingBucketIsNamed() {
		assertThatIllegalArgumentException().isThrownBy(() -> PROVIDERS.open(definition(null, Map.of())))
			.withMessage("'replicas[0].bucket' is not set: the name of the bucket is expected");
	}

	@Test
	void storesOfEqualConfigurationShareAClientUntilTheLastOneIsClosed() throws Exception {
		try (ScriptedStore server = new ScriptedStore(new ScriptedStore.Answer(200, Map.of("ETag", "\"x\""), ""))) {
			Map<String, String> properties = Map.of("endpoint", server.endpoint().toString(), "access-key-id", "id",
					"secret-access-key", "key");
			ObjectStore first = PROVIDERS.open(definition("s3://bucket/one", properties));
			ObjectStore second = PROVIDERS.open(definition("s3://bucket/two", properties));
			put(first);
			put(second);
			first.close();
			first.close();
			put(second);
			assertThat(server.asked()).filteredOn((request) -> request.method().equals("PUT"))
				.hasSize(3)
				.allMatch((request) -> request.connection() == 1);
			second.close();
		}
	}

	@Test
	void clientsAreCountedByTheirConfiguration() {
		S3SharedClients clients = new S3SharedClients();
		S3Connection connection = connection("key");
		S3Client first = clients.acquire(connection, null, S3Terms.STARTER);
		S3Client second = clients.acquire(connection("key"), null, S3Terms.STARTER);
		S3Client other = clients.acquire(connection("another"), null, S3Terms.STARTER);
		assertThat(clients.size()).isEqualTo(2);
		assertThat(isShared(first, second)).isTrue();
		assertThat(isShared(first, other)).isFalse();
		first.close();
		first.close();
		assertThat(clients.size()).isEqualTo(2);
		second.close();
		assertThat(clients.size()).isEqualTo(1);
		other.close();
		assertThat(clients.size()).isZero();
		clients.acquire(connection, null, S3Terms.STARTER).close();
		assertThat(clients.size()).isZero();
	}

	private static boolean isShared(S3Client one, S3Client other) {
		return ((S3SharedClients.Shared) one).isSharedWith((S3SharedClients.Shared) other);
	}

	private static S3Connection connection(String secret) {
		return new S3Connection(null, "eu-central-1", null, "id", secret);
	}

	private static void put(ObjectStore store) throws Exception {
		store.put(NewObject.named("a/b"), (out) -> out.write(1));
	}

}
