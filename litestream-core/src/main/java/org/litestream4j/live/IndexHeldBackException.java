package org.litestream4j.live;

import java.io.IOException;

/**
 * The WAL cannot be restarted just now, so no new index begins. Trying again may help.
 */
public final class IndexHeldBackException extends IOException {

	private static final long serialVersionUID = 1;

	IndexHeldBackException(String message) {
		super(message);
	}

}
