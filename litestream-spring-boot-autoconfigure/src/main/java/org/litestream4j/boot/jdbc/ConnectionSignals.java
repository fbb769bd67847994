package org.litestream4j.boot.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collections;
import java.util.Set;
import java.util.WeakHashMap;

import org.sqlite.SQLiteConnection;

/**
 * Makes connections say when something may have been committed, and leave checkpointing
 * to the engine. Thread-safe.
 */
final class ConnectionSignals {

	private final Runnable changed;

	/** Weak, as a pool's connections come and go. They have identity equality. */
	private final Set<SQLiteConnection> prepared = Collections
		.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

	/**
	 * Creates the signals.
	 * @param changed called after a commit has returned; must be quick and not throw
	 */
	ConnectionSignals(Runnable changed) {
		this.changed = changed;
	}

	/**
	 * Wraps a connection that was opened, or taken from a pool, just now.
	 * @throws SQLException if it cannot be prepared; it is closed then
	 */
	Connection add(Connection connection) throws SQLException {
		try {
			leaveCheckpointsToEngine(connection);
		}
		catch (SQLException | RuntimeException ex) {
			connection.close();
			throw ex;
		}
		return SignallingConnection.wrap(connection, this.changed);
	}

	/**
	 * Each commit past 1,000 frames would otherwise attempt a checkpoint that the
	 * engine's reader makes futile, at a cost that grows with the WAL.
	 */
	private void leaveCheckpointsToEngine(Connection connection) throws SQLException {
		if (connection.isWrapperFor(SQLiteConnection.class)
				&& !this.prepared.add(connection.unwrap(SQLiteConnection.class))) {
			return;
		}
		try (Statement statement = connection.createStatement()) {
			statement.execute("PRAGMA wal_autocheckpoint=0");
		}
	}

}
