package org.litestream4j.boot.examples;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import javax.sql.DataSource;

import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

/**
 * Leads each request to the database of its tenant, which is opened when it is needed.
 */
class TenantRouter extends AbstractRoutingDataSource {

	static final ThreadLocal<String> TENANT = new ThreadLocal<>();

	private final Map<String, DataSource> open = new ConcurrentHashMap<>();

	private final Tenants tenants;

	TenantRouter(Tenants tenants) {
		this.tenants = tenants;
		setTargetDataSources(Map.of());
	}

	@Override
	protected Object determineCurrentLookupKey() {
		return TENANT.get();
	}

	@Override
	protected DataSource determineTargetDataSource() {
		return this.open.computeIfAbsent(TENANT.get(), this.tenants::open);
	}

}
