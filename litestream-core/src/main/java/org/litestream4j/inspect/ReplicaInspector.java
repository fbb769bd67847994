package org.litestream4j.inspect;

import java.io.IOException;

import org.litestream4j.RestoreProgress;

/**
 * Looks at a replica without a database, in whatever format. Thread-safe.
 */
public interface ReplicaInspector {

	/**
	 * What the replica holds, as its listings and its lock file say: nothing else is
	 * read.
	 * @throws IOException if the replica cannot be listed
	 */
	StatusReport status() throws IOException;

	/**
	 * Reads every object once and verifies it: its own checksum, what it continues, and
	 * that a database can be made of it. Memory is bounded by the number of objects of
	 * one generation, whatever their size. Objects that retention deletes meanwhile are
	 * no finding, and what is stored meanwhile is not looked at.
	 * @param parallelism objects open at once, of those that are not small
	 * @param progress hears of the bytes that were read, and may end it
	 * @return what was found
	 * @throws IOException if the replica cannot be listed, or objects one after another
	 * cannot be read: it is not damaged then, but out of reach
	 */
	CheckReport check(int parallelism, RestoreProgress progress) throws IOException;

}
