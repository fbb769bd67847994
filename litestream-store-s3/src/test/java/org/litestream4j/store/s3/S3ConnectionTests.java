package org.litestream4j.store.s3;

import java.net.URI;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class S3ConnectionTests {

	@Test
	void secretIsNotShown() {
		assertThat(new S3Connection(URI.create("https://s3.example.com"), "eu", true, "key-id", "planted")).hasToString(
				"S3Connection[endpoint=https://s3.example.com, region=eu, forcePathStyle=true, credentials given]");
	}

	@Test
	void halfOfTheCredentialsIsRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> new S3Connection(null, null, null, "id", null))
			.withMessage("access-key-id is given without secret-access-key: give both or none");
		assertThatIllegalArgumentException().isThrownBy(() -> new S3Connection(null, null, null, null, "secret"))
			.withMessage("secret-access-key is given without access-key-id: give both or none");
	}

	@ParameterizedTest
	@ValueSource(strings = { "s3.example.com", "ftp://s3.example.com", "https:///x" })
	void endpointThatIsNoWebAddressIsRefused(String endpoint) {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new S3Connection(URI.create(endpoint), null, null, null, null))
			.withMessageContaining("one such as https://s3.example.com");
	}

	@Test
	void hostWithAnUnderscoreSaysWhatIsWrongWithIt() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new S3Connection(URI.create("http://minio_server:9000"), null, null, null, null))
			.withMessageContaining("host name with an underscore")
			.withMessageContaining("network alias");
	}

	@Test
	void sessionTokenAloneIsRefusedAndNeverShown() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new S3Connection(null, null, null, null, null, "planted", null))
			.withMessage("session-token is given without access-key-id and secret-access-key: give all three, or none");
		assertThat(new S3Connection(null, null, null, "id", "secret", "planted", null).toString())
			.doesNotContain("planted", "secret,");
	}

	@Test
	void endpointWithAPasswordIsRefusedAndNotShown() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new S3Connection(URI.create("https://me:planted@s3.example.com"), null, null, null, null))
			.withMessageNotContaining("planted");
	}

}
