package org.litestream4j.cli;

import java.net.URI;
import java.util.Map;

import org.junit.jupiter.api.Test;

import org.litestream4j.replica.S3Connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class S3ReplicasTests {

	@Test
	void credentialsAreThoseOfLitestream() {
		S3Connection connection = S3Replicas.connection(URI.create("https://s3.example.com"), "here", true,
				Map.of("LITESTREAM_ACCESS_KEY_ID", "id", "LITESTREAM_SECRET_ACCESS_KEY", "planted"));
		assertThat(connection.accessKeyId()).isEqualTo("id");
		assertThat(connection.secretAccessKey()).isEqualTo("planted");
		assertThat(connection).asString().doesNotContain("planted");
	}

	@Test
	void halfOfTheCredentialsIsRefused() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> S3Replicas.connection(null, null, null, Map.of("LITESTREAM_ACCESS_KEY_ID", "id")))
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

}
