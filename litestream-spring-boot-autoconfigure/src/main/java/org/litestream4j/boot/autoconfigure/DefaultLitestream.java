package org.litestream4j.boot.autoconfigure;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import javax.sql.DataSource;

import org.springframework.beans.factory.ListableBeanFactory;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.boot.Litestream;

/**
 * Looks at the registry. Replication starts with a {@code DataSource}, so a first look
 * makes sure that those that are not lazy for a good reason are there.
 */
class DefaultLitestream implements Litestream {

	private final ReplicatedDatabases databases;

	private final ListableBeanFactory beanFactory;

	private volatile boolean dataSourcesCreated;

	DefaultLitestream(ReplicatedDatabases databases, ListableBeanFactory beanFactory) {
		this.databases = databases;
		this.beanFactory = beanFactory;
	}

	@Override
	public Map<String, LitestreamDatabase> databases() {
		if (!this.dataSourcesCreated) {
			this.beanFactory.getBeansOfType(DataSource.class, false, true);
			this.dataSourcesCreated = true;
		}
		Map<String, LitestreamDatabase> byName = new LinkedHashMap<>();
		this.databases.all().forEach((replicated) -> byName.put(replicated.name(), replicated.database()));
		return Collections.unmodifiableMap(byName);
	}

}
