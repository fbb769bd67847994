package org.litestream4j.lease;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.format.WalPosition;

/**
 * Where a generation's log ends in a replica, for whoever goes on in it. Fences and
 * bridges add nothing to a log, so its data ends before them.
 *
 * @param dataEnd where the last object ends that has any content
 * @param writerRun the run that stored that object; null if it names none
 * @param nextIndex the first index of which nothing is there
 * @param storedAt when that object was stored, on the store's clock
 * @param restoredAs what a restore of that state says of itself
 */
public record ChainEnd(WalPosition dataEnd, @Nullable String writerRun, int nextIndex, Instant storedAt,
		ReplicaPosition restoredAs) {

	/** Where a restore speaks of the same positions. */
	public ChainEnd(WalPosition dataEnd, @Nullable String writerRun, int nextIndex, Instant storedAt) {
		this(dataEnd, writerRun, nextIndex, storedAt, dataEnd);
	}

}
