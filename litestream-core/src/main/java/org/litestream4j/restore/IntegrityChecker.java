package org.litestream4j.restore;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

import org.sqlite.JDBC;
import org.sqlite.ProgressHandler;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteLimits;

import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreOptions.IntegrityCheck;
import org.litestream4j.format.Durations;

/**
 * Runs SQLite's own check on a database file that nobody else uses. The file is opened as
 * immutable, so nothing appears beside it and no lock is taken. What the file says is not
 * trusted: neither its expressions are run, nor does it decide how much memory or time
 * the check takes.
 */
final class IntegrityChecker {

	private static final int STEPS_BETWEEN_LOOKS = 100_000;

	private static final int MAX_PROBLEMS = 3;

	/** Bytes in a value: never more than the file has, but names need some. */
	private static final long LEAST_LENGTH = 1 << 20;

	private static final long MOST_LENGTH = 1_000_000_000;

	/** A check that is slower than this, by far, does not end. */
	private static final long BYTES_PER_SECOND = 1 << 20;

	private static final Duration LEAST_TIME = Duration.ofMinutes(10);

	private final RestoreMeter meter;

	private final Duration leastTime;

	IntegrityChecker(RestoreMeter meter) {
		this(meter, LEAST_TIME);
	}

	/**
	 * Creates a checker.
	 * @param leastTime how long a check may take, and a second more for each megabyte
	 */
	IntegrityChecker(RestoreMeter meter, Duration leastTime) {
		this.meter = meter;
		this.leastTime = leastTime;
	}

	/**
	 * Checks a file.
	 * @throws RestoreException if the check was cancelled or took too long
	 */
	IntegrityResult check(Path file, IntegrityCheck check) throws IOException {
		if (check == IntegrityCheck.NONE) {
			return new IntegrityResult.Passed();
		}
		long bytes = Files.size(file);
		LookHandler handler = new LookHandler(this.leastTime.plusSeconds(bytes / BYTES_PER_SECOND));
		try (SQLiteConnection connection = open(file); Statement statement = connection.createStatement()) {
			connection.setLimit(SQLiteLimits.SQLITE_LIMIT_LENGTH,
					(int) Math.min(Math.max(bytes, LEAST_LENGTH), MOST_LENGTH));
			ProgressHandler.setHandler(connection, STEPS_BETWEEN_LOOKS, handler);
			for (String pragma : List.of("cache_size=-8000", "trusted_schema=OFF", "ignore_check_constraints=ON")) {
				statement.execute("PRAGMA " + pragma);
			}
			List<String> rows = new ArrayList<>();
			try (ResultSet answer = statement.executeQuery("PRAGMA %s(%d)".formatted(pragma(check), MAX_PROBLEMS))) {
				while (answer.next()) {
					rows.add(answer.getString(1));
				}
			}
			return IntegrityResult.of(rows);
		}
		catch (SQLException ex) {
			this.meter.checkCancelled();
			handler.requireInTime(check);
			return failed(file, ex);
		}
	}

	/** The sentence that refuses a restored file; empty if it may be used. */
	static Optional<String> refusal(IntegrityResult result, IntegrityCheck check) {
		if (result instanceof IntegrityResult.Damaged damaged) {
			return Optional
				.of(("The restored database did not pass %s: %s; restore another state, or without the check if this"
						+ " one is better than none")
					.formatted(pragma(check), damaged.problems()));
		}
		if (result instanceof IntegrityResult.ContentOnly content) {
			return Optional
				.of(("The restored database is what was backed up, and its pages are sound, but it did not pass %s, which"
						+ " says of its contents: %s; if the application lived with that, restore without the check"
						+ " (integrity-check none)")
					.formatted(pragma(check), content.problems()));
		}
		return Optional.empty();
	}

	private static String pragma(IntegrityCheck check) {
		return (check == IntegrityCheck.FULL) ? "integrity_check" : "quick_check";
	}

	private static IntegrityResult failed(Path file, SQLException failure) throws RestoreException {
		String said = IntegrityResult.printable(String.valueOf(failure.getMessage()));
		int code = failure.getErrorCode() & 0xff;
		if (code == SQLiteErrorCode.SQLITE_CANTOPEN.code) {
			throw new RestoreException(Kind.CHECK_FAILED,
					"SQLite cannot open %s (%s), perhaps as it opens no path longer than 500 bytes: restore to a shorter one"
						.formatted(file.getParent(), said),
					failure);
		}
		return (code == SQLiteErrorCode.SQLITE_ERROR.code) ? new IntegrityResult.Unchecked(said)
				: new IntegrityResult.Damaged(said);
	}

	private static SQLiteConnection open(Path file) throws SQLException {
		String path = URLEncoder.encode(file.toAbsolutePath().toString(), StandardCharsets.UTF_8)
			.replace("+", "%20")
			.replace("%2F", "/");
		Properties properties = new Properties();
		// SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
		properties.setProperty("open_mode", "65");
		return JDBC.createConnection("jdbc:sqlite:file:%s?immutable=1&mode=ro".formatted(path), properties);
	}

	/** Ends the check when the restore was cancelled, or when it takes too long. */
	private final class LookHandler extends ProgressHandler {

		private final Duration longest;

		private final long startedAt = System.nanoTime();

		private volatile boolean late;

		LookHandler(Duration longest) {
			this.longest = longest;
		}

		@Override
		protected int progress() {
			try {
				IntegrityChecker.this.meter.checkCancelled();
				this.late = System.nanoTime() - this.startedAt > this.longest.toNanos();
				return this.late ? 1 : 0;
			}
			catch (RestoreException ex) {
				return 1;
			}
		}

		void requireInTime(IntegrityCheck check) throws RestoreException {
			if (this.late) {
				throw new RestoreException(Kind.CHECK_FAILED,
						"The %s of the restored database was stopped after %s: restore it without the check, or another state"
							.formatted(pragma(check), Durations.describe(this.longest)));
			}
		}

	}

}
