package org.litestream4j.replication;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Durations;
import org.litestream4j.store.ObjectStore;

/**
 * What time it is where a replica's objects are dated. How old an object is can only be
 * told on that clock: on one that is two days ahead, what was stored just now is older
 * than a retention of a day. Says once when the two clocks differ, and once when they
 * agree again. Thread-safe.
 */
final class StoreClock {

	private static final Logger logger = LoggerFactory.getLogger(StoreClock.class);

	private static final Duration TOLERATED = Duration.ofMinutes(1);

	private final String database;

	private final String replica;

	private final ObjectStore store;

	private final Clock clock;

	private boolean skewed;

	StoreClock(ReplicatorOptions options, ObjectStore store, Clock clock) {
		this.database = options.database();
		this.replica = options.name();
		this.store = store;
		this.clock = clock;
	}

	/** The time there now; this machine's while no answer has told. */
	Instant now() {
		Duration ahead = this.store.clockOffset().orElse(Duration.ZERO);
		say(ahead);
		return this.clock.instant().plus(ahead);
	}

	/**
	 * How old what was stored at a time is. Something from the future, which a clock that
	 * was once ahead has dated, is as old as anything can be, so that it ends nothing.
	 */
	Duration age(Instant storedAt) {
		Duration age = Duration.between(storedAt, now());
		if (age.compareTo(TOLERATED.negated()) < 0) {
			return ReplicatorOptions.LONGEST;
		}
		return age.isNegative() ? Duration.ZERO : age;
	}

	private synchronized void say(Duration ahead) {
		boolean differs = ahead.abs().compareTo(TOLERATED) > 0;
		if (differs && !this.skewed) {
			logger.warn(
					"Database '{}': this machine's clock is {} {} that of replica '{}' ({}): correct the wrong one."
							+ " Times in the backup are the replica's, and retention goes by them",
					this.database, Durations.describe(Duration.ofSeconds(ahead.abs().toSeconds())),
					ahead.isNegative() ? "ahead of" : "behind", this.replica, this.store.url());
		}
		else if (!differs && this.skewed) {
			logger.info("Database '{}': this machine's clock and that of replica '{}' agree again", this.database,
					this.replica);
		}
		this.skewed = differs;
	}

}
