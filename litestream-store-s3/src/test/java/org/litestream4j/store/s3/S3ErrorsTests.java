package org.litestream4j.store.s3;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.nio.file.NoSuchFileException;
import java.util.List;

import javax.net.ssl.SSLHandshakeException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;

import static org.assertj.core.api.Assertions.assertThat;

class S3ErrorsTests {

	private final S3Errors errors = new S3Errors(S3Location.of("bucket", "app"));

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					403 | ExpiredToken | the credentials have expired
					403 | RequestTimeTooSkewed | this machine's clock differs
					400 | KMS.NotFoundException | the KMS key cannot be used
					301 | PermanentRedirect | the bucket is in another region, eu-north-1; set the replica's or the client's region
					400 | AuthorizationHeaderMalformed | the bucket is in another region, eu-north-1
					429 | TooManyRequests | the store asks for fewer requests
					503 | '' | the store asks for fewer requests
					500 | InternalError | the store has failed
					501 | NotImplemented | the store rejects the request; it says: its words
					507 | XMinioStorageFull | the store is full
					403 | QuotaExceeded | the store is full
					403 | InvalidObjectState | thaw it first
					403 | AccessDenied | allow s3:PutObject on arn:aws:s3:::bucket/app/* to the credentials in use; the store says: its words
					400 | InvalidArgument | the store rejects the request; it says: its words
					""")
	void answerOfTheStoreBecomesWhatToDo(int status, String code, String sentence) {
		IOException failure = this.errors.translate(S3Action.WRITE, "a/b", answer(status, code, "its words"));
		assertThat(failure).hasMessageStartingWith("cannot write a/b of replica s3://bucket/app: ")
			.hasMessageContaining(sentence)
			.hasMessageContaining("HTTP " + status);
	}

	@Test
	void missingObjectIsAMissingFileOnlyWhenRead() {
		SdkException missing = answer(404, "NoSuchKey", "gone");
		assertThat(this.errors.translate(S3Action.READ, "a/b", missing)).isInstanceOf(NoSuchFileException.class)
			.hasMessageContaining("s3://bucket/app/a/b");
		assertThat(this.errors.translate(S3Action.WRITE, "a/b", missing)).isNotInstanceOf(NoSuchFileException.class);
		assertThat(this.errors.translate(S3Action.READ, "a/b", answer(404, "NoSuchBucket", "")))
			.isNotInstanceOf(NoSuchFileException.class);
	}

	@Test
	void secretsInTheStoresWordsAreLeftOut() {
		String words = "key AKIAIOSFODNN7EXAMPLE, Signature=planted1 secret_key: planted2";
		assertThat(this.errors.translate(S3Action.LIST, "x", answer(400, "Odd", words)).getMessage())
			.doesNotContain("AKIA", "planted1", "planted2");
	}

	@Test
	void connectionsThatFailSayWhatToCheck() {
		assertMessage(new SSLHandshakeException("untrusted"), "certificate is trusted");
		assertMessage(new SocketTimeoutException("Read timed out"), "does not answer in time");
		assertMessage(new IOException("Connection reset"), "the connection broke (Connection reset)");
	}

	@Test
	void missingCredentialsNameTheProperties() {
		SdkException ex = SdkClientException.create(
				"Unable to load credentials from any of the providers in the chain AwsCredentialsProviderChain(...)");
		assertThat(this.errors.translate(S3Action.LIST, "x", ex))
			.hasMessageContaining("no credentials found; give access-key-id and secret-access-key");
	}

	@Test
	void credentialsThatCannotBeFetchedAreNotAStoreThatIsDown() {
		for (String message : List.of("Failed to load credentials from metadata service.",
				"Failed to load credentials from IMDS.",
				"Unable to load credentials from any of the providers in the chain X : [ContainerCredentialsProvider():"
						+ " Failed to load credentials from metadata service.]")) {
			SdkException ex = SdkClientException.create(message, new ConnectException("Connection refused"));
			assertThat(this.errors.translate(S3Action.LIST, "x", ex))
				.hasMessageContaining("no credentials: the address that hands them out");
		}
	}

	@Test
	void regionThatOnlyTheStoresWordsNameIsNamed() {
		SdkException ex = S3Exception.builder()
			.statusCode(400)
			.awsErrorDetails(AwsErrorDetails.builder()
				.errorCode("AuthorizationHeaderMalformed")
				.errorMessage("The authorization header is malformed; the region 'us-east-1' is wrong;"
						+ " expecting 'eu-central-1'")
				.build())
			.build();
		assertThat(this.errors.translate(S3Action.LIST, "x", ex))
			.hasMessageContaining("the bucket is in another region, eu-central-1; set");
	}

	@Test
	void wordsOfTheStoreAreShortAndOnOneLineInTheCauseToo() {
		String words = "first\r\nERROR forged\u001b[31m\u2028" + "x".repeat(5000);
		IOException failure = this.errors.translate(S3Action.LIST, "x", answer(400, "Odd", words));
		StringWriter trace = new StringWriter();
		failure.printStackTrace(new PrintWriter(trace));
		assertThat(failure.getMessage()).hasSizeLessThan(600).contains("first ERROR forged");
		assertThat(trace.toString()).doesNotContain("\nERROR", "\u001b", "\u2028", "x".repeat(400));
	}

	@Test
	void deniedUploadNamesServerSideEncryption() {
		assertThat(this.errors.translate(S3Action.WRITE, "x", answer(403, "AccessDenied", "explicit deny")))
			.hasMessageContaining("if a policy of the bucket demands encryption, set server-side-encryption");
		assertThat(this.errors.translate(S3Action.READ, "x", answer(403, "AccessDenied", "explicit deny")).getMessage())
			.doesNotContain("server-side-encryption");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			301 | PermanentRedirect | set -region
			503 | SlowDown | or is overloaded; try again
			400 | KMS.DisabledException | allow kms:Decrypt on it to the credentials; it says: its words
			""")
	void whoReadsASentenceIsToldOfNoOtherSettings(int status, String code, String sentence) {
		S3Errors ofCommand = new S3Errors(S3Location.of("bucket", "app"),
				new S3Terms("-region", "-region", "KEY and SECRET", "try again"));
		assertThat(ofCommand.translate(S3Action.READ, "x", answer(status, code, "its words"))).satisfies((ex) -> {
			assertThat(ex).hasMessageContaining(sentence);
			assertThat(ex.getMessage()).doesNotContain("replica's", "sync-interval", "kms-key-id", "GenerateDataKey");
		});
		assertThat(ofCommand.translate(S3Action.LIST, "x",
				SdkClientException.create("Unable to load credentials from any of the providers in the chain X")))
			.hasMessageContaining("no credentials found; give KEY and SECRET, or give the machine a role");
	}

	@Test
	void deniedAccessPointIsNamedAsAPolicyNamesIt() {
		String arn = "arn:aws:s3:eu-central-1:123456789012:accesspoint/app";
		S3Errors ofAccessPoint = new S3Errors(S3Location.of(arn, "db"));
		assertThat(ofAccessPoint.translate(S3Action.LIST, "x", answer(403, "AccessDenied", "")))
			.hasMessageContaining("allow s3:ListBucket on %s to".formatted(arn));
		assertThat(ofAccessPoint.translate(S3Action.READ, "x", answer(403, "AccessDenied", "")))
			.hasMessageContaining("allow s3:GetObject on %s/object/db/* to".formatted(arn));
	}

	private void assertMessage(IOException cause, String sentence) {
		assertThat(this.errors.translate(S3Action.LIST, "x", SdkClientException.create("Unable to execute", cause)))
			.hasMessageContaining(sentence);
	}

	private static SdkException answer(int status, String code, String message) {
		return S3Exception.builder()
			.statusCode(status)
			.awsErrorDetails(AwsErrorDetails.builder()
				.errorCode(code)
				.errorMessage(message)
				.sdkHttpResponse(SdkHttpResponse.builder()
					.statusCode(status)
					.putHeader("x-amz-bucket-region", "eu-north-1")
					.build())
				.build())
			.build();
	}

}
