package org.litestream4j.replication;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/**
 * Runs on from the time of day at which it was made, whatever is done to the machine's
 * clock since. For distances in time: what people read, and what is compared with other
 * clocks, needs the time of day. Thread-safe.
 */
public final class SteadyClock extends Clock {

	private final Instant begin = Instant.now();

	private final long beginNanos = System.nanoTime();

	@Override
	public Instant instant() {
		return this.begin.plusNanos(System.nanoTime() - this.beginNanos);
	}

	@Override
	public ZoneId getZone() {
		return ZoneOffset.UTC;
	}

	@Override
	public Clock withZone(ZoneId zone) {
		throw new UnsupportedOperationException("a steady clock has no other zone");
	}

}
