package org.litestream4j.restore;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;

/**
 * Which state to restore. All parts are optional and narrow each other.
 *
 * @param generation the generation, or null for the one with the newest state that fits
 * @param index up to and including this WAL index, or null
 * @param offset within the last index, up to this offset, or null; needs generation and
 * index
 * @param timestamp as of this time, or null for the newest state
 */
public record RestoreTarget(@Nullable Generation generation, @Nullable Integer index, @Nullable Long offset,
		@Nullable Instant timestamp) {

	/** The newest state. */
	public static final RestoreTarget LATEST = new RestoreTarget(null, null, null, null);

	/**
	 * Creates a target.
	 * @throws IllegalArgumentException with one sentence that says what does not go
	 * together
	 */
	public RestoreTarget {
		if (index != null && generation == null) {
			throw new IllegalArgumentException("index is given without generation: an index counts within one"
					+ " generation; give the generation too");
		}
		if (index != null && index < 0) {
			throw new IllegalArgumentException("index is %d: 0 or more is expected".formatted(index));
		}
		if (index != null && timestamp != null) {
			throw new IllegalArgumentException("index and timestamp are both given: use one of them");
		}
		if (offset != null && (index == null || offset < 0)) {
			throw new IllegalArgumentException("offset needs generation and index, and is 0 or more");
		}
	}

	/** The same state, of one generation only. */
	RestoreTarget within(Generation only) {
		return new RestoreTarget(only, this.index, this.offset, this.timestamp);
	}

	/** The state as of a time. */
	public static RestoreTarget asOf(Instant timestamp) {
		return new RestoreTarget(null, null, null, timestamp);
	}

}
