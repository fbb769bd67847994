package org.litestream4j.boot.autoconfigure;

import java.time.Duration;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.actuate.LitestreamHealthIndicator;

/**
 * The health component {@code litestream}.
 */
@AutoConfiguration(after = LitestreamAutoConfiguration.class)
@ConditionalOnClass({ HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class })
@ConditionalOnBean({ Litestream.class, ReplicatedDatabases.class })
@ConditionalOnEnabledHealthIndicator("litestream")
public final class LitestreamHealthAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean(name = { "litestreamHealthIndicator", "litestreamHealthContributor" })
	LitestreamHealthIndicator litestreamHealthIndicator(Litestream litestream, ReplicatedDatabases databases) {
		return new LitestreamHealthIndicator(litestream,
				(name) -> databases.find(name)
					.map((replicated) -> replicated.settings().maxLag())
					.orElse(Duration.ofMinutes(1)));
	}

}
