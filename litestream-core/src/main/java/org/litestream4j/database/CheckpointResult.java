package org.litestream4j.database;

/**
 * What {@code PRAGMA wal_checkpoint} answers.
 *
 * @param busy whether it could not do all that its mode asks
 * @param log frames published in the WAL: a valid commit frame behind them is not a
 * commit. -1 if unknown
 * @param backfilled how many of them are in the database file. -1 if unknown
 */
public record CheckpointResult(boolean busy, int log, int backfilled) {

	/**
	 * Whether the database file holds everything, so that a writer may restart the WAL.
	 */
	public boolean isComplete() {
		return this.log >= 0 && this.log == this.backfilled;
	}

}
