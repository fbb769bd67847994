package org.litestream4j.database;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A version of SQLite.
 *
 * @param major the first part
 * @param minor the second part
 * @param patch the third part
 */
public record SqliteVersion(int major, int minor, int patch) {

	private static final Pattern PATTERN = Pattern.compile("(\\d+)\\.(\\d+)(?:\\.(\\d+))?.*");

	/**
	 * Reads what {@code sqlite_version()} answers.
	 * @throws IllegalArgumentException if it is not a version
	 */
	public static SqliteVersion parse(String text) {
		Matcher matcher = PATTERN.matcher(text);
		if (!matcher.matches()) {
			throw new IllegalArgumentException("'%s' is not a version of SQLite".formatted(text));
		}
		String patch = matcher.group(3);
		return new SqliteVersion(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)),
				(patch != null) ? Integer.parseInt(patch) : 0);
	}

	/** Whether {@code PRAGMA wal_checkpoint(NOOP)} is known. */
	boolean hasNoopCheckpoint() {
		return isAtLeast(3, 51, 0);
	}

	/**
	 * Whether a fix is in by which a WAL is not reset while another connection still
	 * needs it: in 3.51.3, and carried back to 3.50.7 and 3.44.6.
	 */
	public boolean hasWalResetFix() {
		return isAtLeast(3, 51, 3) || (this.minor == 50 && this.patch >= 7) || (this.minor == 44 && this.patch >= 6);
	}

	private boolean isAtLeast(int otherMajor, int otherMinor, int otherPatch) {
		if (this.major != otherMajor) {
			return this.major > otherMajor;
		}
		return (this.minor != otherMinor) ? this.minor > otherMinor : this.patch >= otherPatch;
	}

	@Override
	public String toString() {
		return "%d.%d.%d".formatted(this.major, this.minor, this.patch);
	}

}
