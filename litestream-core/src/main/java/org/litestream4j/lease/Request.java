package org.litestream4j.lease;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.WalPosition;
import org.litestream4j.format.Writer;

/**
 * What a {@link Takeover} or an {@link Ownership} wants to be asked of the store next.
 */
public sealed interface Request {

	/** Read the lock file. Answered by {@link Answer.LockIs}. */
	record ReadLock() implements Request {
	}

	/**
	 * Write the lock file if it is unchanged. Answered by {@link Answer.Stored} or
	 * {@link Answer.Refused}.
	 *
	 * @param tag as it was read; null if there was none, and none may be there
	 * @param lock what to write
	 */
	record WriteLock(@Nullable String tag, ReplicaLock lock) implements Request {
	}

	/** List the replica. Answered by {@link Answer.Listed}. */
	record ListLogs() implements Request {
	}

	/**
	 * Store a fence, if there is no object at its position. Answered by
	 * {@link Answer.Stored}, also if the very same fence of the same writer was there, or
	 * by {@link Answer.Refused}.
	 *
	 * @param at at offset 0 a WAL's header without frames, else an empty segment
	 * @param writer who stores it
	 */
	record PutFence(WalPosition at, Writer writer) implements Request {
	}

}
