package org.litestream4j.boot.jdbc;

import java.sql.SQLException;

import org.jspecify.annotations.Nullable;

/**
 * Hears of the commits of a connection, and may refuse them, or have them wait.
 * Thread-safe; quick, but for {@link #written()}, as it is asked on the application's
 * threads.
 */
@FunctionalInterface
public interface Commits {

	/** Something may have been committed, and is visible by now. Must not throw. */
	void changed();

	/**
	 * Waits while the engine has the write lock, but not for long. Asked before each
	 * statement that may write. Must not throw.
	 */
	default void awaitTurn() {
	}

	/**
	 * Why nothing may be written and committed now. Asked before each statement that may
	 * write, and before each commit of what was written.
	 * @return one sentence, or null if it may be
	 */
	default @Nullable String refusal() {
		return null;
	}

	/**
	 * Whether it is to be found out of what this thread commits next whether it has
	 * written anything, as somebody waits for that. Asked before each commit. Must not
	 * throw.
	 */
	default boolean areAwaited() {
		return false;
	}

	/**
	 * A transaction that wrote was committed while {@link #areAwaited()}, and is visible
	 * by now: called instead of {@link #changed()}, before the application hears of it.
	 * May wait.
	 * @throws SQLException to tell the application what became of the wait; the commit
	 * has taken place
	 */
	default void written() throws SQLException {
		changed();
	}

}
