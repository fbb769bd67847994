package org.litestream4j.history;

import java.time.Duration;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.ReplicaPosition;

/**
 * Where a query's answer changed. Immutable.
 *
 * @param from the first state, and what was answered there
 * @param to the last state that was looked at, and what was answered there, if the answer
 * did not change
 * @param before the last state with that answer; null if the answer did not change
 * @param after the first restore point with another one; null if it did not change
 * @param transaction the first transaction of that point with another answer than before;
 * null if the point has only one, or none, or the answer did not change
 * @param points how many restore points there are in the range
 * @param queries how many states were asked
 * @param fetchedBytes bytes as stored that were fetched
 * @param duration how long all of it took
 */
public record BisectReport(State from, State to, @Nullable State before, @Nullable State after,
		@Nullable Transaction transaction, int points, int queries, long fetchedBytes, Duration duration) {

	/**
	 * A state and its answer.
	 *
	 * @param time to restore it by, as far as is known
	 * @param position of it
	 * @param answer what the query answered there
	 */
	public record State(Instant time, ReplicaPosition position, QueryAnswer answer) {
	}

	/**
	 * A transaction within a restore point. It has no time of its own.
	 *
	 * @param number which one, from 1
	 * @param of how many
	 * @param position where it ended
	 * @param answer what the query answered after it
	 */
	public record Transaction(int number, int of, ReplicaPosition position, QueryAnswer answer) {
	}

	/**
	 * {@return whether the answer changed}
	 */
	public boolean isChanged() {
		return this.after != null;
	}

}
