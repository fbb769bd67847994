package org.litestream4j.replica;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.NoSuchFileException;

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
			.hasMessageContaining("spring.cloud.aws.credentials.*");
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
