package org.litestream4j.store.s3;

import java.net.URI;
import java.time.Instant;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Tests for {@link S3PlainSignature}, with the examples of Amazon's documentation. */
class S3PlainSignatureTests {

	private static final Instant THEN = Instant.parse("2013-05-24T00:00:00Z");

	private final S3PlainSignature signature = new S3PlainSignature(connection(null));

	private static S3PlainConnection connection(@Nullable String token) {
		return new S3PlainConnection(URI.create("https://examplebucket.s3.amazonaws.com"), "us-east-1",
				"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", token);
	}

	@Test
	void signsTheReadingOfAPartAsAmazonDoes() {
		Map<String, String> headers = this.signature.sign("GET", "/test.txt", "", Map.of("range", "bytes=0-9"), THEN);
		assertThat(headers).containsEntry("host", "examplebucket.s3.amazonaws.com")
			.containsEntry("range", "bytes=0-9")
			.containsEntry("x-amz-date", "20130524T000000Z")
			.containsEntry("authorization",
					"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
							+ "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
							+ "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
	}

	@Test
	void signsAListingAsAmazonDoes() {
		Map<String, String> headers = this.signature.sign("GET", "/", "max-keys=2&prefix=J", Map.of(), THEN);
		assertThat(headers.get("authorization"))
			.endsWith("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
	}

	@Test
	void keyOfTheDayIsMadeAnewForTheNext() {
		String one = this.signature.sign("GET", "/", "", Map.of(), THEN).get("authorization");
		this.signature.sign("GET", "/", "", Map.of(), THEN.plusSeconds(86_400));
		assertThat(this.signature.sign("GET", "/", "", Map.of(), THEN)).containsEntry("authorization", one);
	}

	@Test
	void tokenOfASessionIsSentAndSigned() {
		Map<String, String> headers = new S3PlainSignature(connection("token")).sign("GET", "/", "", Map.of(), THEN);
		assertThat(headers).containsEntry("x-amz-security-token", "token");
		assertThat(headers.get("authorization")).contains(";x-amz-security-token,");
	}

}
