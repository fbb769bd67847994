package org.litestream4j.boot.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collections;
import java.util.Set;
import java.util.WeakHashMap;

import javax.sql.DataSource;

import org.sqlite.SQLiteConnection;

import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * Hands out connections that say when something may have been committed, and that leave
 * checkpointing to the engine. Thread-safe.
 */
public class SignallingDataSource extends DelegatingDataSource {

	private final Runnable changed;

	/** Weak, as a pool's connections come and go. They have identity equality. */
	private final Set<SQLiteConnection> prepared = Collections
		.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

	/**
	 * Creates a data source.
	 * @param target opens the connections, or pools them
	 * @param changed called after a commit has returned; must be quick and not throw
	 */
	public SignallingDataSource(DataSource target, Runnable changed) {
		super(target);
		this.changed = changed;
	}

	@Override
	public Connection getConnection() throws SQLException {
		return signalling(super.getConnection());
	}

	@Override
	public Connection getConnection(String username, String password) throws SQLException {
		return signalling(super.getConnection(username, password));
	}

	private Connection signalling(Connection connection) throws SQLException {
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
