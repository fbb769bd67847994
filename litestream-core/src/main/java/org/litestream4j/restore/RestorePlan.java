package org.litestream4j.restore;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.litestream4j.RestoreTarget;
import org.litestream4j.format.ReplicaPosition;

/**
 * Which objects make a state: a snapshot, and what is applied to it. Immutable.
 */
public interface RestorePlan {

	/** When the newest object used was stored. */
	Instant createdAt();

	/**
	 * What is known of where the state ends: where names do not say where objects end,
	 * the beginning of the last one that is applied; for a snapshot alone the beginning
	 * of what would be applied to it.
	 */
	ReplicaPosition lastStart();

	/**
	 * A target narrowed to what the state of this plan has an order with, for who plans
	 * it anew in another way.
	 */
	RestoreTarget within(RestoreTarget target);

	/** Bytes to fetch. */
	long storedBytes();

	/** Bytes of the snapshot as stored: what the database takes on disk at least. */
	long snapshotBytes();

	/** How many objects are applied to the snapshot. */
	int applied();

	/** Something a user should know about the choice, or null. */
	@Nullable String note();

	/** The objects in a few words, for the log. */
	String describe();

}
