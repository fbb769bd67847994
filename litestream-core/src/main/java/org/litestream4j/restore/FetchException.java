package org.litestream4j.restore;

import java.io.IOException;

/**
 * An object could not be fetched, also after trying again: the store is to blame, not the
 * object.
 */
public final class FetchException extends IOException {

	private static final long serialVersionUID = 1L;

	FetchException(String message, Throwable cause) {
		super(message, cause);
	}

}
