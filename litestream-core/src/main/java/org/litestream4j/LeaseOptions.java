package org.litestream4j;

import java.time.Duration;

import org.litestream4j.format.Durations;

/**
 * How politely a replica that somebody else owns is taken over. Safety does not depend on
 * it: that comes from fences.
 *
 * @param enabled whether to wait for an owner that is alive, and to listen for others
 * that wait; without it nothing is asked of the store while nothing is committed
 * @param duration how long an owner that says nothing counts as alive, by the clock of
 * who waits; a third of it is how often an owner looks whether somebody waits. At least 1
 * s
 * @param longestWait how long a start waits for an owner that is alive; zero or more
 */
public record LeaseOptions(boolean enabled, Duration duration, Duration longestWait) {

	private static final Duration LEAST = Duration.ofSeconds(1);

	/** Enabled, 30 s, 60 s. */
	public static final LeaseOptions DEFAULTS = new LeaseOptions(true, Duration.ofSeconds(30), Duration.ofSeconds(60));

	/**
	 * Creates options.
	 * @param enabled whether to wait for an owner that is alive, and to listen for others
	 * that wait
	 * @param duration how long an owner that says nothing counts as alive; at least 1 s
	 * @param longestWait how long a start waits for an owner that is alive; zero or more
	 * @throws IllegalArgumentException with one sentence on the value that makes no sense
	 */
	public LeaseOptions {
		if (duration.compareTo(LEAST) < 0) {
			throw new IllegalArgumentException(
					"lease.duration is %s: 1s or more is expected".formatted(Durations.describe(duration)));
		}
		if (longestWait.isNegative()) {
			throw new IllegalArgumentException(
					"lease.wait is %s: zero or more is expected".formatted(Durations.describe(longestWait)));
		}
	}

}
