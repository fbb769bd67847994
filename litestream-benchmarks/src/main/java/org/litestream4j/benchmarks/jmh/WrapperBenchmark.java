package org.litestream4j.benchmarks.jmh;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.sqlite.SQLiteDataSource;

import org.litestream4j.boot.jdbc.SignallingDataSource;

/**
 * What it costs a connection that it signals its commits: the same calls to the driver's
 * own connection and to the one that the application gets, on a database in memory, whose
 * commits take next to no time.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class WrapperBenchmark {

	/** Whose connection it is. */
	public enum Kind {

		/** The driver's. */
		BARE,
		/** The one that signals. */
		SIGNALLING

	}

	/** Whose connection is used. */
	@Param({ "BARE", "SIGNALLING" })
	public Kind kind = Kind.BARE;

	private long signals;

	private Connection connection;

	private PreparedStatement update;

	private PreparedStatement query;

	/** Needs a connection from the start, as fields are never null. */
	public WrapperBenchmark() {
		try {
			this.connection = memory().getConnection();
			this.update = this.connection.prepareStatement("SELECT 1");
			this.query = this.update;
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static SQLiteDataSource memory() {
		SQLiteDataSource source = new SQLiteDataSource();
		source.setUrl("jdbc:sqlite::memory:");
		return source;
	}

	/** Opens the connection. */
	@Setup(Level.Trial)
	public void open() throws SQLException {
		this.connection.close();
		this.connection = (this.kind == Kind.BARE) ? memory().getConnection()
				: new SignallingDataSource(memory(), () -> this.signals++).getConnection();
		try (Statement statement = this.connection.createStatement()) {
			statement.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER)");
			statement.execute("INSERT INTO t VALUES (1, 1)");
		}
		this.update = this.connection.prepareStatement("UPDATE t SET v = 2 WHERE id = 1");
		this.query = this.connection.prepareStatement("SELECT v FROM t WHERE id = 1");
	}

	/** Closes it. */
	@TearDown(Level.Trial)
	public void close() throws SQLException {
		this.connection.close();
		System.out.println(this.signals + " signals");
	}

	/** A statement that is prepared once and reads. */
	@Benchmark
	public int query() throws SQLException {
		try (ResultSet rows = this.query.executeQuery()) {
			rows.next();
			return rows.getInt(1);
		}
	}

	/** A statement that is prepared each time and reads. */
	@Benchmark
	public int prepareAndQuery() throws SQLException {
		try (PreparedStatement statement = this.connection.prepareStatement("SELECT v FROM t WHERE id = 1");
				ResultSet rows = statement.executeQuery()) {
			rows.next();
			return rows.getInt(1);
		}
	}

	/** A statement that is prepared once and commits by itself. */
	@Benchmark
	public int update() throws SQLException {
		return this.update.executeUpdate();
	}

	/** A statement that is prepared each time and commits by itself. */
	@Benchmark
	public int prepareAndUpdate() throws SQLException {
		try (PreparedStatement statement = this.connection.prepareStatement("UPDATE t SET v = 2 WHERE id = 1")) {
			return statement.executeUpdate();
		}
	}

	/** A transaction of one statement, as {@code @Transactional} makes it. */
	@Benchmark
	public int transaction() throws SQLException {
		this.connection.setAutoCommit(false);
		int count = this.update.executeUpdate();
		this.connection.commit();
		this.connection.setAutoCommit(true);
		return count;
	}

}
