package org.litestream4j.store;

import java.io.IOException;

import org.jspecify.annotations.Nullable;

/** An object was not stored, as its {@link Precondition} did not hold. */
public final class PreconditionFailedException extends IOException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates an exception.
	 * @param message one sentence that names the object
	 * @param cause what the store said, if anything
	 */
	public PreconditionFailedException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
