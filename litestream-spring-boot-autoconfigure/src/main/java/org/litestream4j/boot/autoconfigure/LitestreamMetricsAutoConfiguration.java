package org.litestream4j.boot.autoconfigure;

import io.micrometer.core.instrument.MeterRegistry;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.actuate.LitestreamMetrics;
import org.litestream4j.boot.replication.ReplicatedDatabases;
import org.litestream4j.boot.replication.ReplicatedDatabases.Replicated;

/**
 * Meters, in whatever registry the application has.
 */
@AutoConfiguration(after = LitestreamAutoConfiguration.class,
		afterName = "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration")
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnBean({ MeterRegistry.class, Litestream.class, ReplicatedDatabases.class })
public final class LitestreamMetricsAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	LitestreamMetrics litestreamMetrics(MeterRegistry registry, ReplicatedDatabases databases) {
		LitestreamMetrics metrics = new LitestreamMetrics(registry);
		databases.observe(new Registration(metrics));
		return metrics;
	}

	/** Meters live as long as the replication of their database. */
	private record Registration(LitestreamMetrics metrics) implements ReplicatedDatabases.Observer {

		@Override
		public void added(Replicated replicated) {
			this.metrics.register(replicated.database());
		}

		@Override
		public void closed(Replicated replicated) {
			this.metrics.remove(replicated.name());
		}

	}

}
