package org.litestream4j.database;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * A connection that can hold a read transaction open. While it does, no frame that was
 * committed can be lost from the WAL. Not thread-safe.
 */
public final class ReadLock implements AutoCloseable {

	private final Connection connection;

	private boolean held;

	ReadLock(Connection connection) {
		this.connection = connection;
	}

	/**
	 * Begins the read transaction.
	 * @throws IOException if it could not be had; none is then held
	 */
	public void begin() throws IOException {
		if (this.held) {
			throw new IllegalStateException("the read transaction is held already");
		}
		try {
			Sql.execute(this.connection, "BEGIN");
			// BEGIN alone takes no lock; reading does
			Sql.query(this.connection, "SELECT count(*) FROM (SELECT 1 FROM sqlite_schema LIMIT 1)");
			this.held = true;
		}
		catch (SQLException ex) {
			Sql.rollbackQuietly(this.connection);
			throw Sql.failure("a read transaction could not begin", ex);
		}
	}

	/** Ends the read transaction, if it is held. */
	public void end() throws IOException {
		if (!this.held) {
			return;
		}
		try {
			Sql.execute(this.connection, "ROLLBACK");
			this.held = false;
		}
		catch (SQLException ex) {
			throw Sql.failure("a read transaction could not end", ex);
		}
	}

	public boolean isHeld() {
		return this.held;
	}

	/** Ends the transaction and closes the connection. */
	@Override
	public void close() {
		this.held = false;
		Sql.closeQuietly(this.connection);
	}

}
