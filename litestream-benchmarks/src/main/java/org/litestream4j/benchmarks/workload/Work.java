package org.litestream4j.benchmarks.workload;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;

import javax.sql.DataSource;

/**
 * One thread of the application: takes a connection from the pool for each transaction,
 * prepares its statement, and gives both back, as {@code JdbcTemplate} does. A
 * transaction takes as long as all of that.
 */
final class Work implements Callable<Work> {

	private static final String ROW = "a small row of some sixty bytes, as many applications write them";

	private static final int BLOB = 980;

	/** Of ten operations of {@link Kind#MIXED} so many read. */
	private static final int READS = 9;

	private final DataSource dataSource;

	private final Case what;

	private final long rows;

	private final Window window;

	private final SplittableRandom random;

	private final byte[] blob = new byte[BLOB];

	private final Latencies commits = new Latencies();

	private long reads;

	private long failed;

	/**
	 * When is measured, by {@link System#nanoTime()}.
	 *
	 * @param begin what begins earlier warms up
	 * @param end nothing begins later
	 */
	record Window(long begin, long end) {

		double seconds() {
			return (this.end - this.begin) / 1e9;
		}

	}

	/**
	 * Creates the work of one thread.
	 * @param rows how many rows the large table has
	 * @param seed of the places that are written to
	 */
	Work(DataSource dataSource, Case what, long rows, Window window, long seed) {
		this.dataSource = dataSource;
		this.what = what;
		this.rows = rows;
		this.window = window;
		this.random = new SplittableRandom(seed);
	}

	@Override
	public Work call() throws SQLException {
		this.random.nextBytes(this.blob);
		while (true) {
			boolean read = this.what.kind() == Kind.MIXED && this.random.nextInt(READS + 1) < READS;
			long start = System.nanoTime();
			if (start >= this.window.end()) {
				return this;
			}
			boolean done = read ? read() : write();
			if (start >= this.window.begin()) {
				count(read, done, System.nanoTime() - start);
			}
		}
	}

	private void count(boolean read, boolean done, long nanos) {
		this.failed += done ? 0 : 1;
		this.reads += (done && read) ? 1 : 0;
		if (!read) {
			this.commits.record(nanos);
		}
	}

	private boolean write() throws SQLException {
		boolean insert = !this.what.kind().needsTable();
		String sql = insert ? "INSERT INTO rows (v) VALUES (?)" : "UPDATE t SET v = ? WHERE id = ?";
		try (Connection connection = this.dataSource.getConnection();
				PreparedStatement statement = connection.prepareStatement(sql)) {
			if (insert) {
				statement.setString(1, ROW);
			}
			else {
				long key = key();
				this.blob[(int) (key % BLOB)]++;
				statement.setBytes(1, this.blob);
				statement.setLong(2, key);
			}
			statement.executeUpdate();
			return true;
		}
		catch (SQLException ex) {
			return failed(ex);
		}
	}

	private boolean read() throws SQLException {
		try (Connection connection = this.dataSource.getConnection();
				PreparedStatement statement = connection.prepareStatement("SELECT v FROM t WHERE id = ?")) {
			statement.setLong(1, key());
			try (ResultSet row = statement.executeQuery()) {
				return row.next() && row.getBytes(1).length == BLOB;
			}
		}
		catch (SQLException ex) {
			return failed(ex);
		}
	}

	private long key() {
		return this.random.nextLong(this.rows) + 1;
	}

	/** Only what is busy may fail. */
	private static boolean failed(SQLException ex) throws SQLException {
		if (!String.valueOf(ex.getMessage()).contains("SQLITE_BUSY")) {
			throw ex;
		}
		return false;
	}

	Latencies commits() {
		return this.commits;
	}

	/** Reads and commits that were done. */
	long operations() {
		return this.commits.count() + this.reads - this.failed;
	}

	long failed() {
		return this.failed;
	}

}
