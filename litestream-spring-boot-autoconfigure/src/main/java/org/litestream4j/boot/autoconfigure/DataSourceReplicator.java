package org.litestream4j.boot.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.DisposableBean;

import org.litestream4j.boot.autoconfigure.ReplicatedDatabases.Replicated;

/**
 * Decides what happens to a {@code DataSource} bean, makes it happen before the first
 * connection is opened, and undoes it when the bean is destroyed. Thread-safe.
 */
class DataSourceReplicator implements DisposableBean {

	private static final Logger logger = LoggerFactory.getLogger(DataSourceReplicator.class);

	private final SettingsResolver resolver;

	private final DatabaseStarter starter;

	private final ReplicatedDatabases databases;

	/** By the {@code DataSource} bean as it was before it was wrapped. */
	private final IdentityHashMap<DataSource, Replicated> attached = new IdentityHashMap<>();

	private boolean warnedOfNoReplica;

	DataSourceReplicator(SettingsResolver resolver, DatabaseStarter starter, ReplicatedDatabases databases) {
		this.resolver = resolver;
		this.starter = starter;
		this.databases = databases;
	}

	/**
	 * Starts replicating what a {@code DataSource} connects to, if that is to be.
	 * @return what the application is to use instead; maybe the same object
	 * @throws LitestreamStartupException if it is to be replicated and cannot be
	 */
	synchronized DataSource attach(String name, DataSource dataSource) {
		if (CommitSignals.arePresent(dataSource)) {
			return dataSource; // around another bean, which is replicated already
		}
		SqliteUrl.DatabaseFile found = replicableFile(name, dataSource);
		if (found == null) {
			return dataSource;
		}
		Path file = canonical(name, found.path());
		boolean alreadyOpen = CommitSignals.isAlreadyOpen(dataSource);
		Replicated replicated;
		try {
			replicated = join(name, file).orElseGet(() -> start(name, file, found.creationPragmas(), alreadyOpen));
		}
		catch (LitestreamStartupException ex) {
			if (alreadyOpen) {
				closeQuietly(dataSource);
			}
			throw ex;
		}
		this.attached.put(dataSource, replicated);
		return CommitSignals.add(dataSource, replicated.database()::changed);
	}

	private SqliteUrl.@Nullable DatabaseFile replicableFile(String name, DataSource dataSource) {
		JdbcLocation location = JdbcLocations.find(dataSource);
		if (location == null) {
			logger.debug("DataSource '{}' ({}) does not tell its JDBC URL: it is not replicated", name,
					dataSource.getClass().getName());
			return null;
		}
		SqliteUrl url = SqliteUrl.parse(location);
		if (url instanceof SqliteUrl.LeftAlone leftAlone) {
			logger.info("The SQLite database of DataSource '{}' {}: it is not replicated", name, leftAlone.reason());
		}
		if (url instanceof SqliteUrl.Foreign || url instanceof SqliteUrl.LeftAlone) {
			return null;
		}
		if (this.resolver.isExcluded(name)) {
			logger.info("DataSource '{}' is excluded by litestream.databases.{}.enabled=false: it is not replicated",
					name, name);
			return null;
		}
		if (!this.resolver.hasReplicas(name)) {
			warnOfNoReplica(name);
			return null;
		}
		if (url instanceof SqliteUrl.Refused refused) {
			throw StartupFailures.settingRefused(name, refused);
		}
		return (SqliteUrl.DatabaseFile) url;
	}

	private void warnOfNoReplica(String name) {
		boolean noneAtAll = !this.resolver.hasReplicas();
		if (noneAtAll && this.warnedOfNoReplica) {
			return;
		}
		this.warnedOfNoReplica |= noneAtAll;
		logger.warn(
				"No replica is configured{}: nothing is replicated. Set litestream.replicas[0].url,"
						+ " or litestream.enabled=false to silence this",
				noneAtAll ? "" : " for DataSource '" + name + "'");
	}

	/** So that one file has one name. Symbolic links are followed, nothing is opened. */
	private static Path canonical(String name, Path file) {
		try {
			if (Files.exists(file)) {
				return file.toRealPath();
			}
			Path directory = Objects.requireNonNull(file.getParent(), "an absolute file has a directory");
			Files.createDirectories(directory);
			return directory.toRealPath().resolve(file.getFileName());
		}
		catch (IOException ex) {
			throw StartupFailures.directory(name, file, ex);
		}
	}

	/** A second {@code DataSource} of one file shares the replication of the first. */
	private Optional<Replicated> join(String name, Path file) {
		Optional<Replicated> present = this.databases.findByFile(file);
		present.ifPresent((replicated) -> logger.info(
				"DataSource '{}' uses the database of DataSource '{}', which is replicated already", name,
				replicated.name()));
		return present;
	}

	private Replicated start(String name, Path file, Map<String, String> creationPragmas, boolean alreadyOpen) {
		DatabaseSettings settings = this.resolver.resolve(name, file, creationPragmas);
		Replicated replicated = this.starter.start(settings, this.databases.all(), alreadyOpen);
		this.databases.add(replicated);
		return replicated;
	}

	/** A bean that fails to be created is not destroyed, but its pool runs already. */
	private static void closeQuietly(DataSource dataSource) {
		if (dataSource instanceof AutoCloseable pool) {
			try {
				pool.close();
			}
			catch (Exception ex) {
				logger.debug("The connection pool could not be closed", ex);
			}
		}
	}

	/**
	 * Ships what is left and stops replicating, if no other {@code DataSource} uses the
	 * database. All users of the {@code DataSource} are gone by now, but it is still
	 * open.
	 */
	synchronized void detach(DataSource dataSource) {
		Replicated replicated = this.attached.remove(dataSource);
		if (replicated != null && !this.attached.containsValue(replicated)) {
			stop(replicated);
		}
	}

	/** Stops what a start-up that failed has left. */
	@Override
	public synchronized void destroy() {
		this.attached.clear();
		this.databases.all().forEach(this::stop);
	}

	private void stop(Replicated replicated) {
		this.databases.remove(replicated);
		replicated.database().close();
	}

}
