package org.litestream4j.testing;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/**
 * A clock that a test moves. Thread-safe.
 */
public final class SettableClock extends Clock {

	private final Instant begin;

	private volatile Instant now;

	private volatile Duration passed = Duration.ZERO;

	public SettableClock(Instant now) {
		this.begin = now;
		this.now = now;
	}

	/** Lets time pass. */
	public synchronized void advance(Duration by) {
		this.now = this.now.plus(by);
		this.passed = this.passed.plus(by);
	}

	/** Sets it forward or back, which no time passes with. */
	public synchronized void set(Duration by) {
		this.now = this.now.plus(by);
	}

	/** A clock that runs on while this one is set. */
	public Clock steady() {
		return new Clock() {
			@Override
			public Instant instant() {
				return SettableClock.this.begin.plus(SettableClock.this.passed);
			}

			@Override
			public ZoneId getZone() {
				return ZoneOffset.UTC;
			}

			@Override
			public Clock withZone(ZoneId zone) {
				throw new UnsupportedOperationException();
			}
		};
	}

	@Override
	public Instant instant() {
		return this.now;
	}

	@Override
	public ZoneId getZone() {
		return ZoneOffset.UTC;
	}

	@Override
	public Clock withZone(ZoneId zone) {
		throw new UnsupportedOperationException();
	}

}
