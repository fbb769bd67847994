package org.litestream4j.boot.ui;

import java.net.URI;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.boot.LitestreamStartupException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link PagePath}.
 */
class PagePathTests {

	@ParameterizedTest
	@CsvSource({ "/litestream, /actuator/litestream", "/ops/db/backup, /manage/litestream",
			"/actuator/litestream-ui, /actuator/litestream", "/page, /litestream" })
	void endpointIsFoundFromThePageBelowAnyContextPath(String path, String endpoint) {
		String relative = new PagePath(path, endpoint).relativeEndpoint();
		for (String context : new String[] { "", "/app", "/behind/a/proxy" }) {
			assertThat(URI.create("http://localhost" + context + path + "/").resolve(relative))
				.isEqualTo(URI.create("http://localhost" + context + endpoint));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "/", "litestream", "/litestream/", "//evil.example", "/a//b", "/a/../b", "/.hidden",
			"/*", "/a/*", "/a b", "/<script>", "/{database}", "/a?b" })
	void pathThatIsNoneFailsTheStart(String path) {
		assertThatExceptionOfType(LitestreamStartupException.class)
			.isThrownBy(() -> new PagePath(path, "/actuator/litestream"))
			.withMessageContaining("The property 'litestream.ui.path' is '%s'.".formatted(path));
	}

	@ParameterizedTest
	@ValueSource(strings = { "/actuator/litestream", "/actuator", "/actuator/litestream/page" })
	void pathInTheWayOfTheEndpointFailsTheStart(String path) {
		assertThatExceptionOfType(LitestreamStartupException.class)
			.isThrownBy(() -> new PagePath(path, "/actuator/litestream"))
			.withMessageContaining("Set 'litestream.ui.path' to a path that is neither");
	}

	@Test
	void endpointAtTheRootMayHaveThePageBesideIt() {
		assertThat(new PagePath("/page", "/litestream").relativeEndpoint()).isEqualTo("../litestream");
	}

}
