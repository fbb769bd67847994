package org.litestream4j.replica;

import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class ReplicaUrlTests {

	@ParameterizedTest
	@CsvSource({ "file:///var/backups/app,/var/backups/app", "file:/var/backups/app,/var/backups/app",
			"file://localhost/var/x,/var/x", "FILE:///x,/x", "file:backups/app,backups/app", "file:./data,./data",
			"file:///my%20backups/%C3%A4,/my backups/ä", "file:///100%/x,/100%/x", "'file:///with space',/with space" })
	void fileUrlNamesADirectory(String url, String directory) {
		assertThat(ReplicaUrl.parse(url)).isEqualTo(new ReplicaUrl.File(Path.of(directory)));
	}

	@ParameterizedTest
	@CsvSource({ "s3://bucket,bucket,''", "s3://bucket/,bucket,''", "s3://my-bucket/app,my-bucket,app",
			"s3://my.bucket_1/a/b/,my.bucket_1,a/b", "S3://b-2//x//y//,b-2,x//y" })
	void s3UrlNamesBucketAndPrefix(String url, String bucket, String prefix) {
		assertThat(ReplicaUrl.parse(url)).isEqualTo(new ReplicaUrl.S3(bucket, prefix));
	}

	@Test
	void directoryWhoseNameLooksEncodedIsFoundWhereOnlyThatOneExists(@TempDir Path directory) throws Exception {
		String url = "file://%s/r%%20y".formatted(directory);
		Path decoded = directory.resolve("r y");
		assertThat(ReplicaUrl.parse(url)).as("neither exists").isEqualTo(new ReplicaUrl.File(decoded));
		Path literal = Files.createDirectory(directory.resolve("r%20y"));
		assertThat(ReplicaUrl.parse(url)).as("as the real one writes it").isEqualTo(new ReplicaUrl.File(literal));
		Files.createDirectory(decoded);
		assertThat(ReplicaUrl.parse(url)).as("both exist").isEqualTo(new ReplicaUrl.File(decoded));
	}

	@ParameterizedTest
	@CsvSource({ "file:///var/x", "file:x/y", "s3://bucket", "s3://bucket/a/b", "file:///100%25/%25x" })
	void textFormIsReadBackAsTheSame(String url) {
		ReplicaUrl parsed = ReplicaUrl.parse(url);
		assertThat(ReplicaUrl.parse(parsed.toString())).isEqualTo(parsed);
	}

	@ParameterizedTest
	@CsvSource({ "gs://bucket/x,'gs:'", "/var/backups,'/var/backups'", "'',''", "file:,names no directory",
			"file://,names no directory", "file://host/dir,names the host 'host'", "s3:bucket,without two slashes",
			"s3://,is no bucket name", "s3://a,is no bucket name", "s3://bucket:9000/x,names a port",
			"s3://bucket/x?region=eu,query or fragment", "file:///x\u0000y,is no path",
			"file:///x\ud800y,start it with LC_ALL=C.UTF-8" })
	void whatIsWrongIsNamed(String url, String expected) {
		assertThatIllegalArgumentException().isThrownBy(() -> ReplicaUrl.parse(url)).withMessageContaining(expected);
	}

	@Test
	void secretsAreNotRepeated() {
		for (String url : new String[] { "s3://AKIA:planted-secret@bucket/x", "http://u:planted-secret@host/x",
				"file://u:planted-secret@host/x", "u:planted-secret@host" }) {
			assertThatIllegalArgumentException().isThrownBy(() -> ReplicaUrl.parse(url))
				.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain("planted"));
		}
	}

	@Test
	void accessPointTakesABucketsPlace() {
		String arn = "arn:aws:s3:eu-central-1:123456789012:accesspoint/name";
		assertThat(ReplicaUrl.parse("s3://" + arn + "/app/db")).isEqualTo(new ReplicaUrl.S3(arn, "app/db"))
			.hasToString("s3://" + arn + "/app/db");
		assertThat(ReplicaUrl.parse("s3://" + arn)).isEqualTo(new ReplicaUrl.S3(arn, ""));
		assertThat(ReplicaUrl.parse("s3://name-a1b2c3-s3alias/app"))
			.isEqualTo(new ReplicaUrl.S3("name-a1b2c3-s3alias", "app"));
		assertThat(S3Location.of(arn, "app").key("x")).isEqualTo("app/x");
	}

	@Test
	void arnOfAnythingElseIsRefused() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> ReplicaUrl.parse("s3://arn:aws:s3::123456789012:accesspoint/alias.mrap/app"))
			.withMessageContaining("is not the ARN of an access point");
	}

}
