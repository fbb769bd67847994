package org.litestream4j.lease;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/** What came of a {@link Request}. */
public sealed interface Answer {

	/**
	 * What the lock file holds.
	 *
	 * @param lock its contents; null if there is none
	 * @param tag names this version of it; null if there is none
	 * @param lease how long its owner counts as alive while it says nothing, as it says
	 * itself; zero if it does not. No decision depends on it
	 */
	record LockIs(@Nullable ReplicaLock lock, @Nullable String tag, Duration lease) implements Answer {

		LockIs(@Nullable ReplicaLock lock, @Nullable String tag) {
			this(lock, tag, Duration.ZERO);
		}

	}

	/** What a listing shows that began after the request was made. */
	record Listed(Catalog catalog) implements Answer {
	}

	/**
	 * It was stored.
	 *
	 * @param tag names this version of it
	 */
	record Stored(String tag) implements Answer {
	}

	/** It was not stored, as something else is there. */
	record Refused() implements Answer {
	}

}
