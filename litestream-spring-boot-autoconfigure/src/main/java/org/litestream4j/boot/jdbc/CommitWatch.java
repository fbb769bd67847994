package org.litestream4j.boot.jdbc;

import java.sql.Connection;
import java.sql.SQLException;

import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteCommitListener;
import org.sqlite.SQLiteConnection;

/**
 * Whether a physical connection has committed a transaction that may write. SQLite says
 * so by its commit hook, whatever statement it was that committed: it knows of
 * {@code COMMIT}, savepoints and batches what no look at SQL could tell. The hook is set
 * when somebody first waits for a commit, and costs one call for each transaction that
 * writes from then on. Used by one thread at a time, as a connection is.
 */
final class CommitWatch implements SQLiteCommitListener {

	private boolean hooked;

	private volatile boolean committed;

	/**
	 * Watches from now on, and forgets what was before.
	 * @param connection the physical connection, or what stands for it
	 */
	void begin(Connection connection) {
		this.committed = false;
		if (!this.hooked) {
			this.hooked = hook(connection);
		}
	}

	private boolean hook(Connection connection) {
		try {
			SQLiteConnection physical = physical(connection);
			if (physical != null) {
				physical.addCommitListener(this);
			}
			return physical != null;
		}
		catch (SQLException ex) {
			return false; // closed: what comes next fails of that, too
		}
	}

	/** The driver's own connection; null if there is none behind it. */
	static @Nullable SQLiteConnection physical(Connection connection) throws SQLException {
		return connection.isWrapperFor(SQLiteConnection.class) ? connection.unwrap(SQLiteConnection.class) : null;
	}

	/** Whether SQLite tells. */
	boolean isHooked() {
		return this.hooked;
	}

	/** Whether a transaction was committed since, which is then forgotten. */
	boolean take() {
		boolean taken = this.committed;
		this.committed = false;
		return taken;
	}

	/** Comes before the commit is there, so it is no more than noted. */
	@Override
	public void onCommit() {
		this.committed = true;
	}

	@Override
	public void onRollback() {
		// Whatever was to be written is not
	}

}
