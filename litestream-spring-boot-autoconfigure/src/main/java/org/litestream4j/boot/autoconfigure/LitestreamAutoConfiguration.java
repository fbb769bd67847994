package org.litestream4j.boot.autoconfigure;

import java.util.List;

import javax.sql.DataSource;

import org.sqlite.JDBC;

import org.springframework.beans.factory.BeanFactoryInitializer;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.DependsOn;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;

import org.litestream4j.boot.replication.Wellness;
import org.litestream4j.boot.replication.Heartbeat;
import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.OnFenced;
import org.litestream4j.boot.replication.DataSourceReplicator;
import org.litestream4j.boot.replication.DatabaseStarter;
import org.litestream4j.boot.replication.DefaultLitestream;
import org.litestream4j.boot.replication.DirectoryDatabases;
import org.litestream4j.boot.replication.EventPublishingListener;
import org.litestream4j.boot.replication.FencedShutdown;
import org.litestream4j.boot.replication.ListenerRelay;
import org.litestream4j.boot.replication.LitestreamDataSourcePostProcessor;
import org.litestream4j.boot.replication.ReplicatedCommitPostProcessor;
import org.litestream4j.boot.replication.ReplicatedDatabases;
import org.litestream4j.boot.replication.ReplicationLifecycle;
import org.litestream4j.boot.replication.RuntimeDatabases;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.StoreProvider;

/**
 * Replicates the SQLite databases of all {@code DataSource} beans.
 */
@AutoConfiguration
@ConditionalOnClass({ DataSource.class, JDBC.class })
@ConditionalOnBooleanProperty(name = "litestream.enabled", matchIfMissing = true)
@EnableConfigurationProperties(LitestreamProperties.class)
@Import(S3ReplicaConfiguration.class)
public final class LitestreamAutoConfiguration {

	@Bean
	static LitestreamDataSourcePostProcessor litestreamDataSourcePostProcessor(
			ObjectProvider<DataSourceReplicator> replicator, Environment environment) {
		return new LitestreamDataSourcePostProcessor(replicator, isEnabled(environment));
	}

	@Bean
	static ReplicatedCommitPostProcessor litestreamReplicatedCommitPostProcessor(Environment environment) {
		return new ReplicatedCommitPostProcessor(
				environment.getProperty("spring.aop.proxy-target-class", Boolean.class, true));
	}

	private static boolean isEnabled(Environment environment) {
		return environment.getProperty("litestream.enabled", Boolean.class, true);
	}

	@Bean
	@ConditionalOnMissingBean(Litestream.class)
	DefaultLitestream litestream(ReplicatedDatabases databases, RuntimeDatabases runtime,
			ListableBeanFactory beanFactory) {
		return new DefaultLitestream(databases, runtime, beanFactory);
	}

	@Bean
	@ConditionalOnMissingBean(name = "litestreamEventPublisher")
	LitestreamListener litestreamEventPublisher(ApplicationEventPublisher publisher) {
		return new EventPublishingListener(publisher);
	}

	@Bean
	FencedShutdown litestreamFencedShutdown(ConfigurableApplicationContext context, ReplicatedDatabases databases) {
		return new FencedShutdown(context,
				(name) -> databases.find(name)
					.map((found) -> found.settings().onFenced())
					.orElse(OnFenced.KEEP_SERVING));
	}

	@Bean
	ReplicatedDatabases litestreamReplicatedDatabases() {
		return new ReplicatedDatabases();
	}

	@Bean
	ReplicationLifecycle litestreamReplicationLifecycle(ApplicationContext context, ReplicatedDatabases databases,
			DirectoryDatabases directories) {
		return new ReplicationLifecycle(context, databases, directories);
	}

	@Bean
	ListenerRelay litestreamListenerRelay(ApplicationContext context, ObjectProvider<LitestreamListener> listeners) {
		return new ListenerRelay(context, listeners);
	}

	/**
	 * Of nothing where the application was processed ahead of time and
	 * {@code litestream.enabled} is false only when it runs: all beans are there then.
	 */
	@Bean
	SettingsResolver litestreamSettingsResolver(LitestreamProperties properties, Environment environment) {
		SettingsResolver resolver = new SettingsResolver(isEnabled(environment) ? properties : nothing());
		resolver.check();
		return resolver;
	}

	private static LitestreamProperties nothing() {
		return new Binder(List.of()).bindOrCreate("litestream", LitestreamProperties.class);
	}

	@Bean
	DatabaseStarter litestreamDatabaseStarter(ObjectProvider<StoreProvider> stores, ListenerRelay relay,
			ReplicatedDatabases databases, ConfigurableListableBeanFactory beanFactory) {
		return new DatabaseStarter(new ReplicaFactory(stores, classLoader(beanFactory)), relay.listener(), databases);
	}

	@Bean
	DirectoryDatabases litestreamDirectoryDatabases(SettingsResolver resolver, DatabaseStarter starter,
			ReplicatedDatabases databases) {
		return new DirectoryDatabases(resolver, starter, databases);
	}

	@Bean
	DataSourceReplicator litestreamDataSourceReplicator(SettingsResolver resolver, DatabaseStarter starter,
			ReplicatedDatabases databases, DirectoryDatabases directories,
			ConfigurableListableBeanFactory beanFactory) {
		return new DataSourceReplicator(resolver, starter, databases, directories, beanFactory);
	}

	/** Comes after the replicator, so that whoever uses it ends before that does. */
	@Bean
	@DependsOn("litestreamDataSourceReplicator")
	RuntimeDatabases litestreamRuntimeDatabases(SettingsResolver resolver, DatabaseStarter starter,
			ReplicatedDatabases databases, DirectoryDatabases directories) {
		return new RuntimeDatabases(resolver, starter, databases, directories);
	}

	@Bean
	@ConditionalOnProperty("litestream.heartbeat.url")
	@ConditionalOnMissingBean
	Heartbeat litestreamHeartbeat(SettingsResolver resolver, ReplicatedDatabases databases,
			ObjectProvider<DataSourceReplicator> replicator) {
		return resolver.heartbeat(new Wellness(databases, () -> replicator.getObject().problems()));
	}

	private static ClassLoader classLoader(ConfigurableListableBeanFactory beanFactory) {
		ClassLoader loader = beanFactory.getBeanClassLoader();
		return (loader != null) ? loader : LitestreamAutoConfiguration.class.getClassLoader();
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
