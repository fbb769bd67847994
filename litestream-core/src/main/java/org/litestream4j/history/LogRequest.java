package org.litestream4j.history;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.ReplicaPosition;

/**
 * Which restore points are wanted, and what of them. Immutable.
 *
 * @param from none that was committed earlier, or null
 * @param to none that was committed later, or null
 * @param before only such as come before the one that {@linkplain RestorePoint#start()
 * starts} there, or null
 * @param limit how many at most, from 1
 * @param detail what is looked at
 */
public record LogRequest(@Nullable Instant from, @Nullable Instant to, @Nullable ReplicaPosition before, int limit,
		Detail detail) {

	/** What is looked at, each with what comes before it. */
	public enum Detail {

		/** Listings alone: nothing is fetched. */
		LISTING,
		/** Contents of the points that are shown: each is fetched. */
		TRANSACTIONS,
		/**
		 * What of the database was touched: the state before the oldest point is restored
		 * to a temporary file, which takes the snapshot and all between.
		 */
		TABLES

	}

	/**
	 * Creates a request.
	 * @param from none that was committed earlier, or null
	 * @param to none that was committed later, or null
	 * @param before only such as come before the one that starts there, or null
	 * @param limit how many at most, from 1
	 * @param detail what is looked at
	 * @throws IllegalArgumentException if the limit is less than 1, or the range is empty
	 */
	public LogRequest {
		if (limit < 1) {
			throw new IllegalArgumentException("limit is %d: 1 or more is expected".formatted(limit));
		}
		if (from != null && to != null && from.isAfter(to)) {
			throw new IllegalArgumentException("from is %s, which is after to, %s".formatted(from, to));
		}
	}

	/**
	 * {@return the newest restore points, with their transactions}
	 * @param limit how many at most, from 1
	 */
	public static LogRequest newest(int limit) {
		return new LogRequest(null, null, null, limit, Detail.TRANSACTIONS);
	}

}
