package org.litestream4j.database;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * What {@code PRAGMA wal_checkpoint} answers.
 *
 * @param busy whether it could not do all that its mode asks
 * @param log frames published in the WAL: a valid commit frame after them is not a
 * commit. -1 if unknown
 * @param backfilled how many of them are in the database file. -1 if unknown
 */
public record CheckpointResult(boolean busy, int log, int backfilled) {

	/** Checkpoints through a connection that has no transaction open. */
	static CheckpointResult run(Statement statement, CheckpointMode mode) throws SQLException {
		try (ResultSet rows = statement.executeQuery(sql(mode))) {
			return read(rows);
		}
		catch (SQLException ex) {
			return busy(ex);
		}
	}

	/** As {@link #run(Statement, CheckpointMode)}, of {@link #sql}. */
	static CheckpointResult run(PreparedStatement prepared) throws SQLException {
		try (ResultSet rows = prepared.executeQuery()) {
			return read(rows);
		}
		catch (SQLException ex) {
			return busy(ex);
		}
	}

	static String sql(CheckpointMode mode) {
		return "PRAGMA wal_checkpoint(" + mode + ")";
	}

	private static CheckpointResult read(ResultSet rows) throws SQLException {
		rows.next();
		return new CheckpointResult(rows.getInt(1) != 0, rows.getInt(2), rows.getInt(3));
	}

	private static CheckpointResult busy(SQLException ex) throws SQLException {
		if (Sql.isBusy(ex)) {
			return new CheckpointResult(true, -1, -1);
		}
		throw ex;
	}

	/**
	 * Whether the database file holds everything, so that a writer may restart the WAL.
	 */
	public boolean isComplete() {
		return this.log >= 0 && this.log == this.backfilled;
	}

}
