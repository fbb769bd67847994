package org.litestream4j.restore;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.JDBC;
import org.sqlite.ProgressHandler;
import org.sqlite.SQLiteErrorCode;

import org.litestream4j.restore.RestoreException.Kind;
import org.litestream4j.restore.RestoreOptions.IntegrityCheck;

/**
 * Runs SQLite's own check on a database file that nobody else uses. The file is opened as
 * immutable, so nothing appears beside it and no lock is taken.
 */
final class IntegrityChecker {

	private static final Logger logger = LoggerFactory.getLogger(IntegrityChecker.class);

	private static final int STEPS_BETWEEN_LOOKS = 100_000;

	private static final int MAX_PROBLEMS = 3;

	private IntegrityChecker() {
	}

	/**
	 * Checks a file.
	 * @throws RestoreException if it did not pass, or the check was cancelled
	 */
	static void check(Path file, IntegrityCheck check, RestoreMeter meter) throws IOException {
		if (check == IntegrityCheck.NONE) {
			return;
		}
		String pragma = (check == IntegrityCheck.FULL) ? "integrity_check" : "quick_check";
		try (Connection connection = open(file); Statement statement = connection.createStatement()) {
			ProgressHandler.setHandler(connection, STEPS_BETWEEN_LOOKS, new CancelHandler(meter));
			statement.execute("PRAGMA cache_size=-8000");
			List<String> problems = new ArrayList<>();
			try (ResultSet rows = statement.executeQuery("PRAGMA %s(%d)".formatted(pragma, MAX_PROBLEMS))) {
				while (rows.next()) {
					problems.add(rows.getString(1));
				}
			}
			if (!problems.equals(List.of("ok"))) {
				throw failed(pragma, String.join("; ", problems));
			}
		}
		catch (SQLException ex) {
			meter.checkCancelled();
			if ((ex.getErrorCode() & 0xff) != SQLiteErrorCode.SQLITE_ERROR.code) {
				throw failed(pragma, String.valueOf(ex.getMessage()));
			}
			// the schema needs a function, collation or module that only the application
			// has: no sign of damage
			logger.warn("The restored database could not be checked by SQLite ({}); its frames and objects were"
					+ " verified", ex.getMessage());
		}
	}

	private static Connection open(Path file) throws SQLException {
		String path = URLEncoder.encode(file.toAbsolutePath().toString(), StandardCharsets.UTF_8)
			.replace("+", "%20")
			.replace("%2F", "/");
		Properties properties = new Properties();
		// SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
		properties.setProperty("open_mode", "65");
		return JDBC.createConnection("jdbc:sqlite:file:%s?immutable=1&mode=ro".formatted(path), properties);
	}

	private static RestoreException failed(String pragma, String problems) {
		return new RestoreException(Kind.CHECK_FAILED,
				("The restored database did not pass %s: %s; restore another state, or without the check if this one"
						+ " is better than none")
					.formatted(pragma, problems));
	}

	private static final class CancelHandler extends ProgressHandler {

		private final RestoreMeter meter;

		CancelHandler(RestoreMeter meter) {
			this.meter = meter;
		}

		@Override
		protected int progress() {
			try {
				this.meter.checkCancelled();
				return 0;
			}
			catch (RestoreException ex) {
				return 1;
			}
		}

	}

}
