package org.litestream4j.boot;

import java.io.Serial;

import org.litestream4j.NotReplicatedException;

/**
 * What a method has committed is not known to be in as many replicas as was asked for. It
 * is committed in the local database, and may or may not be in replicas, now or later:
 * whoever does it again does it twice.
 */
public class CommitNotReplicatedException extends RuntimeException {

	@Serial
	private static final long serialVersionUID = 1;

	/**
	 * Creates an exception.
	 * @param cause why nobody knows
	 */
	public CommitNotReplicatedException(NotReplicatedException cause) {
		super(cause.getMessage(), cause);
	}

}
