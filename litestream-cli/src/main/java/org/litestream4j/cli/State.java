package org.litestream4j.cli;

import java.nio.file.Path;
import java.time.Instant;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

import org.litestream4j.RestoreReport;
import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.format.TransactionId;
import org.litestream4j.format.WalPosition;

/**
 * A state that was looked at: of a replica, or a database that is a file.
 *
 * @param database the file, or null
 * @param generation of the replica's state, or null
 * @param index of it, as a number, or null
 * @param offset of it, or null
 * @param txid the last transaction, of an LTX replica
 * @param createdAt when the newest object used was stored
 */
record State(@Nullable String database, @Nullable String generation, @Nullable Integer index, @Nullable Long offset,
		@JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long txid, @Nullable Instant createdAt) {

	static State of(RestoreReport report) {
		ReplicaPosition position = report.position();
		if (position instanceof WalPosition inWal) {
			return new State(null, inWal.generation().name(), inWal.index(), inWal.offset(), null, report.createdAt());
		}
		return new State(null, null, null, null, ((TransactionId) position).value(), report.createdAt());
	}

	static State of(Path database) {
		return new State(database.toString(), null, null, null, null, null);
	}

	String describe() {
		if (this.createdAt != null && this.txid != null) {
			return "txid %s, stored at %s".formatted(new TransactionId(this.txid), Text.time(this.createdAt));
		}
		if (this.database != null || this.index == null || this.offset == null || this.createdAt == null) {
			return "the database " + this.database;
		}
		return "%s/%s:%08x, stored at %s".formatted(this.generation, Text.index(this.index), this.offset,
				Text.time(this.createdAt));
	}

}
