package org.litestream4j.boot.autoconfigure;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.SpringBootVersion;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.Ordered;

import org.litestream4j.boot.LitestreamStartupException;

/**
 * Says that Spring Boot 4 is needed. Below it the first thing that fails is a bean of the
 * actuator, with a message that leads nowhere. Uses only what Spring Boot 3 has too.
 */
class SpringBootVersionCheck implements ApplicationContextInitializer<ConfigurableApplicationContext>, Ordered {

	@Override
	public void initialize(ConfigurableApplicationContext context) {
		if (context.getEnvironment().getProperty("litestream.enabled", Boolean.class, true)) {
			requireSupported(SpringBootVersion.getVersion());
		}
	}

	/**
	 * Requires a version.
	 * @param version for example {@code 4.1.2}; null if the jar's manifest was lost,
	 * which proves nothing
	 * @throws LitestreamStartupException if it is too old
	 */
	static void requireSupported(@Nullable String version) {
		if (version != null && version.matches("[123]\\..*")) {
			throw new LitestreamStartupException(
					"litestream-spring-boot-starter needs Spring Boot 4.0 or newer, but this is Spring Boot %s."
						.formatted(version),
					"Upgrade Spring Boot, or remove the starter and replicate with litestream as a second process.");
		}
	}

	@Override
	public int getOrder() {
		return Ordered.HIGHEST_PRECEDENCE;
	}

}
