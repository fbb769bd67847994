package org.litestream4j;

/** Whether a replica is protected from being written by two at once. */
public enum Fencing {

	/** Where the store can do it, which is tried at each start; else with a warning. */
	AUTO,
	/** It must be: a start fails where the store cannot do it. */
	REQUIRED,
	/** Not at all: whoever starts it sees to it that nobody else writes. */
	OFF

}
