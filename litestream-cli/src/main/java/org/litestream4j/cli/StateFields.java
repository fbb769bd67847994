package org.litestream4j.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.format.TransactionId;
import org.litestream4j.format.WalPosition;

/**
 * Which state a replica has, in JSON and in text. What does not apply is left out.
 *
 * @param generation the generation
 * @param index the WAL index, as a number
 * @param offset where in that WAL
 * @param txid the last transaction, of an LTX replica
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record StateFields(@Nullable String generation, @Nullable Integer index, @Nullable Long offset, @Nullable Long txid) {

	static StateFields of(ReplicaPosition position) {
		if (position instanceof WalPosition inWal) {
			return new StateFields(inWal.generation().name(), inWal.index(), inWal.offset(), null);
		}
		return new StateFields(null, null, null, ((TransactionId) position).value());
	}

	/** With an offset only for who wants to compare it. */
	String describe(boolean exactly) {
		if (this.txid != null) {
			return "txid " + new TransactionId(this.txid);
		}
		String index = "generation %s, index %s".formatted(this.generation,
				(this.index != null) ? Text.index(this.index) : "");
		return exactly ? "%s, offset %d".formatted(index, this.offset) : index;
	}

}
