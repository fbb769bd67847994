package org.litestream4j.lease;

import java.io.IOException;

import org.jspecify.annotations.Nullable;

/**
 * A replica's lock file is there, but cannot be understood. Trying again does not help:
 * somebody has to look at it.
 */
public final class DamagedLockFileException extends IOException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates an exception.
	 * @param message one sentence that says what is wrong and what to do
	 * @param cause what was found, or null
	 */
	public DamagedLockFileException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
