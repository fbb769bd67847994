package org.litestream4j.stress;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;

import org.sqlite.SQLiteErrorCode;

/**
 * A thread of the application: small transactions, and such as do not fit the cache,
 * rollbacks, savepoints, and what rewrites the whole file.
 */
final class StressWriter implements Runnable {

	private final StressRun run;

	private final int number;

	private final Random random;

	private int committed;

	private int rolledBack;

	private int vacuums;

	StressWriter(StressRun run, int number) {
		this.run = run;
		this.number = number;
		this.random = new Random(run.plan().seed() * 1000 + number);
	}

	/** Transactions whose commit has returned. */
	int committed() {
		return this.committed;
	}

	int rolledBack() {
		return this.rolledBack;
	}

	int vacuums() {
		return this.vacuums;
	}

	int number() {
		return this.number;
	}

	@Override
	public void run() {
		while (this.run.isRunning()) {
			try (Connection connection = this.run.connect()) {
				boolean smallCache = this.random.nextBoolean();
				execute(connection, "PRAGMA cache_size=" + (smallCache ? 5 : 2000));
				int transactions = 1 + this.random.nextInt(300);
				for (int i = 0; i < transactions && this.run.isRunning(); i++) {
					this.run.gate().readLock().lock();
					try {
						step(connection);
					}
					finally {
						this.run.gate().readLock().unlock();
					}
					if (this.random.nextInt(5) > 0) {
						this.run.changed();
					}
				}
			}
			catch (SQLException | RuntimeException | Error ex) {
				this.run.failed("writer " + this.number, ex);
			}
		}
	}

	private void step(Connection connection) throws SQLException {
		try {
			int kind = this.random.nextInt(this.run.plan().application().tiny() ? 2000 : 200);
			if (kind == 0) {
				execute(connection, "VACUUM");
				this.vacuums++;
			}
			else if (kind == 1) {
				execute(connection, "PRAGMA incremental_vacuum(50)");
			}
			else {
				transaction(connection, kind);
			}
		}
		catch (SQLException ex) {
			if (!isBusy(ex)) {
				throw ex;
			}
			rollback(connection);
		}
	}

	private void transaction(Connection connection, int kind) throws SQLException {
		execute(connection, (kind % 10 == 0) ? "BEGIN" : "BEGIN IMMEDIATE");
		change(connection, kind);
		if (kind % 13 == 0) {
			execute(connection, "SAVEPOINT s");
			change(connection, this.random.nextInt(200)); // may be huge
			execute(connection, "ROLLBACK TO s; RELEASE s");
		}
		if (kind % 7 == 0) {
			rollback(connection);
			this.rolledBack++;
			return;
		}
		execute(connection, Ledger.record(this.number, this.committed + 1));
		execute(connection, "COMMIT");
		this.committed++;
	}

	private void change(Connection connection, int kind) throws SQLException {
		int small = this.run.plan().smallBody();
		int tag = this.random.nextInt(1_000_000);
		if (kind < 10) {
			execute(connection, Ledger.insert(50 + this.random.nextInt(300), tag, this.random.nextInt(small * 5)));
		}
		else if (kind < 40) {
			execute(connection, Ledger.update(tag, this.random.nextInt(small * 3), 20, this.random.nextInt(20)));
		}
		else if (kind < 70) {
			execute(connection, Ledger.delete(10, this.random.nextInt(10)));
		}
		else {
			execute(connection, Ledger.insert(1 + this.random.nextInt(3), tag, this.random.nextInt(small)));
		}
	}

	private static void rollback(Connection connection) {
		try {
			execute(connection, "ROLLBACK");
		}
		catch (SQLException ex) {
			// there was no transaction
		}
	}

	private static boolean isBusy(SQLException ex) {
		int primary = ex.getErrorCode() & 0xff;
		return primary == SQLiteErrorCode.SQLITE_BUSY.code || primary == SQLiteErrorCode.SQLITE_LOCKED.code;
	}

	static void execute(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.executeUpdate(sql);
		}
	}

	/** Opens a connection as the application does. */
	static Connection connect(Path database, String synchronous, int autoCheckpoint) throws SQLException {
		Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
		execute(connection, "PRAGMA busy_timeout=10000; PRAGMA wal_autocheckpoint=%d; PRAGMA synchronous=%s"
			.formatted(autoCheckpoint, synchronous));
		return connection;
	}

}
