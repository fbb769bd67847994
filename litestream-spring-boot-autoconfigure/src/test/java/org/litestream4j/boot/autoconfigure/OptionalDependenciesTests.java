package org.litestream4j.boot.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;

import javax.sql.DataSource;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.actuate.LitestreamEndpoint;
import org.litestream4j.boot.actuate.LitestreamEndpointWebExtension;
import org.litestream4j.boot.actuate.LitestreamHealthIndicator;
import org.litestream4j.boot.actuate.LitestreamMetrics;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whatever is optional may be missing.
 */
class OptionalDependenciesTests {

	@TempDir
	private Path directory;

	private ApplicationContextRunner runner() {
		return Contexts.litestream()
			.withConfiguration(AutoConfigurations.of(LitestreamEndpointAutoConfiguration.class,
					LitestreamHealthAutoConfiguration.class, LitestreamMetricsAutoConfiguration.class))
			.withPropertyValues(Contexts.replica(this.directory), "management.endpoints.web.exposure.include=*")
			.withBean("app", DataSource.class,
					() -> new DriverManagerDataSource(Contexts.url(this.directory, "app.db")));
	}

	@ParameterizedTest
	@ValueSource(strings = { "org.springframework.boot.actuate", "org.springframework.boot.health.contributor",
			"io.micrometer", "software.amazon.awssdk", "org.litestream4j.store.s3", "com.zaxxer.hikari",
			"org.apache.commons.dbcp2", "org.apache.tomcat.jdbc" })
	void replicationWorksWithout(String missing) {
		runner().withClassLoader(new FilteredClassLoader(missing)).run((context) -> {
			assertThat(context).hasNotFailed();
			new JdbcTemplate(context.getBean(DataSource.class)).execute("CREATE TABLE note(text)");
			assertThat(context.getBean(Litestream.class).sync(Duration.ofMinutes(2)).offset()).isPositive();
		});
	}

	@Test
	void withEverythingThereIsEverything() {
		runner().withBean(MeterRegistry.class, SimpleMeterRegistry::new)
			.run((context) -> assertThat(context).hasSingleBean(LitestreamEndpoint.class)
				.hasSingleBean(LitestreamEndpointWebExtension.class)
				.hasSingleBean(LitestreamHealthIndicator.class)
				.hasSingleBean(LitestreamMetrics.class)
				.hasSingleBean(SanitizingFunction.class));
	}

	@Test
	void endpointIsNotThereUnlessExposed() {
		runner().withPropertyValues("management.endpoints.web.exposure.include=health")
			.run((context) -> assertThat(context).doesNotHaveBean(LitestreamEndpoint.class));
	}

	@Test
	void healthCanBeSwitchedOff() {
		runner().withPropertyValues("management.health.litestream.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(LitestreamHealthIndicator.class));
	}

	@Test
	void withoutRegistryThereAreNoMetrics() {
		runner().run((context) -> assertThat(context).doesNotHaveBean(LitestreamMetrics.class));
	}

	@Test
	void disabledStarterHasNoActuatorParts() {
		runner().withPropertyValues("litestream.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(LitestreamEndpoint.class)
				.doesNotHaveBean(LitestreamHealthIndicator.class)
				.doesNotHaveBean(SanitizingFunction.class));
	}

}
