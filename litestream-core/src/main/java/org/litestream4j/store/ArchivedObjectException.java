package org.litestream4j.store;

import java.io.IOException;

/**
 * An object is there, but cannot be read before somebody brings it back from the store's
 * archive: trying again is of no use, and another object may serve.
 */
public final class ArchivedObjectException extends IOException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates an exception.
	 * @param message one sentence that names the object and says what to do
	 * @param cause what the store said
	 */
	public ArchivedObjectException(String message, Throwable cause) {
		super(message, cause);
	}

}
