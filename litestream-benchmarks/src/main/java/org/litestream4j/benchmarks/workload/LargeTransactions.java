package org.litestream4j.benchmarks.workload;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

/**
 * One transaction of 50 MB at the beginning of each minute of the measurement, a little
 * after it.
 */
final class LargeTransactions implements Callable<Double> {

	private static final long PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

	private final DataSource dataSource;

	private final Work.Window window;

	LargeTransactions(DataSource dataSource, Work.Window window) {
		this.dataSource = dataSource;
		this.window = window;
	}

	/**
	 * {@return how many milliseconds the longest took}
	 */
	@Override
	public Double call() throws SQLException, InterruptedException {
		long longest = 0;
		long due = this.window.begin() + (this.window.end() - this.window.begin()) / 5;
		while (due < this.window.end()) {
			TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
			long start = System.nanoTime();
			try (Connection connection = this.dataSource.getConnection();
					Statement statement = connection.createStatement()) {
				connection.setAutoCommit(false);
				statement.executeUpdate("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)"
						+ " INSERT INTO large (v) SELECT randomblob(1000000) FROM n");
				connection.commit();
				connection.setAutoCommit(true);
			}
			longest = Math.max(longest, System.nanoTime() - start);
			due += PAUSE_NANOS;
		}
		return longest / 1e6;
	}

}
