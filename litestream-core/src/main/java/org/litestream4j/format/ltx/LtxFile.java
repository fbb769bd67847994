package org.litestream4j.format.ltx;

import java.time.Instant;
import java.util.Comparator;

import org.jspecify.annotations.Nullable;

/**
 * An LTX file of a replica. Immutable.
 *
 * @param level 0 for single transactions, 1 to 8 for what was compacted,
 * {@link #SNAPSHOTS} for snapshots
 * @param minTxid the first transaction in it, from 1
 * @param maxTxid the last transaction in it, not before the first
 * @param size bytes as stored; -1 if the store does not say
 * @param storedAt when it was stored, by the store's clock: where it was copied, or
 * compacted, that is long after its transactions
 * @param tag names this version of the object, where the store knows one
 */
public record LtxFile(int level, long minTxid, long maxTxid, long size, Instant storedAt, @Nullable String tag) {

	/** The level of snapshots: each holds every page. */
	public static final int SNAPSHOTS = 9;

	/** Orders files of a level. */
	public static final Comparator<LtxFile> BY_TRANSACTIONS = Comparator.comparingLong(LtxFile::minTxid)
		.thenComparingLong(LtxFile::maxTxid);

	/**
	 * Creates a file.
	 * @param level 0 to {@link #SNAPSHOTS}
	 * @param minTxid the first transaction in it, from 1
	 * @param maxTxid the last transaction in it, not before the first
	 * @param size bytes as stored; -1 if the store does not say
	 * @param storedAt when it was stored, by the store's clock
	 * @param tag names this version of the object, where the store knows one
	 * @throws IllegalArgumentException if a value is out of its range
	 */
	public LtxFile {
		if (level < 0 || level > SNAPSHOTS || minTxid < 1 || maxTxid < minTxid) {
			throw new IllegalArgumentException(
					"level %d, transactions %d to %d: a level of 0 to 9, and transactions from 1 on in ascending order are expected"
						.formatted(level, minTxid, maxTxid));
		}
	}

	/**
	 * {@return a file that is not stored yet}
	 * @param level 0 to {@link #SNAPSHOTS}
	 * @param minTxid the first transaction in it, from 1
	 * @param maxTxid the last transaction in it, not before the first
	 */
	public static LtxFile named(int level, long minTxid, long maxTxid) {
		return new LtxFile(level, minTxid, maxTxid, -1, Instant.EPOCH, null);
	}

	/**
	 * {@return whether it changes nothing, but keeps others out of its number}
	 */
	boolean isFence() {
		return this.level == 0 && this.size == LtxEnd.EMPTY_FILE;
	}

	/**
	 * {@return whether it holds every page of the database}
	 */
	public boolean isWhole() {
		return this.minTxid == 1;
	}

}
