package org.litestream4j.boot.jdbc;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sqlite.SQLiteConfig.TransactionMode;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Which commits are waited for: those that wrote, each once, after they are visible, and
 * no others.
 */
class AwaitedCommitsTests {

	@TempDir
	private Path directory;

	private final Recorder recorder = new Recorder();

	private final SQLiteDataSource sqlite = new SQLiteDataSource();

	private Connection connection;

	private Connection other;

	AwaitedCommitsTests() throws SQLException {
		this.connection = this.sqlite.getConnection();
		this.other = this.connection;
	}

	/** Looks from another connection at what is visible when a commit is told. */
	private final class Recorder implements Commits {

		private boolean awaited = true;

		private boolean refuses;

		private int written;

		private int changed;

		private int visible;

		private int turns;

		@Override
		public void awaitTurn() {
			this.turns++;
		}

		@Override
		public void changed() {
			this.changed++;
		}

		@Override
		public boolean areAwaited() {
			return this.awaited;
		}

		@Override
		public void written() throws SQLException {
			this.written++;
			try (Statement statement = AwaitedCommitsTests.this.other.createStatement();
					ResultSet count = statement.executeQuery("SELECT count(*) FROM t")) {
				count.next();
				this.visible = count.getInt(1);
			}
			if (this.refuses) {
				throw new SQLException("not in time", "LS001");
			}
		}

	}

	private void open(TransactionMode mode) throws SQLException {
		this.sqlite.setUrl("jdbc:sqlite:" + this.directory.resolve("app.db"));
		this.sqlite.setJournalMode("WAL");
		this.other = this.sqlite.getConnection();
		execute(this.other, "CREATE TABLE t(x)");
		this.sqlite.setTransactionMode(mode.name());
		this.connection = new SignallingDataSource(this.sqlite, this.recorder).getConnection();
	}

	@AfterEach
	void close() throws SQLException {
		this.connection.close();
		this.other.close();
	}

	private static void execute(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
	}

	private void assertWritten(int times, int visible) {
		assertThat(this.recorder.written).as("commits that were waited for").isEqualTo(times);
		assertThat(this.recorder.visible).as("rows that were visible then").isEqualTo(visible);
	}

	@Test
	void whatMayWriteAwaitsItsTurnAndWhatOnlyReadsDoesNot() throws SQLException {
		open(TransactionMode.DEFERRED);
		execute(this.connection, "SELECT count(*) FROM t");
		assertThat(this.recorder.turns).isZero();
		execute(this.connection, "INSERT INTO t VALUES (1)");
		assertThat(this.recorder.turns).isOne();
		try (PreparedStatement statement = this.connection.prepareStatement("INSERT INTO t VALUES (?)")) {
			statement.setInt(1, 2);
			statement.executeUpdate();
		}
		assertThat(this.recorder.turns).isEqualTo(2);
	}

	@ParameterizedTest
	@EnumSource
	void eachKindOfStatementThatCommitsByItselfIsWaitedForOnce(TransactionMode mode) throws SQLException {
		open(mode);
		execute(this.connection, "INSERT INTO t VALUES (1)");
		assertWritten(1, 1);
		try (Statement statement = this.connection.createStatement()) {
			statement.executeUpdate("INSERT INTO t VALUES (2)");
			assertWritten(2, 2);
			statement.executeLargeUpdate("INSERT INTO t VALUES (3)");
			assertWritten(3, 3);
			statement.executeUpdate("INSERT INTO t VALUES (4); INSERT INTO t VALUES (5)");
			assertWritten(4, 5);
			statement.addBatch("INSERT INTO t VALUES (6)");
			statement.addBatch("INSERT INTO t VALUES (7)");
			statement.executeBatch();
			assertWritten(5, 7);
		}
		try (PreparedStatement statement = this.connection.prepareStatement("INSERT INTO t VALUES (?)")) {
			statement.setInt(1, 8);
			statement.execute();
			assertWritten(6, 8);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "CREATE TABLE u(x)", "CREATE INDEX i ON t(x)", "ALTER TABLE t ADD COLUMN y",
			"PRAGMA user_version=7", "DELETE FROM t", "WITH x(v) AS (SELECT 1) INSERT INTO t SELECT v FROM x",
			"/* SELECT */ UPDATE t SET x=2", "BEGIN; UPDATE t SET x=2; COMMIT", "REINDEX" })
	void whateverWritesIsWaitedFor(String sql) throws SQLException {
		open(TransactionMode.DEFERRED);
		execute(this.other, "CREATE INDEX first ON t(x)");
		execute(this.other, "INSERT INTO t VALUES (1)");
		execute(this.connection, "SELECT * FROM t"); // REINDEX takes the schema as it was
														// last seen
		try (Statement statement = this.connection.createStatement()) {
			statement.executeUpdate(sql);
		}
		assertThat(this.recorder.written).isEqualTo(1);
	}

	/** Vacuuming rewrites the file, but no data that could be lost. */
	@ParameterizedTest
	@ValueSource(
			strings = { "SELECT * FROM t", "VACUUM", "PRAGMA user_version", "WITH x(v) AS (SELECT 1) SELECT v FROM x",
					"EXPLAIN DELETE FROM t", "PRAGMA cache_size=100", "ANALYZE missing", "ATTACH ':memory:' AS aside" })
	void whatWritesNothingIsNot(String sql) throws SQLException {
		open(TransactionMode.DEFERRED);
		try (Statement statement = this.connection.createStatement()) {
			statement.execute(sql);
		}
		catch (SQLException ex) {
			assertThat(sql).contains("missing");
		}
		assertThat(this.recorder.written).isZero();
	}

	@ParameterizedTest
	@EnumSource
	void aTransactionIsWaitedForWhenItIsCommitted(TransactionMode mode) throws SQLException {
		open(mode);
		this.connection.setAutoCommit(false);
		execute(this.connection, "INSERT INTO t VALUES (1)");
		execute(this.connection, "INSERT INTO t VALUES (2)");
		assertWritten(0, 0);
		this.connection.commit();
		assertWritten(1, 2);
		execute(this.connection, "INSERT INTO t VALUES (3)");
		this.connection.setAutoCommit(true);
		assertWritten(2, 3);
		execute(this.connection, "BEGIN");
		execute(this.connection, "INSERT INTO t VALUES (4)");
		assertWritten(2, 3);
		execute(this.connection, "COMMIT");
		assertWritten(3, 4);
	}

	/** With IMMEDIATE SQLite takes it for a writer. */
	@ParameterizedTest
	@EnumSource
	void aTransactionThatOnlyReadsIsNot(TransactionMode mode) throws SQLException {
		open(mode);
		execute(this.connection, "INSERT INTO t VALUES (1)");
		assertWritten(1, 1);
		this.connection.setAutoCommit(false);
		execute(this.connection, "SELECT * FROM t");
		this.connection.commit();
		execute(this.connection, "SELECT * FROM t");
		this.connection.setAutoCommit(true);
		assertWritten(1, 1);
	}

	@ParameterizedTest
	@EnumSource
	void aTransactionThatIsRolledBackIsNot(TransactionMode mode) throws SQLException {
		open(mode);
		this.connection.setAutoCommit(false);
		execute(this.connection, "INSERT INTO t VALUES (1)");
		this.connection.rollback();
		execute(this.connection, "SELECT * FROM t");
		this.connection.commit();
		this.connection.setAutoCommit(true);
		execute(this.connection, "BEGIN");
		execute(this.connection, "INSERT INTO t VALUES (1)");
		execute(this.connection, "ROLLBACK");
		assertWritten(0, 0);
	}

	@Test
	void savepointsAreWaitedForOnlyWithTheirTransaction() throws SQLException {
		open(TransactionMode.DEFERRED);
		this.connection.setAutoCommit(false);
		execute(this.connection, "INSERT INTO t VALUES (1)");
		Savepoint savepoint = this.connection.setSavepoint("s");
		execute(this.connection, "INSERT INTO t VALUES (2)");
		this.connection.rollback(savepoint);
		this.connection.releaseSavepoint(savepoint);
		assertWritten(0, 0);
		this.connection.commit();
		assertWritten(1, 1);
		this.connection.setAutoCommit(true);
		execute(this.connection, "SAVEPOINT outermost");
		execute(this.connection, "INSERT INTO t VALUES (3)");
		assertWritten(1, 1);
		execute(this.connection, "RELEASE outermost");
		assertWritten(2, 2);
	}

	@Test
	void rowsOfAStatementThatWritesAreWaitedForWhenTheyEnd() throws SQLException {
		open(TransactionMode.DEFERRED);
		try (Statement statement = this.connection.createStatement()) {
			try (ResultSet rows = statement.executeQuery("INSERT INTO t VALUES (1) RETURNING x")) {
				assertThat(rows.next()).isTrue();
				assertThat(rows.next()).isFalse();
				assertWritten(1, 1);
			}
			assertWritten(1, 1);
			try (ResultSet rows = statement.executeQuery("INSERT INTO t VALUES (2), (3) RETURNING x")) {
				assertThat(rows.next()).isTrue();
			}
			assertWritten(2, 3);
		}
	}

	@Test
	void aCommitThatFailsIsNotWaitedForUntilItSucceeds() throws SQLException {
		open(TransactionMode.DEFERRED);
		execute(this.connection, "PRAGMA foreign_keys=1");
		execute(this.connection, "CREATE TABLE parent(id INTEGER PRIMARY KEY)");
		execute(this.connection, "CREATE TABLE child(id REFERENCES parent DEFERRABLE INITIALLY DEFERRED)");
		int before = this.recorder.written;
		this.connection.setAutoCommit(false);
		execute(this.connection, "INSERT INTO child VALUES (1)");
		assertThatExceptionOfType(SQLException.class).isThrownBy(this.connection::commit);
		assertThat(this.recorder.written).isEqualTo(before);
		this.recorder.awaited = false;
		execute(this.connection, "INSERT INTO parent VALUES (1)");
		this.connection.setAutoCommit(false);
		this.recorder.awaited = true;
		this.connection.commit();
		assertThat(this.recorder.written).as("of what is committed in the end").isEqualTo(before + 1);
	}

	@Test
	void nobodyIsToldTwiceAndEveryOtherCommitIsSignalled() throws SQLException {
		open(TransactionMode.DEFERRED);
		execute(this.connection, "INSERT INTO t VALUES (1)");
		assertThat(this.recorder.changed).isZero();
		this.recorder.awaited = false;
		execute(this.connection, "INSERT INTO t VALUES (2)");
		assertThat(this.recorder.changed).isEqualTo(1);
		assertWritten(1, 1);
	}

	@Test
	void aWaitThatBeginsLateFindsWhatWasWrittenBefore() throws SQLException {
		open(TransactionMode.DEFERRED);
		this.recorder.awaited = false;
		this.connection.setAutoCommit(false);
		execute(this.connection, "INSERT INTO t VALUES (1)");
		this.recorder.awaited = true;
		this.connection.commit();
		assertWritten(1, 1);
	}

	@Test
	void whatTheDriversOwnConnectionWroteIsWaitedForWithTheTransaction() throws SQLException {
		open(TransactionMode.DEFERRED);
		this.connection.setAutoCommit(false);
		execute(this.connection.unwrap(SQLiteConnection.class), "INSERT INTO t VALUES (1)");
		this.connection.commit();
		assertWritten(1, 1);
	}

	@Test
	void aPooledConnectionIsGoodForMoreAfterAWaitInVain() throws SQLException {
		open(TransactionMode.DEFERRED);
		DataSource inner = new SignallingDataSource(this.sqlite, this.recorder);
		try (HikariDataSource pool = new HikariDataSource()) {
			pool.setDataSource(inner);
			pool.setMaximumPoolSize(1);
			SQLiteConnection first = physical(pool);
			this.recorder.refuses = true;
			try (Connection pooled = pool.getConnection()) {
				assertThatExceptionOfType(SQLException.class)
					.isThrownBy(() -> execute(pooled, "INSERT INTO t VALUES (1)"))
					.withMessage("not in time");
				pooled.setAutoCommit(false);
				execute(pooled, "INSERT INTO t VALUES (2)");
				assertThatExceptionOfType(SQLException.class).isThrownBy(pooled::commit).withMessage("not in time");
			}
			this.recorder.refuses = false;
			assertThat(physical(pool)).isSameAs(first);
			try (Connection pooled = pool.getConnection()) {
				execute(pooled, "INSERT INTO t VALUES (3)");
			}
			assertWritten(3, 3);
		}
	}

	private static SQLiteConnection physical(DataSource pool) throws SQLException {
		try (Connection pooled = pool.getConnection()) {
			return pooled.unwrap(SQLiteConnection.class);
		}
	}

	/** Without the driver's own connection nobody tells, so what may have written did. */
	@Test
	void aConnectionThatCannotBeUnwrappedIsWaitedForAfterAllButQueries() throws SQLException {
		open(TransactionMode.DEFERRED);
		Connection sealed = (Connection) java.lang.reflect.Proxy.newProxyInstance(getClass().getClassLoader(),
				new Class<?>[] { Connection.class },
				(proxy, method, arguments) -> method.getName().equals("isWrapperFor") ? (Object) false
						: method.invoke(this.other, arguments));
		Connection wrapped = new SignallingConnection(sealed,
				new ConnectionSignals.Prepared(this.recorder, new CommitWatch()));
		execute(wrapped, "INSERT INTO t VALUES (1)");
		assertWritten(1, 1);
		execute(wrapped, "SELECT * FROM t");
		wrapped.setAutoCommit(false);
		execute(wrapped, "SELECT * FROM t");
		wrapped.commit();
		assertWritten(1, 1);
		execute(wrapped, "INSERT INTO t VALUES (2)");
		wrapped.commit();
		assertWritten(2, 2);
		wrapped.setAutoCommit(true);
		assertWritten(2, 2);
	}

}
