package org.litestream4j.store;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * An object as a store has it.
 *
 * @param name relative to the replica's place
 * @param size bytes as stored, from 0; -1 if the store does not say
 * @param storedAt when it was stored, by the store's clock and as precise as that keeps
 * it
 * @param tag names this version of the object, for {@link Precondition.Unchanged} and for
 * reads; null if the store knows none, or does not list it
 */
public record StoredObject(String name, long size, Instant storedAt, @Nullable String tag) {

	/** To the end of an object, wherever that is. */
	public static final long END = Long.MAX_VALUE;

	/**
	 * {@return the last part of the name}
	 */
	public String fileName() {
		return this.name.substring(this.name.lastIndexOf('/') + 1);
	}

}
