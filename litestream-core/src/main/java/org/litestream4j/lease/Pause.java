package org.litestream4j.lease;

import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Waits a while. Tests wait by other means. */
@FunctionalInterface
public interface Pause {

	/** Sleeps. */
	Pause SLEEP = (duration) -> {
		try {
			TimeUnit.NANOSECONDS.sleep(duration.toNanos());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new InterruptedIOException("interrupted while waiting for a replica");
		}
	};

	/**
	 * Returns after a while, or earlier.
	 * @param duration how long at most
	 * @throws InterruptedIOException if waiting is to end for good
	 */
	void rest(Duration duration) throws InterruptedIOException;

}
