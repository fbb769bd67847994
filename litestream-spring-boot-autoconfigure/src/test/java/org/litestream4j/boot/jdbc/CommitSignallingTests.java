package org.litestream4j.boot.jdbc;

import java.io.Closeable;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteDataSource;

import org.springframework.boot.jdbc.DataSourceUnwrapper;
import org.springframework.boot.jdbc.metadata.HikariDataSourcePoolMetadata;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.jdbc.datasource.SmartDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link CommitSignalling}: what stands for a {@code DataSource} must pass for
 * it everywhere.
 */
class CommitSignallingTests {

	@TempDir
	private Path directory;

	private final AtomicInteger signals = new AtomicInteger();

	private SQLiteDataSource sqlite() {
		SQLiteDataSource sqlite = new SQLiteDataSource();
		sqlite.setUrl(url());
		return sqlite;
	}

	private String url() {
		return "jdbc:sqlite:" + this.directory.resolve("app.db");
	}

	private DataSource around(DataSource target) {
		return CommitSignalling.around(target, this.signals::incrementAndGet);
	}

	private void assertSignals(DataSource dataSource) {
		int before = this.signals.get();
		new JdbcTemplate(dataSource).execute("CREATE TABLE IF NOT EXISTS t(x)");
		assertThat(this.signals).hasValueGreaterThan(before);
		assertThat(DataSourceUnwrapper.unwrap(dataSource, CommitSignalling.class)).isNotNull();
	}

	@Test
	void driversDataSourceKeepsItsClassAndSettings() {
		SQLiteDataSource sqlite = sqlite();
		DataSource dataSource = around(sqlite);
		assertThat(dataSource).isInstanceOf(SQLiteDataSource.class);
		SQLiteDataSource kept = (SQLiteDataSource) dataSource;
		assertThat(kept.getUrl()).isEqualTo(url());
		kept.setJournalMode("WAL");
		assertThat(sqlite.getConfig().toProperties()).containsEntry("journal_mode", "WAL");
		assertSignals(dataSource);
	}

	@Test
	void runningPoolKeepsItsClassAndItsFigures() throws SQLException {
		HikariConfig config = new HikariConfig();
		config.setJdbcUrl(url());
		try (HikariDataSource pool = new HikariDataSource(config)) {
			DataSource dataSource = around(pool);
			assertThat(dataSource).isInstanceOf(HikariDataSource.class);
			assertSignals(dataSource);
			HikariDataSource unwrapped = DataSourceUnwrapper.unwrap(dataSource, HikariDataSource.class);
			assertThat(unwrapped).isNotNull();
			try (Connection connection = dataSource.getConnection()) {
				assertThat(connection.isValid(1)).isTrue();
				assertThat(new HikariDataSourcePoolMetadata(unwrapped).getActive()).isOne();
			}
			((HikariDataSource) dataSource).close();
			assertThat(pool.isClosed()).isTrue();
		}
	}

	@Test
	void singleConnectionIsRecognisedByItsDataSource() throws SQLException {
		SingleConnectionDataSource single = new SingleConnectionDataSource(url(), false);
		DataSource dataSource = around(single);
		assertThat(dataSource).isInstanceOf(SingleConnectionDataSource.class);
		JdbcTemplate template = new JdbcTemplate(dataSource);
		template.execute("CREATE TEMP TABLE only_here(x)");
		// Gone if the template had closed the connection
		template.update("INSERT INTO only_here VALUES (1)");
		try (Connection connection = dataSource.getConnection()) {
			assertThat(((SmartDataSource) dataSource).shouldClose(connection)).isFalse();
		}
		finally {
			single.destroy();
		}
		assertThat(this.signals).hasPositiveValue();
	}

	@Test
	void finalClassKeepsItsInterfaces() {
		DataSource dataSource = around(new Sealed(sqlite()));
		assertThat(dataSource).isInstanceOf(Closeable.class).isNotInstanceOf(Sealed.class);
		assertSignals(dataSource);
	}

	@Test
	void proxyKeepsItsInterfaces() {
		SQLiteDataSource sqlite = sqlite();
		DataSource proxy = (DataSource) Proxy.newProxyInstance(getClass().getClassLoader(),
				new Class<?>[] { DataSource.class, Closeable.class },
				(self, method, arguments) -> method.invoke(sqlite, arguments));
		DataSource dataSource = around(proxy);
		assertThat(dataSource).isInstanceOf(Closeable.class);
		assertSignals(dataSource);
	}

	@Test
	void failureOfTheTargetIsItsOwn() {
		SQLiteDataSource sqlite = new SQLiteDataSource();
		sqlite.setUrl("jdbc:sqlite:" + this.directory.resolve("missing").resolve("app.db"));
		DataSource dataSource = around(sqlite);
		assertThat(dataSource).extracting(CommitSignallingTests::failure).isInstanceOf(SQLException.class);
	}

	private static Throwable failure(DataSource dataSource) {
		try (Connection connection = dataSource.getConnection(); Statement statement = connection.createStatement()) {
			return new AssertionError("opened " + statement);
		}
		catch (SQLException ex) {
			return ex;
		}
	}

	/** As many libraries write them. */
	private static final class Sealed extends DelegatingDataSource implements Closeable {

		Sealed(DataSource target) {
			super(target);
		}

		@Override
		public void close() {
			// nothing is pooled
		}

	}

}
