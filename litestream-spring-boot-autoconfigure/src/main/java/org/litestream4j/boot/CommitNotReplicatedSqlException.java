package org.litestream4j.boot;

import java.io.Serial;
import java.sql.SQLException;

import org.litestream4j.NotReplicatedException;

/**
 * As {@link CommitNotReplicatedException}, from a connection whose every commit waits.
 * The connection is fine. It is not a {@link java.sql.SQLTransientException}, as what
 * retries these would do twice what was done, nor one that makes a pool close the
 * connection.
 */
public class CommitNotReplicatedSqlException extends SQLException {

	/** Of a class that no standard has, so that nobody takes it for something else. */
	public static final String SQL_STATE = "LS001";

	@Serial
	private static final long serialVersionUID = 1;

	/**
	 * Creates an exception.
	 * @param cause why nobody knows
	 */
	public CommitNotReplicatedSqlException(NotReplicatedException cause) {
		super(cause.getMessage(), SQL_STATE, cause);
	}

}
