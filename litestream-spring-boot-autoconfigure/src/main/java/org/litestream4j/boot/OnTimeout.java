package org.litestream4j.boot;

/** What becomes of a commit that replicas do not hold in time. */
public enum OnTimeout {

	/**
	 * It returns all the same, and a warning is logged. Until the replicas have caught up
	 * nobody waits any more, so that a store that is away does not slow the application
	 * down.
	 */
	WARN,
	/**
	 * It throws, although it has taken place here. Every commit waits, however long
	 * replicas have been away.
	 */
	FAIL

}
