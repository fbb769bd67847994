package org.litestream4j.boot;

/** What the application does when somebody else has taken one of its replicas over. */
public enum OnFenced {

	/**
	 * It goes on; health is down, and what it commits from then on is not in the replica.
	 */
	KEEP_SERVING,
	/** Its connections read, and refuse to write and to commit what was written. */
	READ_ONLY,
	/** Its context is closed. */
	SHUTDOWN

}
