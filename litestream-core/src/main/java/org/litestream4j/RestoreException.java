package org.litestream4j;

import java.io.IOException;

/**
 * A restore that cannot be done, with one sentence on why, what is allowed, and, where
 * there is one, the newest point that still can be restored. Nothing was left behind.
 */
public class RestoreException extends IOException {

	private static final long serialVersionUID = 1L;

	/** What kind of failure. */
	public enum Kind {

		/** There is no backup at all in the replica. */
		NO_BACKUP,
		/** There is a backup, but not of what was asked for. */
		NO_SUCH_STATE,
		/** The output path, or what SQLite would read beside it, exists. */
		OUTPUT_EXISTS,
		/** An object is missing, truncated or damaged. */
		DAMAGED,
		/** The restored database did not pass its check. */
		CHECK_FAILED,
		/** Somebody ended it. */
		CANCELLED

	}

	/** What kind of failure it is. */
	private final Kind kind;

	/**
	 * Creates an exception.
	 * @param kind what kind of failure it is
	 * @param message one sentence on why
	 */
	public RestoreException(Kind kind, String message) {
		super(message);
		this.kind = kind;
	}

	/**
	 * Creates an exception with a cause.
	 * @param kind what kind of failure it is
	 * @param message one sentence on why
	 * @param cause what went wrong below
	 */
	public RestoreException(Kind kind, String message, Throwable cause) {
		super(message, cause);
		this.kind = kind;
	}

	/**
	 * {@return what kind of failure it is}
	 */
	public Kind kind() {
		return this.kind;
	}

}
