package org.litestream4j;

/**
 * What a start does when the local database is not what the replica holds, and the
 * replica was written by somebody else, or holds more. Nothing is ever deleted.
 */
public enum OnDivergence {

	/** It fails, with a sentence that names both. */
	FAIL,
	/** The local files are moved aside, and the replica is restored. */
	RESTORE,
	/** The local database wins: a new generation begins, and the old one stays. */
	NEW_GENERATION

}
