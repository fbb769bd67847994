package org.litestream4j.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

/**
 * The sqlite3 command line: another process that uses the same database, and the only way
 * for a test to look at a database file that this JVM has open.
 *
 * @see EnabledIfSqlite3
 */
public final class Sqlite3 {

	private static final Duration PATIENCE = Duration.ofMinutes(2);

	private Sqlite3() {
	}

	/** The binary, if there is one: as {@code SQLITE3_BIN} says, else on the PATH. */
	public static Optional<Path> find() {
		return Tool.named("SQLITE3_BIN").or(() -> Tool.onPath("sqlite3"));
	}

	/**
	 * Runs SQL or dot commands, and returns what they printed, without the last newline.
	 * @param database the database; created when missing
	 * @param commands one or more statements with their semicolons, or dot commands
	 * @throws AssertionError if one of them fails
	 */
	public static String run(Path database, String... commands) throws IOException {
		try (ChildProcess child = start(database)) {
			try {
				for (String command : commands) {
					child.send(command);
				}
				child.closeInput();
			}
			catch (UncheckedIOException ex) {
				// It has ended at an error before it heard all
				throw failed(child, ex);
			}
			String printed = String.join("\n", child.remainingLines());
			if (child.waitFor() != 0) {
				throw failed(child, null);
			}
			return printed;
		}
	}

	private static AssertionError failed(ChildProcess child, @Nullable Throwable cause) {
		return new AssertionError("exit status %d. %s".formatted(child.waitFor(), child), cause);
	}

	/**
	 * Starts a session that reads commands from its standard input. It waits up to ten
	 * seconds for locks, and ends at the first error.
	 */
	public static ChildProcess start(Path database) throws IOException {
		ProcessBuilder builder = new ProcessBuilder(find().orElseThrow().toString(), "-batch", "-bail", "-cmd",
				".timeout 10000", database.toString());
		return ChildProcess.start("sqlite3", builder, PATIENCE);
	}

	/** What {@code PRAGMA integrity_check} says: {@code ok} if all is well. */
	public static String integrityCheck(Path database) throws IOException {
		return run(database, "PRAGMA integrity_check;");
	}

}
