package org.litestream4j.boot.autoconfigure;

import java.time.Duration;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.actuate.LitestreamHealthIndicator;
import org.litestream4j.boot.replication.DataSourceReplicator;
import org.litestream4j.boot.replication.ReplicatedDatabases;
import org.litestream4j.boot.replication.ReplicatedDatabases.Replicated;

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
	LitestreamHealthIndicator litestreamHealthIndicator(Litestream litestream, ReplicatedDatabases databases,
			ObjectProvider<DataSourceReplicator> replicator) {
		LitestreamHealthIndicator indicator = new LitestreamHealthIndicator(litestream,
				(name) -> databases.find(name)
					.map((replicated) -> replicated.settings().maxLag())
					.orElse(Duration.ofMinutes(1)),
				() -> replicator.getObject().problems());
		databases.observe(new Forgetting(indicator));
		return indicator;
	}

	/** What was wrong with a database does not outlive its replication. */
	private record Forgetting(LitestreamHealthIndicator indicator) implements ReplicatedDatabases.Observer {

		@Override
		public void added(Replicated replicated) {
			// nothing is known of it yet
		}

		@Override
		public void closed(Replicated replicated) {
			this.indicator.remove(replicated.name());
		}

	}

}
