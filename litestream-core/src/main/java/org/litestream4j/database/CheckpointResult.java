package org.litestream4j.database;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * What {@code PRAGMA wal_checkpoint} answers.
 *
 * @param busy whether it could not do all that its mode asks
 * @param log frames published in the WAL: a valid commit frame behind them is not a
 * commit. -1 if unknown
 * @param backfilled how many of them are in the database file. -1 if unknown
 */
public record CheckpointResult(boolean busy, int log, int backfilled) {

	/** Checkpoints through a connection that has no transaction open. */
	static CheckpointResult run(Statement statement, CheckpointMode mode) throws SQLException {
		try (ResultSet rows = statement.executeQuery("PRAGMA wal_checkpoint(" + mode + ")")) {
			rows.next();
			return new CheckpointResult(rows.getInt(1) != 0, rows.getInt(2), rows.getInt(3));
		}
		catch (SQLException ex) {
			if (Sql.isBusy(ex)) {
				return new CheckpointResult(true, -1, -1);
			}
			throw ex;
		}
	}

	/**
	 * Whether the database file holds everything, so that a writer may restart the WAL.
	 */
	public boolean isComplete() {
		return this.log >= 0 && this.log == this.backfilled;
	}

}
