package org.litestream4j.boot.autoconfigure;

import javax.sql.DataSource;

import org.sqlite.JDBC;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;

import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.ReplicaClientFactory;
import org.litestream4j.boot.jdbc.JdbcProxyHints;
import org.litestream4j.observe.LitestreamListener;

/**
 * Replicates the SQLite databases of all {@code DataSource} beans.
 */
@AutoConfiguration
@ConditionalOnClass({ DataSource.class, JDBC.class })
@ConditionalOnBooleanProperty(name = "litestream.enabled", matchIfMissing = true)
@EnableConfigurationProperties(LitestreamProperties.class)
@Import(S3ReplicaConfiguration.class)
@ImportRuntimeHints(JdbcProxyHints.class)
public final class LitestreamAutoConfiguration {

	@Bean
	static LitestreamDataSourcePostProcessor litestreamDataSourcePostProcessor(
			ObjectProvider<DataSourceReplicator> replicator, Environment environment) {
		boolean enabled = environment.getProperty("litestream.enabled", Boolean.class, true);
		return new LitestreamDataSourcePostProcessor(replicator, enabled);
	}

	@Bean
	@ConditionalOnMissingBean(Litestream.class)
	DefaultLitestream litestream(ReplicatedDatabases databases, ListableBeanFactory beanFactory) {
		return new DefaultLitestream(databases, beanFactory);
	}

	@Bean
	@ConditionalOnMissingBean(name = "fileReplicaClientFactory")
	@Order
	ReplicaClientFactory fileReplicaClientFactory() {
		return new FileReplicaClientFactory();
	}

	@Bean
	@ConditionalOnMissingBean(name = "litestreamEventPublisher")
	LitestreamListener litestreamEventPublisher(ApplicationEventPublisher publisher) {
		return new EventPublishingListener(publisher);
	}

	@Bean
	ReplicatedDatabases litestreamReplicatedDatabases() {
		return new ReplicatedDatabases();
	}

	@Bean
	ReplicationLifecycle litestreamReplicationLifecycle(ApplicationContext context, ReplicatedDatabases databases) {
		return new ReplicationLifecycle(context, databases);
	}

	@Bean
	ListenerRelay litestreamListenerRelay(ApplicationContext context, ObjectProvider<LitestreamListener> listeners) {
		return new ListenerRelay(context, listeners);
	}

	@Bean
	DataSourceReplicator litestreamDataSourceReplicator(LitestreamProperties properties,
			ObjectProvider<ReplicaClientFactory> factories, ListenerRelay relay, ReplicatedDatabases databases) {
		SettingsResolver resolver = new SettingsResolver(properties);
		resolver.check();
		DatabaseStarter starter = new DatabaseStarter(new ReplicaClients(factories), relay.listener());
		return new DataSourceReplicator(resolver, starter, databases);
	}

}
