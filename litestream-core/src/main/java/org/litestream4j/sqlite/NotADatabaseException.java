package org.litestream4j.sqlite;

import java.io.IOException;

/**
 * A file is not a SQLite database. The message is a sentence that says how that shows.
 */
public final class NotADatabaseException extends IOException {

	private static final long serialVersionUID = 1L;

	NotADatabaseException(String message) {
		super(message);
	}

}
