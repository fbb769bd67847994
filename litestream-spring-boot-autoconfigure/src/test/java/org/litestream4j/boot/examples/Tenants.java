package org.litestream4j.boot.examples;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;

import org.springframework.beans.factory.DisposableBean;

import org.litestream4j.boot.DatabaseDefinition;
import org.litestream4j.boot.Litestream;

/** A database for each tenant, which the application opens and closes itself. */
class Tenants implements DisposableBean {

	private final Litestream litestream;

	private final Path directory;

	private final Map<String, HikariDataSource> pools = new ConcurrentHashMap<>();

	Tenants(Litestream litestream, Path directory) {
		this.litestream = litestream;
		this.directory = directory;
	}

	/** The database is restored, if it is missing, before the pool opens it. */
	DataSource open(String tenant) {
		Path file = this.directory.resolve(tenant + ".db");
		HikariDataSource pool = new HikariDataSource();
		pool.setJdbcUrl("jdbc:sqlite:" + file);
		this.pools.put(tenant, pool);
		return this.litestream.register(DatabaseDefinition.builder(tenant, file).restoreIfMissing(true).build(), pool);
	}

	/** Ships the last commits. The backup stays. */
	void close(String tenant) {
		this.litestream.remove(tenant);
		HikariDataSource pool = this.pools.remove(tenant);
		if (pool != null) {
			pool.close();
		}
	}

	@Override
	public void destroy() {
		this.pools.values().forEach(HikariDataSource::close);
	}

}
