package org.litestream4j.store;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

/**
 * Compares the clock that dates the files of a directory, which may be a file server's,
 * with this machine's: by the date that a file got which was written just now.
 * Thread-safe.
 */
public final class FileClock {

	/** File systems round dates, to two seconds at worst. */
	private static final Duration ROUNDING = Duration.ofSeconds(2);

	/** What was written for longer tells too little. */
	private static final Duration LONG = Duration.ofSeconds(5);

	@Nullable private volatile Reading reading;

	/** The time there, at an instant of {@link System#nanoTime()}. */
	private record Reading(Instant there, long nanos) {
	}

	/**
	 * {@return whether any file has told what time it is there}
	 */
	public boolean isKnown() {
		return this.reading != null;
	}

	/**
	 * A file was written.
	 * @param begun before its first byte was written, on our clock
	 * @param modifiedAt the date that it got
	 */
	public void written(Instant begun, Instant modifiedAt) {
		Instant now = Instant.now();
		if (Duration.between(begun, now).compareTo(LONG) > 0) {
			return;
		}
		boolean same = !modifiedAt.isBefore(begun.minus(ROUNDING)) && !modifiedAt.isAfter(now.plus(ROUNDING));
		this.reading = new Reading(same ? now : modifiedAt, System.nanoTime());
	}

	/**
	 * {@return how far that clock is ahead of ours now, also if ours was set since;
	 * negative if it is behind, zero if the two hardly differ, and empty until a file
	 * told}
	 */
	public Optional<Duration> ahead() {
		Reading last = this.reading;
		if (last == null) {
			return Optional.empty();
		}
		Instant there = last.there.plusNanos(System.nanoTime() - last.nanos);
		Duration ahead = Duration.between(Instant.now(), there);
		return Optional.of((ahead.abs().compareTo(ROUNDING) > 0) ? ahead : Duration.ZERO);
	}

}
