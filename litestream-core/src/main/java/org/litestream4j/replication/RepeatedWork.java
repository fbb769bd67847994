package org.litestream4j.replication;

/**
 * Work that is done again and again for as long as a database is replicated. Whoever
 * repeats it does it on one thread at a time, and asks after each time, and whenever it
 * is woken, when it is due next.
 */
public interface RepeatedWork {

	/** Not before it is woken. */
	long WHEN_WOKEN = Long.MAX_VALUE;

	/**
	 * Does once what is due; nothing if nothing is. What fails is noted, and not thrown.
	 * @throws InterruptedException if it was told to end early
	 */
	void work() throws InterruptedException;

	/**
	 * How long to wait before it is due, in nanoseconds; not positive if it is now, and
	 * {@link #WHEN_WOKEN} if only waking can make it due. Quick.
	 */
	long dueIn();

	/**
	 * Sets what is run when it may have become due earlier than it has said. Must come
	 * before anything else.
	 * @param waker quick, never blocks, never throws; any thread runs it
	 */
	void wakenBy(Runnable waker);

}
