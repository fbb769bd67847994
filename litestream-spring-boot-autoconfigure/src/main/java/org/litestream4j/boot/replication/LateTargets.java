package org.litestream4j.boot.replication;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

import org.litestream4j.boot.LitestreamStartupException;
import org.litestream4j.boot.jdbc.CommitSignal;
import org.litestream4j.boot.replication.StartupFailures.OpenedTooEarlyException;

/**
 * The databases that a router leads to, by the connections that it gives: a target that
 * is added or resolved at run time is seen with its first connection, and replicated
 * before the application gets it. Thread-safe.
 */
final class LateTargets {

	private static final Logger logger = LoggerFactory.getLogger(LateTargets.class);

	private static final Duration RETRY = Duration.ofMinutes(1);

	private final ReplicatedDatabases databases;

	private final Starter starter;

	private final Map<Path, Failure> failures = new ConcurrentHashMap<>();

	/** Starts replicating. */
	interface Starter {

		/**
		 * Starts replicating what a router's connection leads to.
		 * @return false if that is not to be replicated
		 * @throws LitestreamStartupException if it is to be replicated and cannot be
		 */
		boolean start(String bean, DataSource dataSource, JdbcLocation location);

	}

	private record Failure(String sentence, long at) {
	}

	LateTargets(ReplicatedDatabases databases, Starter starter) {
		this.databases = databases;
		this.starter = starter;
	}

	/**
	 * Has each commit signalled to the engine of its database, and databases replicated
	 * that are not yet.
	 * @param bean the name of the {@code DataSource}
	 * @param dataSource the {@code DataSource} as it was before it was wrapped
	 * @param router what it is, or leads to
	 */
	CommitSignal signal(String bean, DataSource dataSource, AbstractRoutingDataSource router) {
		return (connection) -> {
			JdbcLocation location = location(connection, router);
			Path file = file(location);
			if (file == null) {
				return () -> {
				};
			}
			if (this.databases.findByFile(file).isEmpty() && !connection.isReadOnly() && isDue(file)) {
				start(bean, dataSource, location, file);
			}
			return CommitsOf.found(() -> this.databases.findByFile(file));
		};
	}

	private static JdbcLocation location(Connection connection, AbstractRoutingDataSource router) throws SQLException {
		String url = connection.getMetaData().getURL();
		JdbcLocation location = new JdbcLocation((url != null) ? url : "");
		Object key = Reflections.property(router, Object.class, "determineCurrentLookupKey");
		return (key != null) ? location.routed(key.toString()) : location;
	}

	private static @Nullable Path file(JdbcLocation location) {
		if (!(SqliteUrl.parse(location) instanceof SqliteUrl.DatabaseFile found)) {
			return null;
		}
		try {
			return found.path().toRealPath();
		}
		catch (IOException ex) {
			return null; // deleted already: nothing of it can be replicated
		}
	}

	private boolean isDue(Path file) {
		Failure failure = this.failures.get(file);
		return failure == null || System.nanoTime() - failure.at() >= RETRY.toNanos();
	}

	/**
	 * The application goes on if this fails, as it would without replication, unless it
	 * would go on with an empty database instead of its backup.
	 */
	private void start(String bean, DataSource dataSource, JdbcLocation location, Path file) throws SQLException {
		try {
			if (this.starter.start(bean, dataSource, location)) {
				this.failures.remove(file);
			}
		}
		catch (OpenedTooEarlyException ex) {
			throw new SQLException(ex.getMessage(), ex);
		}
		catch (LitestreamStartupException ex) {
			logger.error("The database {} that DataSource '{}' leads to is not replicated: {}", file, bean,
					ex.getMessage());
			this.failures.put(file, new Failure("database %s is not replicated: %s".formatted(file, ex.description()),
					System.nanoTime()));
		}
	}

	/** Why some are not replicated, in sentences. */
	List<String> problems() {
		this.failures.keySet().removeIf((file) -> this.databases.findByFile(file).isPresent());
		return this.failures.values().stream().map(Failure::sentence).sorted().toList();
	}

}
