package org.litestream4j.history.diff;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;

import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteErrorCode;

/**
 * A database that other processes have open, and this one has not: closing it drops the
 * locks of whoever in this process has it open too.
 */
public final class OpenDatabase {

	/** SQLITE_OPEN_READONLY, SQLITE_OPEN_URI. */
	private static final int READ_ONLY = 0x41;

	private static final int ALL_PAGES = -1;

	private static final int BUSY_MILLIS = 100;

	private static final int BUSY_TRIES = 100;

	private OpenDatabase() {
	}

	/**
	 * Copies it as of one moment. Nothing is written to it: a connection that reads only
	 * checkpoints nothing when it is closed.
	 * @param database which one
	 * @param target a file that is not there yet
	 */
	public static void copy(Path database, Path target) throws IOException {
		try (SQLiteConnection connection = ReadOnlyDatabase
			.connect("file:%s?mode=ro".formatted(ReadOnlyDatabase.encoded(database)), READ_ONLY)) {
			ReadOnlyDatabase.execute(connection, "PRAGMA busy_timeout=10000", "BEGIN",
					"SELECT count(*) FROM sqlite_schema");
			int result = connection.getDatabase().backup("main", target.toString(), (left, all) -> {
			}, BUSY_MILLIS, BUSY_TRIES, ALL_PAGES);
			if (result != SQLiteErrorCode.SQLITE_OK.code) {
				throw new IOException("%s could not be copied: SQLite says %s".formatted(database,
						SQLiteErrorCode.getErrorCode(result)));
			}
		}
		catch (SQLException ex) {
			throw new IOException("%s could not be copied: SQLite says %s".formatted(database, ex.getMessage()), ex);
		}
	}

}
