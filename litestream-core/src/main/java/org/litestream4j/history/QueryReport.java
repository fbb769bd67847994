package org.litestream4j.history;

import java.time.Duration;
import java.time.Instant;

import org.litestream4j.format.ReplicaPosition;

/**
 * What a query answered in a past state. Immutable.
 *
 * @param position of that state
 * @param createdAt when the newest object used was stored
 * @param answer what it answered
 * @param fetchedBytes bytes as stored that were fetched
 * @param duration how long all of it took
 */
public record QueryReport(ReplicaPosition position, Instant createdAt, QueryAnswer answer, long fetchedBytes,
		Duration duration) {
}
