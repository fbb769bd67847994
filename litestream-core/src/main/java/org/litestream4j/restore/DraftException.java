package org.litestream4j.restore;

import java.io.IOException;

/**
 * The file being restored could not be written: the disk is to blame, not the replica.
 */
final class DraftException extends IOException {

	private static final long serialVersionUID = 1L;

	DraftException(IOException cause) {
		super("The restored database cannot be written: %s; nothing was left behind".formatted(cause.getMessage()),
				cause);
	}

}
