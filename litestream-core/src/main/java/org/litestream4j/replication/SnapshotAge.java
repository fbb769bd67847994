package org.litestream4j.replication;

import java.time.Clock;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Snapshot;

/**
 * Since when the newest snapshot is in a replica, on the engine's steady clock: one that
 * was stored here is as old as the time that has passed since, whatever the store dates
 * it, and only the age of one that was found there is told by its date. Thread-safe.
 */
final class SnapshotAge {

	private final Clock steady;

	private final StoreClock store;

	@Nullable private Snapshot known;

	private Instant since = Instant.EPOCH;

	SnapshotAge(Clock steady, StoreClock store) {
		this.steady = steady;
		this.store = store;
	}

	/** A snapshot was stored just now. */
	synchronized void stored(Snapshot snapshot) {
		this.known = snapshot;
		this.since = this.steady.instant();
	}

	/** Since when a snapshot is there. */
	synchronized Instant since(Snapshot newest) {
		Snapshot last = this.known;
		if (last == null || last.index() != newest.index() || !last.generation().equals(newest.generation())) {
			this.known = newest;
			this.since = this.steady.instant().minus(this.store.age(newest.createdAt()));
		}
		return this.since;
	}

}
