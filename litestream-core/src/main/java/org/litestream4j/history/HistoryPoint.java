package org.litestream4j.history;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.litestream4j.Internal;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.ReplicaPosition;

/**
 * A state that can be restored, and what leads to it from the point before. Immutable.
 */
@Internal
public interface HistoryPoint {

	/**
	 * {@return what the point belongs to: points of different ones share nothing}
	 */
	String line();

	/**
	 * {@return where what it changed begins}
	 */
	ReplicaPosition start();

	/**
	 * {@return where it ends, as far as names tell, or null}
	 */
	@Nullable ReplicaPosition end();

	/**
	 * {@return when it was stored}
	 */
	Instant storedAt();

	/**
	 * {@return before when a time does not lead to it, although it was committed before,
	 * as a snapshot was still being taken; null if that does not matter}
	 */
	@Nullable Instant restorableFrom();

	/**
	 * {@return bytes as stored}
	 */
	long storedBytes();

	/**
	 * {@return whether what it changed is known: not that of a snapshot with which a line
	 * begins}
	 */
	boolean isChange();

	/**
	 * {@return whether it can be read: what it changed, or at least what it says of
	 * itself}
	 */
	default boolean isReadable() {
		return isChange();
	}

	/**
	 * {@return how many transactions what it changed is made of, where no more can be
	 * told of these; null where each of them can be told from its content}
	 */
	default @Nullable Integer transactions() {
		return null;
	}

	/**
	 * {@return what to restore for this state}
	 */
	RestoreTarget target();

}
