package org.litestream4j.cli;

import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.litestream4j.store.StoreDefinition;
import org.litestream4j.store.s3.S3Connection;
import org.litestream4j.store.s3.S3Stores;
import org.litestream4j.testsupport.s3.ScriptedStore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

class S3ReplicasTests {

	@Test
	void credentialsAreThoseOfLitestream() {
		Map<String, String> properties = S3Replicas.properties("https://s3.example.com", "here", true,
				Map.of("LITESTREAM_ACCESS_KEY_ID", "id", "LITESTREAM_SECRET_ACCESS_KEY", "planted"));
		S3Connection connection = S3Stores
			.connection(new StoreDefinition("s3", "s3://bucket", properties, (name) -> name, null), null);
		assertThat(connection.accessKeyId()).isEqualTo("id");
		assertThat(connection.secretAccessKey()).isEqualTo("planted");
		assertThat(connection).asString().doesNotContain("planted");
	}

	@Test
	void halfOfTheCredentialsIsRefused() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> S3Replicas.properties(null, null, null, Map.of("LITESTREAM_ACCESS_KEY_ID", "id")))
			.withMessageContaining("LITESTREAM_SECRET_ACCESS_KEY");
	}

	@Test
	void addressWithAPasswordIsRefusedWithoutRepeatingIt() {
		CliRun run = CliRun.of("generations", "-endpoint", "https://user:planted@s3.example.com", "s3://bucket/app");
		assertThat(run.code()).isEqualTo(2);
		assertThat(run.err()).contains("web address").doesNotContain("planted");
	}

	@Test
	void storeThatIsAwayIsNamedInOneSentence() {
		CliRun run = CliRun.of("generations", "-endpoint", "http://127.0.0.1:1", "s3://bucket/app");
		assertThat(run.code()).isEqualTo(1);
		assertThat(run.isOneSentence()).as("%s", run).isTrue();
		assertThat(run.err()).contains("s3://bucket/app");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			301 | PermanentRedirect     | set -region
			400 | AuthorizationHeaderMalformed | set -region
			503 | SlowDown              | try again
			403 | AccessDenied          | allow s3:ListBucket
			403 | InvalidAccessKeyId    | credentials
			400 | KMS.DisabledException | kms:Decrypt
			""")
	void refusalsNameNoPropertyOfTheStarter(int status, String code, String expected) {
		withCredentials(() -> {
			try (ScriptedStore store = new ScriptedStore(new ScriptedStore.Answer(status,
					Map.of("Content-Type", "application/xml"), "<Error><Code>%s</Code></Error>".formatted(code)))) {
				CliRun run = generations(store);
				assertThat(run.code()).isEqualTo(1);
				assertThat(run.isOneSentence()).as("%s", run).isTrue();
				assertThat(run.err()).contains(expected)
					.doesNotContain("sync-interval", "access-key-id", "kms-key-id", "spring", "replica's");
			}
		});
	}

	@Test
	void missingRegionIsAskedForByItsOption() {
		assumeTrue(System.getenv("AWS_REGION") == null && System.getenv("AWS_DEFAULT_REGION") == null);
		CliRun run = CliRun.of("generations", "s3://bucket/app");
		assumeTrue(run.code() == 2, "there is a region in a profile, or this machine has one");
		assertThat(run.err()).startsWith("no S3 client can be made: no region is known; set -region, or AWS_REGION")
			.doesNotContain("spring", "software.amazon");
	}

	@Test
	void missingCredentialsAreAskedForByTheirVariables() {
		assertThat(S3Replicas.TERMS.credentials())
			.isEqualTo("LITESTREAM_ACCESS_KEY_ID and LITESTREAM_SECRET_ACCESS_KEY in the environment");
	}

	@Test
	void propertiesOfOtherStoresAreTakenFromTheCommandLineAndTheEnvironment() {
		assertThat(ReplicaArguments.ofEnvironment(Map.of("LITESTREAM_PROPERTY_PRIVATE_KEY", "planted", "PATH", "/")))
			.isEqualTo(Map.of("private-key", "planted"));
		CliRun run = CliRun.of("generations", "-property", "host-keys=x", "file:///x");
		assertThat(run.code()).isEqualTo(2);
		assertThat(run.err()).contains("'-property host-keys' is not known to a replica of type 'file'");
	}

	private static CliRun generations(ScriptedStore store) {
		return CliRun.of("generations", "-endpoint", store.endpoint().toString(), "s3://bucket/app");
	}

	/** In one of the places where the AWS SDK looks. */
	private static void withCredentials(Runnable test) {
		System.setProperty("aws.accessKeyId", "key");
		System.setProperty("aws.secretAccessKey", "secret");
		try {
			test.run();
		}
		finally {
			System.clearProperty("aws.accessKeyId");
			System.clearProperty("aws.secretAccessKey");
		}
	}

}
