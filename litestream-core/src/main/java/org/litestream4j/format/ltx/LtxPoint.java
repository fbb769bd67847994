package org.litestream4j.format.ltx;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.litestream4j.RestoreTarget;
import org.litestream4j.format.TransactionId;
import org.litestream4j.history.HistoryPoint;

/**
 * A transaction that a file ends with, and that can be restored.
 *
 * @param file of those that end there and can be applied to what comes before the
 * smallest, or else a whole one
 * @param line what it is made of, and what is made of it
 * @param before the transaction of the point before; 0 if there is none
 * @param base the transaction of the state that the file is applied to; 0 for a whole
 * file, whose changes are unknown
 */
record LtxPoint(LtxFile file, String line, long before, long base) implements HistoryPoint {

	@Override
	public TransactionId start() {
		return new TransactionId(this.before + 1);
	}

	@Override
	public TransactionId end() {
		return new TransactionId(this.file.maxTxid());
	}

	long txid() {
		return this.file.maxTxid();
	}

	@Override
	public Instant storedAt() {
		return this.file.storedAt();
	}

	@Override
	public @Nullable Instant restorableFrom() {
		return null;
	}

	@Override
	public long storedBytes() {
		return Math.max(this.file.size(), 0);
	}

	@Override
	public boolean isChange() {
		return this.base > 0;
	}

	/** Its header says when it was committed. */
	@Override
	public boolean isReadable() {
		return true;
	}

	@Override
	public @Nullable Integer transactions() {
		return isChange() ? (Integer) (int) Math.min(txid() - this.base, Integer.MAX_VALUE) : null;
	}

	@Override
	public RestoreTarget target() {
		return RestoreTarget.of(end());
	}

}
