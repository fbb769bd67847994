package org.litestream4j.boot.autoconfigure;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.actuate.endpoint.SanitizableData;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;

import static org.assertj.core.api.Assertions.assertThat;

/** What the actuator shows of replicas when it is told to show values. */
class CredentialsTests {

	private final SanitizingFunction function = new LitestreamEndpointAutoConfiguration()
		.litestreamSanitizingFunction();

	@ParameterizedTest
	@CsvSource({ "litestream.replicas[0].access-key-id,true", "litestream.replicas[0].secretAccessKey,true",
			"litestream.databases.app.replicas[1].session-token,true",
			"litestream.replicas[0].properties.password,true",
			"litestream.replicas[0].properties.private-key-passphrase,true",
			"litestream.directories[0].replicas[0].properties.password,true", "litestream.heartbeat.url,true",
			"LITESTREAM_HEARTBEAT_URL,true", "litestream.heartbeat.interval,false",
			"litestream.replicas[0].properties.user,false", "litestream.replicas[0].url,false",
			"spring.application.name,false" })
	void credentialsAreNotShown(String key, boolean hidden) {
		SanitizableData shown = this.function.applyUnlessFiltered(new SanitizableData(null, key, "value"));
		assertThat(shown.getValue()).isEqualTo(hidden ? SanitizableData.SANITIZED_VALUE : "value");
	}

}
