package org.litestream4j.store.s3;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.store.ReplicaUrl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class S3LocationTests {

	@ParameterizedTest
	@CsvSource({ "'', generations, s3://bucket", "/, generations, s3://bucket", "app, app/generations, s3://bucket/app",
			"/app/, app/generations, s3://bucket/app", "a//b, a/b/generations, s3://bucket/a/b" })
	void keyIsThatOfLitestreamWhateverTheSlashes(String path, String key, String url) {
		S3Location location = S3Location.of("bucket", path);
		assertThat(location.key("generations")).isEqualTo(key);
		assertThat(location.url()).isEqualTo(url);
	}

	@Test
	void missingPathIsTheWholeBucket() {
		assertThat(S3Location.of("bucket", null)).isEqualTo(S3Location.of("bucket", "/"));
	}

	@Test
	void accessPointTakesABucketsPlace() {
		String arn = "arn:aws:s3:eu-central-1:123456789012:accesspoint/name";
		assertThat(parse("s3://" + arn + "/app/db")).isEqualTo(new S3Location(arn, "app/db"))
			.hasToString("s3://" + arn + "/app/db");
		assertThat(parse("s3://" + arn)).isEqualTo(new S3Location(arn, ""));
		assertThat(parse("s3://name-a1b2c3-s3alias/app")).isEqualTo(new S3Location("name-a1b2c3-s3alias", "app"));
		assertThat(S3Location.of(arn, "app").key("x")).isEqualTo("app/x");
	}

	private static S3Location parse(String url) {
		return S3Location.parse(ReplicaUrl.parse(url));
	}

	@ParameterizedTest
	@CsvSource({ "s3://bucket,bucket,''", "s3://bucket/,bucket,''", "s3://my-bucket/app,my-bucket,app",
			"s3://my.bucket_1/a/b/,my.bucket_1,a/b", "S3://b-2//x//y//,b-2,x//y" })
	void s3UrlNamesBucketAndPrefix(String url, String bucket, String prefix) {
		assertThat(parse(url)).isEqualTo(new S3Location(bucket, prefix));
	}

	@ParameterizedTest
	@ValueSource(strings = { "s3://bucket", "s3://bucket/a/b" })
	void textFormIsReadBackAsTheSame(String url) {
		S3Location parsed = parse(url);
		assertThat(parse(parsed.toString())).isEqualTo(parsed);
	}

	@ParameterizedTest
	@CsvSource({ "s3:bucket,without two slashes", "s3://,is no bucket name", "s3://a,is no bucket name",
			"s3://bucket:9000/x,names a port", "s3://bucket/x?region=eu,query or fragment" })
	void whatIsWrongIsNamed(String url, String expected) {
		assertThatIllegalArgumentException().isThrownBy(() -> parse(url)).withMessageContaining(expected);
	}

	@Test
	void secretsAreNotRepeated() {
		assertThatIllegalArgumentException().isThrownBy(() -> parse("s3://AKIA:planted-secret@bucket/x"))
			.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain("planted"));
	}

	@Test
	void arnOfAnythingElseIsRefused() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> parse("s3://arn:aws:s3::123456789012:accesspoint/alias.mrap/app"))
			.withMessageContaining("is not the ARN of an access point");
	}

	@ParameterizedTest
	@ValueSource(strings = { "..", "a/../b", "./a" })
	void pathThatClimbsIsRefused(String path) {
		assertThatIllegalArgumentException().isThrownBy(() -> S3Location.of("bucket", path))
			.withMessageContaining("write the path without them");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "a", "with space", "with/slash", ".bucket" })
	void badBucketNameIsRefused(String bucket) {
		assertThatIllegalArgumentException().isThrownBy(() -> S3Location.of(bucket, null))
			.withMessageContaining("is no bucket name");
	}

}
