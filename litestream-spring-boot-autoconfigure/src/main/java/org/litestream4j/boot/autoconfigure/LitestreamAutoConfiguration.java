package org.litestream4j.boot.autoconfigure;

import javax.sql.DataSource;

import org.sqlite.JDBC;

import org.springframework.beans.factory.BeanFactoryInitializer;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
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
		return new LitestreamDataSourcePostProcessor(replicator, isEnabled(environment));
	}

	private static boolean isEnabled(Environment environment) {
		return environment.getProperty("litestream.enabled", Boolean.class, true);
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
			ObjectProvider<ReplicaClientFactory> factories, ListenerRelay relay, ReplicatedDatabases databases,
			ConfigurableListableBeanFactory beanFactory) {
		SettingsResolver resolver = new SettingsResolver(properties);
		resolver.check();
		DatabaseStarter starter = new DatabaseStarter(new ReplicaClients(factories), relay.listener());
		return new DataSourceReplicator(resolver, starter, databases, new DataSourceBeans(beanFactory));
	}

	/**
	 * Creates the replicator even if there is no {@code DataSource}: databases may be
	 * named by their file.
	 */
	@Bean
	static BeanFactoryInitializer<ConfigurableListableBeanFactory> litestreamInitializer(Environment environment) {
		return (beanFactory) -> {
			if (isEnabled(environment)) {
				beanFactory.getBean(DataSourceReplicator.class);
			}
		};
	}

}
