package org.litestream4j.sqlite;

import java.io.IOException;

/**
 * WAL bytes that are not what SQLite writes, where they had to be. The message says which
 * WAL, which frame, what was expected and what was found.
 */
public class CorruptWalException extends IOException {

	private static final long serialVersionUID = 1L;

	/** Says so in one sentence. */
	public CorruptWalException(String message) {
		super(message);
	}

}
