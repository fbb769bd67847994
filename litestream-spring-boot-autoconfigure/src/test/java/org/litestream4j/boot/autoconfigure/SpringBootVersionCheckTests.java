package org.litestream4j.boot.autoconfigure;

import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.context.ApplicationContextInitializer;
import org.springframework.core.io.support.SpringFactoriesLoader;

import org.litestream4j.boot.LitestreamStartupException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link SpringBootVersionCheck}.
 */
class SpringBootVersionCheckTests {

	@ParameterizedTest
	@ValueSource(strings = { "3.5.7", "3.0.0", "2.7.18", "1.5.22.RELEASE" })
	void olderVersionIsRefusedByItsNumber(String version) {
		assertThatExceptionOfType(LitestreamStartupException.class)
			.isThrownBy(() -> SpringBootVersionCheck.requireSupported(version))
			.withMessageContaining("needs Spring Boot 4.0 or newer, but this is Spring Boot " + version);
	}

	@ParameterizedTest
	@NullSource
	@ValueSource(strings = { "4.0.0", "4.1.2", "5.0.0-M1", "10.0.0", "31.0.0" })
	void newerOrUnknownVersionPasses(String version) {
		assertThatCode(() -> SpringBootVersionCheck.requireSupported(version)).doesNotThrowAnyException();
	}

	@Test
	@SuppressWarnings("rawtypes")
	void springBootFindsIt() {
		List<ApplicationContextInitializer> found = SpringFactoriesLoader.forDefaultResourceLocation()
			.load(ApplicationContextInitializer.class);
		assertThat(found).hasAtLeastOneElementOfType(SpringBootVersionCheck.class);
	}

}
