package org.litestream4j.boot.jdbc;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;

import com.zaxxer.hikari.HikariDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link SignallingDataSource}. At each signal another connection looks whether
 * the commit is visible: a signal that comes too early counts for nothing.
 */
class SignallingDataSourceTests {

	@TempDir
	private Path directory;

	private final AtomicInteger signals = new AtomicInteger();

	private SignallingDataSource dataSource = new SignallingDataSource(new SQLiteDataSource(), () -> {
	});

	private Connection connection;

	private Connection other;

	private int visible;

	@BeforeEach
	void open() throws SQLException {
		SQLiteDataSource sqlite = new SQLiteDataSource();
		sqlite.setUrl("jdbc:sqlite:" + this.directory.resolve("app.db"));
		sqlite.setJournalMode("WAL");
		this.other = sqlite.getConnection();
		execute(this.other, "CREATE TABLE t(x)");
		this.dataSource = new SignallingDataSource(sqlite, this::look);
		this.connection = this.dataSource.getConnection();
	}

	SignallingDataSourceTests() throws SQLException {
		this.connection = new SQLiteDataSource().getConnection();
		this.other = this.connection;
	}

	@AfterEach
	void close() throws SQLException {
		this.connection.close();
		this.other.close();
	}

	private void look() {
		this.signals.incrementAndGet();
		try (Statement statement = this.other.createStatement();
				ResultSet count = statement.executeQuery("SELECT count(*) FROM t")) {
			count.next();
			this.visible = count.getInt(1);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static void execute(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
	}

	@Test
	void autocommitStatementSignalsWhenItsCommitIsVisible() throws SQLException {
		execute(this.connection, "INSERT INTO t VALUES (1)");
		assertThat(this.visible).isEqualTo(1);
		try (Statement statement = this.connection.createStatement()) {
			statement.executeUpdate("INSERT INTO t VALUES (2)");
			assertThat(this.visible).isEqualTo(2);
			statement.addBatch("INSERT INTO t VALUES (3)");
			statement.executeBatch();
			assertThat(this.visible).isEqualTo(3);
		}
	}

	@Test
	void preparedStatementSignals() throws SQLException {
		try (PreparedStatement statement = this.connection.prepareStatement("INSERT INTO t VALUES (?)")) {
			statement.setInt(1, 1);
			statement.executeUpdate();
			assertThat(this.visible).isEqualTo(1);
			statement.setInt(1, 2);
			statement.addBatch();
			statement.executeBatch();
			assertThat(this.visible).isEqualTo(2);
			statement.setInt(1, 3);
			statement.execute();
			assertThat(this.visible).isEqualTo(3);
		}
	}

	@Test
	void commitSignalsOnce() throws SQLException {
		this.connection.setAutoCommit(false);
		execute(this.connection, "INSERT INTO t VALUES (1)");
		execute(this.connection, "INSERT INTO t VALUES (2)");
		assertThat(this.signals).hasValue(0);
		this.connection.commit();
		assertThat(this.signals).hasValue(1);
		assertThat(this.visible).isEqualTo(2);
	}

	@Test
	void setAutoCommitSignalsWhatItCommits() throws SQLException {
		this.connection.setAutoCommit(false);
		execute(this.connection, "INSERT INTO t VALUES (1)");
		this.connection.setAutoCommit(true);
		assertThat(this.visible).isEqualTo(1);
	}

	@Test
	void commitInSqlSignals() throws SQLException {
		execute(this.connection, "BEGIN");
		execute(this.connection, "INSERT INTO t VALUES (1)");
		assertThat(this.visible).isZero();
		execute(this.connection, "COMMIT");
		assertThat(this.visible).isEqualTo(1);
	}

	@Test
	void rollbackAndQueriesDoNotSignal() throws SQLException {
		this.connection.setAutoCommit(false);
		execute(this.connection, "INSERT INTO t VALUES (1)");
		this.connection.rollback();
		try (PreparedStatement statement = this.connection.prepareStatement("SELECT * FROM t");
				ResultSet rows = statement.executeQuery()) {
			assertThat(rows.next()).isFalse();
		}
		assertThat(this.signals).hasValue(0);
	}

	@Test
	void returningSignalsWhenItsRowsWereRead() throws SQLException {
		try (Statement statement = this.connection.createStatement();
				ResultSet rows = statement.executeQuery("INSERT INTO t VALUES (1), (2) RETURNING x")) {
			while (rows.next()) {
				assertThat(rows.getInt(1)).isPositive();
			}
			assertThat(this.visible).isEqualTo(2);
		}
	}

	@Test
	void returningSignalsWhenItsRowsAreClosedUnread() throws SQLException {
		try (Statement statement = this.connection.createStatement()) {
			statement.executeQuery("INSERT INTO t VALUES (1) RETURNING x").close();
			assertThat(this.visible).isEqualTo(1);
			assertThat(statement.execute("INSERT INTO t VALUES (2) RETURNING x")).isTrue();
			statement.getResultSet().close();
			assertThat(this.visible).isEqualTo(2);
		}
	}

	@Test
	void returningSignalsWhenItsStatementIsClosed() throws SQLException {
		try (PreparedStatement statement = this.connection.prepareStatement("INSERT INTO t VALUES (1) RETURNING x")) {
			ResultSet rows = statement.executeQuery();
			assertThat(rows.next()).isTrue();
		}
		assertThat(this.visible).isEqualTo(1);
	}

	@Test
	void failureOfAStatementIsTheDriversOwn() throws SQLException {
		try (Statement statement = this.connection.createStatement()) {
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> statement.execute("NONSENSE"))
				.withMessageContaining("syntax error");
		}
	}

	@Test
	void physicalConnectionLeavesCheckpointsToTheEngine() throws SQLException {
		try (Statement statement = this.connection.createStatement();
				ResultSet setting = statement.executeQuery("PRAGMA wal_autocheckpoint")) {
			setting.next();
			assertThat(setting.getInt(1)).isZero();
		}
	}

	@Test
	void connectionUnwrapsToTheDriversOwn() throws SQLException {
		assertThat(this.connection.isWrapperFor(SQLiteConnection.class)).isTrue();
		assertThat(this.connection.unwrap(SQLiteConnection.class)).isInstanceOf(SQLiteConnection.class);
		assertThat(this.connection.unwrap(Connection.class)).isSameAs(this.connection);
		assertThat(this.dataSource.unwrap(SQLiteDataSource.class)).isInstanceOf(SQLiteDataSource.class);
		assertThat(this.dataSource.isWrapperFor(SQLiteDataSource.class)).isTrue();
	}

	@Test
	void statementKnowsTheConnectionThatTheApplicationHas() throws SQLException {
		try (Statement statement = this.connection.createStatement()) {
			assertThat(statement.getConnection()).isSameAs(this.connection);
		}
	}

	@Test
	void connectionEqualsItselfAndItsLikeOnly() throws SQLException {
		Connection same = new SignallingConnection(this.connection.unwrap(SQLiteConnection.class),
				new ConnectionSignals.Prepared(this::look, new CommitWatch()));
		try (Connection another = this.dataSource.getConnection()) {
			assertThat(this.connection).isEqualTo(same).hasSameHashCodeAs(same);
			assertThat(this.connection).isNotEqualTo(another).isNotEqualTo(null);
		}
	}

	@Test
	void poolAroundItSignalsOnce() throws SQLException {
		try (HikariDataSource pool = new HikariDataSource()) {
			pool.setDataSource(this.dataSource);
			try (Connection pooled = pool.getConnection()) {
				int before = this.signals.get();
				pooled.setAutoCommit(false);
				execute(pooled, "INSERT INTO t VALUES (1)");
				pooled.commit();
				assertThat(this.signals).hasValue(before + 1);
				assertThat(this.visible).isEqualTo(1);
				assertThat(pooled.unwrap(SQLiteConnection.class)).isInstanceOf(SQLiteConnection.class);
			}
		}
	}

}
