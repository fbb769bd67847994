package org.litestream4j.store;

import java.io.IOException;

import org.jspecify.annotations.Nullable;

/** An object is another one than the one that was asked for. */
public final class ObjectReplacedException extends IOException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates an exception.
	 * @param message one sentence that names the object
	 * @param cause what the store said, if anything
	 */
	public ObjectReplacedException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
