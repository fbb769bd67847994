package org.litestream4j.boot.jdbc;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sqlite.SQLiteConfig.TransactionMode;
import org.sqlite.SQLiteDataSource;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link WriteGuard}, through the connections that have one.
 */
class WriteGuardTests {

	private static final String REFUSAL = "nothing can be written: somebody else has it";

	@TempDir
	private Path directory;

	private final SQLiteDataSource sqlite = new SQLiteDataSource();

	private volatile @Nullable String refusal;

	private @Nullable Connection connection;

	private final Commits commits = new Commits() {

		@Override
		public void changed() {
			// nobody wants to know
		}

		@Override
		public @Nullable String refusal() {
			return WriteGuardTests.this.refusal;
		}

	};

	@BeforeEach
	void open() throws SQLException {
		this.sqlite.setUrl("jdbc:sqlite:" + this.directory.resolve("app.db"));
		this.sqlite.setJournalMode("WAL");
		this.connection = new SignallingDataSource(this.sqlite, this.commits).getConnection();
		execute("CREATE TABLE t(x)");
		execute("INSERT INTO t VALUES (1), (2), (3)");
	}

	@AfterEach
	void close() throws SQLException {
		connection().close();
	}

	private Connection connection() {
		assertThat(this.connection).isNotNull();
		return this.connection;
	}

	private void refuse() {
		this.refusal = REFUSAL;
	}

	private void allow() {
		this.refusal = null;
	}

	private void execute(String sql) throws SQLException {
		try (Statement statement = connection().createStatement()) {
			statement.execute(sql);
		}
	}

	private static void assertRefused(ThrowingCallable call) {
		assertThatExceptionOfType(SQLiteException.class).isThrownBy(call)
			.withMessage(REFUSAL)
			.satisfies((ex) -> assertThat(ex.getResultCode()).isEqualTo(SQLiteErrorCode.SQLITE_READONLY));
	}

	/** As another connection sees it. */
	private List<Integer> committed() throws SQLException {
		List<Integer> found = new ArrayList<>();
		try (Connection other = this.sqlite.getConnection();
				Statement statement = other.createStatement();
				ResultSet rows = statement.executeQuery("SELECT x FROM t ORDER BY x")) {
			while (rows.next()) {
				found.add(rows.getInt(1));
			}
		}
		return found;
	}

	@ParameterizedTest
	@ValueSource(strings = { "INSERT INTO t VALUES (4)", "UPDATE t SET x = 9", "DELETE FROM t", "CREATE TABLE u(x)",
			"/* hint */ INSERT INTO t VALUES (4)", "WITH n(x) AS (VALUES (4)) INSERT INTO t SELECT x FROM n",
			"INSERT INTO t VALUES (4) RETURNING x", "PRAGMA user_version = 4", "REPLACE INTO t VALUES (4)" })
	void whatWritesIsRefused(String sql) throws SQLException {
		refuse();
		assertRefused(() -> execute(sql));
		try (PreparedStatement statement = connection().prepareStatement(sql)) {
			assertRefused(statement::execute);
		}
		try (Statement statement = connection().createStatement()) {
			statement.addBatch(sql);
			assertThatExceptionOfType(SQLException.class).isThrownBy(statement::executeBatch);
		}
		assertThat(committed()).containsExactly(1, 2, 3);
		allow();
		execute("INSERT INTO t VALUES (5)");
		assertThat(committed()).containsExactly(1, 2, 3, 5);
	}

	@ParameterizedTest
	@ValueSource(strings = { "SELECT x FROM t", "-- all of them\nSELECT x FROM t", "/* all */ SELECT x FROM t",
			"WITH n AS (SELECT x FROM t) SELECT x FROM n", "PRAGMA table_info(t)", "VALUES (1), (2), (3)" })
	void whatReadsIsNot(String sql) throws SQLException {
		refuse();
		for (boolean autoCommit : new boolean[] { true, false }) {
			connection().setAutoCommit(autoCommit);
			try (Statement statement = connection().createStatement(); ResultSet rows = statement.executeQuery(sql)) {
				assertThat(rows.next()).isTrue();
			}
		}
		connection().commit();
		connection().setAutoCommit(true);
	}

	@ParameterizedTest
	@EnumSource
	void transactionThatOnlyReadIsCommitted(TransactionMode mode) throws SQLException {
		this.sqlite.setTransactionMode(mode.name());
		refuse();
		try (Connection own = new SignallingDataSource(this.sqlite, this.commits).getConnection();
				Statement statement = own.createStatement()) {
			own.setAutoCommit(false);
			statement.executeQuery("SELECT x FROM t").close();
			own.commit();
			assertRefused(() -> statement.executeUpdate("DELETE FROM t"));
			own.rollback();
			own.setAutoCommit(true);
		}
	}

	@Test
	void transactionThatWroteBeforeIsNotCommittedAndCanBeRolledBack() throws SQLException {
		connection().setAutoCommit(false);
		execute("INSERT INTO t VALUES (4)");
		refuse();
		assertRefused(() -> execute("INSERT INTO t VALUES (5)"));
		assertRefused(() -> connection().commit());
		assertRefused(() -> connection().setAutoCommit(true));
		connection().rollback();
		connection().setAutoCommit(true);
		assertThat(committed()).containsExactly(1, 2, 3);
	}

	@Test
	void transactionGoesOnAndIsCommittedWhenWritingIsAllowedAgain() throws SQLException {
		connection().setAutoCommit(false);
		execute("INSERT INTO t VALUES (4)");
		refuse();
		assertRefused(() -> connection().commit());
		allow();
		execute("INSERT INTO t VALUES (5)");
		connection().commit();
		refuse();
		connection().commit();
		assertThat(committed()).containsExactly(1, 2, 3, 4, 5);
	}

	@Test
	void transactionThatWasRolledBackIsForgotten() throws SQLException {
		connection().setAutoCommit(false);
		execute("INSERT INTO t VALUES (4)");
		connection().rollback();
		refuse();
		connection().commit();
		assertThat(committed()).containsExactly(1, 2, 3);
	}

	@Test
	void partThatIsRolledBackLeavesTheRestToBeRefused() throws SQLException {
		connection().setAutoCommit(false);
		execute("INSERT INTO t VALUES (4)");
		Savepoint savepoint = connection().setSavepoint();
		execute("INSERT INTO t VALUES (5)");
		connection().rollback(savepoint);
		refuse();
		assertRefused(() -> connection().releaseSavepoint(savepoint));
		assertRefused(() -> connection().commit());
		connection().rollback();
	}

	@ParameterizedTest
	@ValueSource(strings = { "COMMIT", "end transaction", " /* now */ commit;" })
	void transactionThatSqlBeganIsNotCommittedBySql(String commit) throws SQLException {
		execute("BEGIN IMMEDIATE");
		execute("INSERT INTO t VALUES (4)");
		refuse();
		assertRefused(() -> execute(commit));
		execute("ROLLBACK");
		execute("BEGIN");
		execute("SELECT x FROM t");
		execute(commit);
		assertThat(committed()).containsExactly(1, 2, 3);
	}

	@Test
	void savepointThatSqlBeganIsNotReleased() throws SQLException {
		execute("SAVEPOINT one");
		execute("INSERT INTO t VALUES (4)");
		refuse();
		assertRefused(() -> execute("RELEASE one"));
		execute("ROLLBACK TO one");
		assertThat(committed()).containsExactly(1, 2, 3);
		execute("ROLLBACK");
		execute("BEGIN");
		execute("COMMIT");
	}

	@Test
	void rowsThatAreBeingReadGoOnWhenAWriteIsRefused() throws SQLException {
		refuse();
		try (Statement statement = connection().createStatement();
				ResultSet rows = statement.executeQuery("SELECT x FROM t ORDER BY x")) {
			assertThat(rows.next()).isTrue();
			assertRefused(() -> execute("DELETE FROM t"));
			List<Integer> rest = new ArrayList<>();
			while (rows.next()) {
				rest.add(rows.getInt(1));
			}
			assertThat(rest).containsExactly(2, 3);
		}
	}

	@Test
	void failuresOfOtherKindsStayWhatTheyAre() throws SQLException {
		execute("PRAGMA query_only=1");
		refuse();
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> execute("NONSENSE"))
			.withMessageContaining("syntax error");
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> execute("DELETE FROM t"))
			.withMessageContaining("readonly");
		allow();
		assertThatExceptionOfType(SQLException.class).as("what the application has set stays")
			.isThrownBy(() -> execute("DELETE FROM t"))
			.withMessageContaining("readonly");
		execute("PRAGMA query_only=0");
	}

}
