package org.litestream4j.boot.jdbc;

import java.sql.Connection;
import java.sql.SQLException;

import javax.sql.DataSource;

import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * Hands out connections that say when something may have been committed, and that leave
 * checkpointing to the engine. For the inside of a pool, which opens its connections
 * through it. Thread-safe.
 */
public class SignallingDataSource extends DelegatingDataSource implements CommitSignalling {

	private final ConnectionSignals signals;

	/**
	 * Creates a data source.
	 * @param target opens the connections
	 * @param commits hears of the commits of its connections
	 */
	public SignallingDataSource(DataSource target, Commits commits) {
		super(target);
		this.signals = new ConnectionSignals(CommitSignal.to(commits));
	}

	@Override
	public Connection getConnection() throws SQLException {
		return this.signals.add(super.getConnection());
	}

	@Override
	public Connection getConnection(String username, String password) throws SQLException {
		return this.signals.add(super.getConnection(username, password));
	}

}
