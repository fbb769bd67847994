package org.litestream4j.store.s3;

import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Tests for {@link S3PlainConnection}. */
class S3PlainConnectionTests {

	private final Map<String, String> environment = new HashMap<>();

	private final Map<String, String> properties = new HashMap<>();

	private Optional<S3PlainConnection> of(String endpoint) {
		return of(new S3Connection(URI.create(endpoint), null, null, "id", "secret"));
	}

	private Optional<S3PlainConnection> of(S3Connection connection) {
		return S3PlainConnection.of(connection, this.environment::get, this.properties::get);
	}

	@ParameterizedTest
	@CsvSource({ "http://127.0.0.1:9000, us-east-1, 127.0.0.1:9000, 9000",
			"https://s3.example.com, us-east-1, s3.example.com, 443",
			"https://s3.example.com:443/, us-east-1, s3.example.com, 443", "http://minio, us-east-1, minio, 80",
			"http://[::1]:9000, us-east-1, [::1]:9000, 9000",
			"https://s3.eu-central-003.backblazeb2.com, eu-central-003, s3.eu-central-003.backblazeb2.com, 443",
			"https://x.r2.cloudflarestorage.com, auto, x.r2.cloudflarestorage.com, 443" })
	void endpointSaysWhereToAskAndWhatToSignFor(String endpoint, String region, String host, int port) {
		S3PlainConnection known = of(endpoint).orElseThrow();
		assertThat(known.region()).isEqualTo(region);
		assertThat(known.hostHeader()).isEqualTo(host);
		assertThat(known.port()).isEqualTo(port);
		assertThat(known.toString()).doesNotContain("secret");
	}

	@ParameterizedTest
	@ValueSource(strings = { "https://s3.eu-central-1.amazonaws.com", "https://s3.example.com/base",
			"https://s3.example.com/?a=b" })
	void whatTheSdkHasRulesForIsLeftToIt(String endpoint) {
		assertThat(of(endpoint)).isEmpty();
	}

	@Test
	void whatIsNotGivenIsLeftToTheSdk() {
		URI endpoint = URI.create("https://s3.example.com");
		assertThat(of(S3Connection.DEFAULTS)).isEmpty();
		assertThat(of(new S3Connection(endpoint, null, null, null, null))).isEmpty();
		assertThat(of(new S3Connection(endpoint, null, false, "id", "secret"))).isEmpty();
		assertThat(of(new S3Connection(endpoint, null, null, "id", "secret", null, new S3Tls(List.of(), List.of()))))
			.isEmpty();
	}

	@Test
	void credentialsOfTheEnvironmentAreTakenWhereTheSdkWouldTakeThem() {
		S3Connection without = new S3Connection(URI.create("https://s3.example.com"), "r", null, null, null);
		this.environment.put("AWS_ACCESS_KEY_ID", "id");
		assertThat(of(without)).isEmpty();
		this.environment.put("AWS_SECRET_ACCESS_KEY", "secret");
		this.environment.put("AWS_SESSION_TOKEN", "token");
		assertThat(of(without))
			.contains(new S3PlainConnection(URI.create("https://s3.example.com"), "r", "id", "secret", "token"));
		this.properties.put("aws.accessKeyId", "other");
		assertThat(of(without)).isEmpty();
	}

	@ParameterizedTest
	@CsvSource({ "HTTPS_PROXY,", "http_proxy,", "ALL_PROXY,", ",https.proxyHost", ",socksProxyHost" })
	void proxyIsLeftToTheSdk(@Nullable String variable, @Nullable String property) {
		if (variable != null) {
			this.environment.put(variable, "http://proxy:3128");
		}
		if (property != null) {
			this.properties.put(property, "proxy");
		}
		assertThat(of("https://s3.example.com")).isEmpty();
	}

}
