package org.litestream4j.database;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;

import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.core.DB;

/**
 * A connection that can hold a read transaction open. While it does, no frame that was
 * committed can be lost from the WAL. Not thread-safe.
 */
public final class ReadLock implements AutoCloseable {

	/** Between two looks at the progress; nobody waits for the copying meanwhile. */
	private static final int PAGES_PER_STEP = 1000;

	private static final int BUSY_SLEEP_MILLIS = 10;

	private static final int BUSY_RETRIES = 100;

	private final Connection connection;

	private boolean held;

	ReadLock(Connection connection) {
		this.connection = connection;
	}

	/**
	 * Begins the read transaction.
	 * @throws IOException if the lock cannot be acquired; none is held afterwards
	 */
	public void begin() throws IOException {
		if (this.held) {
			throw new IllegalStateException("the read transaction is held already");
		}
		try {
			Sql.execute(this.connection, "BEGIN");
			// BEGIN alone takes no lock; reading does
			Sql.query(this.connection, "SELECT count(*) FROM (SELECT 1 FROM sqlite_schema LIMIT 1)");
			this.held = true;
		}
		catch (SQLException ex) {
			Sql.rollbackQuietly(this.connection);
			throw Sql.failure("a read transaction could not begin", ex);
		}
	}

	/** Ends the read transaction, if it is held. */
	public void end() throws IOException {
		if (!this.held) {
			return;
		}
		try {
			Sql.execute(this.connection, "ROLLBACK");
			this.held = false;
		}
		catch (SQLException ex) {
			throw Sql.failure("a read transaction could not end", ex);
		}
	}

	/** Whether the read transaction is open. */
	public boolean isHeld() {
		return this.held;
	}

	/**
	 * Copies the database as the transaction sees it, whatever has become of the names of
	 * its files. Cannot be interrupted.
	 * @param target an empty file, or none
	 * @param progress hears how many pages are left, and of how many
	 */
	public void copyTo(Path target, CopyProgress progress) throws IOException {
		if (!this.held) {
			throw new IllegalStateException("a read transaction is needed");
		}
		try {
			DB.ProgressObserver observer = progress::advanced;
			int result = this.connection.unwrap(SQLiteConnection.class)
				.getDatabase()
				.backup("main", target.toString(), observer, BUSY_SLEEP_MILLIS, BUSY_RETRIES, PAGES_PER_STEP);
			if (result != SQLiteErrorCode.SQLITE_OK.code) {
				throw new IOException("the database could not be copied to %s: %s".formatted(target,
						SQLiteErrorCode.getErrorCode(result)));
			}
		}
		catch (SQLException ex) {
			throw Sql.failure("the database could not be copied to %s".formatted(target), ex);
		}
	}

	/** Hears how far a copy is. */
	@FunctionalInterface
	public interface CopyProgress {

		void advanced(int pagesLeft, int pages);

	}

	/** Ends the transaction and closes the connection. */
	@Override
	public void close() {
		this.held = false;
		Sql.closeQuietly(this.connection);
	}

}
