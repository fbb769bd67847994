package org.litestream4j.history.diff;

/** What became of something between one state and another. */
public enum Change {

	/** Only the second state has it. */
	ADDED,

	/** Only the first state has it. */
	REMOVED,

	/** Both have it, and it is not the same. */
	CHANGED

}
