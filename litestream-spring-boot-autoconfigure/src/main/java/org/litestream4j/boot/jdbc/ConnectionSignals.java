package org.litestream4j.boot.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;

import org.sqlite.SQLiteConnection;

/**
 * Makes connections say when something may have been committed, and leave checkpointing
 * to the engine. Thread-safe.
 */
final class ConnectionSignals {

	private final CommitSignal signal;

	/**
	 * Those that were prepared, and who hears of their commits. Weak, as a pool's
	 * connections come and go. They have identity equality.
	 */
	private final Map<SQLiteConnection, Prepared> prepared = Collections.synchronizedMap(new WeakHashMap<>());

	/**
	 * What is kept for a physical connection.
	 *
	 * @param commits who hears of them
	 * @param watch whether any wrote
	 */
	record Prepared(Commits commits, CommitWatch watch) {
	}

	/**
	 * Creates the signals.
	 * @param signal says who hears of the commits of a connection
	 */
	ConnectionSignals(CommitSignal signal) {
		this.signal = signal;
	}

	/**
	 * Wraps a connection that was opened, or taken from a pool, just now.
	 * @throws SQLException if it cannot be prepared; it is closed then
	 */
	Connection add(Connection connection) throws SQLException {
		try {
			return new SignallingConnection(connection, prepare(connection));
		}
		catch (SQLException | RuntimeException ex) {
			connection.close();
			throw ex;
		}
	}

	private Prepared prepare(Connection connection) throws SQLException {
		SQLiteConnection physical = CommitWatch.physical(connection);
		Prepared known = (physical != null) ? this.prepared.get(physical) : null;
		if (known != null) {
			return known;
		}
		Prepared made = new Prepared(this.signal.of(connection), new CommitWatch());
		leaveCheckpointsToEngine(connection);
		if (physical != null) {
			this.prepared.put(physical, made);
		}
		return made;
	}

	/**
	 * Each commit past 1,000 frames would otherwise attempt a checkpoint that the
	 * engine's reader makes futile, at a cost that grows with the WAL.
	 */
	private static void leaveCheckpointsToEngine(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute("PRAGMA wal_autocheckpoint=0");
		}
	}

}
