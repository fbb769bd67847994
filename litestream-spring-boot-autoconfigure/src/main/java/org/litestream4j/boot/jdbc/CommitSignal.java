package org.litestream4j.boot.jdbc;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * Says who is to hear of the commits of a connection.
 */
@FunctionalInterface
public interface CommitSignal {

	/**
	 * Who hears of the commits of a connection. Asked once for each physical connection,
	 * before the application gets it.
	 * @param connection as the driver, or the pool, has opened it
	 * @return who hears of them
	 * @throws SQLException if the application must not use the connection, which is
	 * closed then
	 */
	Commits of(Connection connection) throws SQLException;

	/** The same for every connection. */
	static CommitSignal to(Commits commits) {
		return (connection) -> commits;
	}

}
