package org.litestream4j.boot.replication;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ListableBeanFactory;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.boot.DatabaseDefinition;
import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.replication.ReplicatedDatabases.Replicated;

/**
 * Looks at the registry. Replication starts with a {@code DataSource}, so a first look
 * makes sure that those that are not lazy for a good reason are there.
 */
public class DefaultLitestream implements Litestream {

	private final ReplicatedDatabases databases;

	private final RuntimeDatabases runtime;

	private final ListableBeanFactory beanFactory;

	private volatile boolean dataSourcesCreated;

	/**
	 * Creates it.
	 * @param databases what is replicated
	 * @param runtime registers and removes
	 * @param beanFactory the application's beans
	 */
	public DefaultLitestream(ReplicatedDatabases databases, RuntimeDatabases runtime, ListableBeanFactory beanFactory) {
		this.databases = databases;
		this.runtime = runtime;
		this.beanFactory = beanFactory;
	}

	@Override
	public Map<String, LitestreamDatabase> databases() {
		createDataSources();
		Map<String, LitestreamDatabase> byName = new LinkedHashMap<>();
		this.databases.all().forEach((replicated) -> byName.put(replicated.name(), replicated.database()));
		return Collections.unmodifiableMap(byName);
	}

	private void createDataSources() {
		if (!this.dataSourcesCreated) {
			this.beanFactory.getBeansOfType(DataSource.class, false, true);
			this.dataSourcesCreated = true;
		}
	}

	/** One of thousands is found without a list of them all. */
	@Override
	public LitestreamDatabase database(String name) {
		createDataSources();
		return this.databases.find(name).map(Replicated::database).orElseGet(() -> Litestream.super.database(name));
	}

	@Override
	public <T extends @Nullable Object, E extends Exception> T replicated(Action<T, E> action) throws E {
		return ReplicatedScope.run(CommitTerms.CONFIGURED, action);
	}

	@Override
	public LitestreamDatabase register(DatabaseDefinition definition) {
		return this.runtime.register(definition);
	}

	@Override
	public DataSource register(DatabaseDefinition definition, DataSource dataSource) {
		return this.runtime.register(definition, dataSource);
	}

	@Override
	public DataSource signalling(String name, DataSource dataSource) {
		return this.runtime.signalling(name, dataSource);
	}

	@Override
	public void remove(String name) {
		this.runtime.remove(name);
	}

}
