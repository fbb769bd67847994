package org.litestream4j.replication;

import java.io.IOException;

/**
 * A replica could be listed, but what is old could not be deleted: most likely there is
 * no right to, so that it is not tried again before the next check.
 */
final class RetentionRefusedException extends IOException {

	private static final long serialVersionUID = 1L;

	RetentionRefusedException(IOException cause) {
		super("%s; allow it, or set retention to 'off' to keep everything".formatted(cause.getMessage()), cause);
	}

}
