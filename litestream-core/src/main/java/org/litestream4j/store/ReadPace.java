package org.litestream4j.store;

import java.time.Duration;

/**
 * Whether reading an object gets on. A byte now and then would keep a restore waiting for
 * ever, and so would connections that break after each byte. Not thread-safe.
 */
final class ReadPace {

	/** Bytes that show that it does. */
	static final int SOME = 16 << 10;

	/** How long is waited for those; what the reader does in between is not counted. */
	static final Duration PATIENCE = Duration.ofSeconds(60);

	private long bytes;

	private long waitedNanos;

	/** What a read means. */
	enum Verdict {

		/** Too early to say. */
		WAITING,
		/** There was enough since this was last said. */
		GETS_ON,
		/** It is given up. */
		TOO_SLOW

	}

	/**
	 * Counts what was read.
	 * @param count bytes
	 * @param nanos how long they were waited for
	 */
	Verdict read(int count, long nanos) {
		this.bytes += count;
		this.waitedNanos += nanos;
		if (this.bytes < SOME) {
			return (this.waitedNanos > PATIENCE.toNanos()) ? Verdict.TOO_SLOW : Verdict.WAITING;
		}
		this.bytes = 0;
		this.waitedNanos = 0;
		return Verdict.GETS_ON;
	}

	@Override
	public String toString() {
		return "%d bytes in %d s".formatted(this.bytes, Duration.ofNanos(this.waitedNanos).toSeconds());
	}

}
