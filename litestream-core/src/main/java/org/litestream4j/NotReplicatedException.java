package org.litestream4j;

import java.io.Serial;

/**
 * What was committed is not known to be in as many replicas as was asked for. It is
 * committed in the local database all the same, and may or may not be in replicas, now or
 * later: doing it again would do it twice.
 */
public class NotReplicatedException extends Exception {

	@Serial
	private static final long serialVersionUID = 1;

	/** Why nobody knows. */
	private final Reason reason;

	/**
	 * Creates an exception.
	 * @param reason why nobody knows
	 * @param message one sentence or two
	 */
	public NotReplicatedException(Reason reason, String message) {
		super(message);
		this.reason = reason;
	}

	/** Why nobody knows. */
	public enum Reason {

		/** The replicas did not confirm in time. */
		TIMEOUT,
		/**
		 * Too few replicas could, so that nobody waited: replication has stopped, a
		 * replica was given up until it is back, or the WAL cannot be copied.
		 */
		UNAVAILABLE

	}

	/**
	 * {@return why nobody knows}
	 */
	public Reason reason() {
		return this.reason;
	}

}
