package org.litestream4j.history;

import java.time.Instant;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.ReplicaPosition;

/**
 * A state that can be restored by its time: that after what was shipped in one piece,
 * which may hold several transactions. Immutable.
 *
 * @param time to restore it by: when its newest commit was seen, as far as is known. The
 * first point of a generation has the time when its snapshot was stored, if that is later
 * @param storedAt when it was stored
 * @param start where what it changed begins
 * @param position of the state, or null where only a look at the content would tell
 * @param bytes as stored
 * @param transactions how many it is made of, or null if its content was not looked at
 * @param pages how many pages these wrote; a page counts once for each transaction that
 * wrote it. Null if its content was not looked at
 * @param databasePages how many pages the database has in this state; null if its content
 * was not looked at
 * @param changes what of the database was touched, by name; null if that was not asked
 * for
 */
public record RestorePoint(Instant time, Instant storedAt, ReplicaPosition start, @Nullable ReplicaPosition position,
		long bytes, @Nullable Integer transactions, @Nullable Long pages, @Nullable Long databasePages,
		@Nullable List<ObjectChange> changes) {

	/**
	 * {@return the same with what was touched}
	 * @param touched tables and indexes
	 */
	RestorePoint withChanges(List<ObjectChange> touched) {
		return new RestorePoint(this.time, this.storedAt, this.start, this.position, this.bytes, this.transactions,
				this.pages, this.databasePages, List.copyOf(touched));
	}

}
