package org.litestream4j.replica;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
