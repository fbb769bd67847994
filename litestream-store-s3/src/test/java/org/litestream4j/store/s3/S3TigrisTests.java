package org.litestream4j.store.s3;

import java.net.URI;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;

import static org.assertj.core.api.Assertions.assertThat;

class S3TigrisTests {

	@ParameterizedTest
	@CsvSource({ "https://t3.storage.dev, true", "https://bucket.t3.storage.dev, true",
			"https://fly.storage.tigris.dev, true", "https://notstorage.dev, false",
			"https://s3.eu-west-1.amazonaws.com, false", "http://127.0.0.1:9000, false" })
	void onlyTigrisIsAskedForWhatIsNewest(URI endpoint, boolean asked) {
		SdkHttpRequest request = SdkHttpRequest.builder().method(SdkHttpMethod.GET).uri(endpoint).build();
		assertThat(S3Tigris.consistent(request).headers().containsKey("X-Tigris-Consistent")).isEqualTo(asked);
	}

}
