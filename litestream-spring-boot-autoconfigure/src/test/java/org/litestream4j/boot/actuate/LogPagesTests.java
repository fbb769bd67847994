package org.litestream4j.boot.actuate;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.BackupFormat;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.Replica;
import org.litestream4j.boot.actuate.LitestreamReport.ChangeEntry;
import org.litestream4j.boot.actuate.LitestreamReport.Log;
import org.litestream4j.boot.actuate.LitestreamReport.PointEntry;
import org.litestream4j.boot.actuate.LitestreamReport.Restored;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for the endpoint's {@code log}.
 */
class LogPagesTests {

	@TempDir
	private Path directory;

	private LitestreamEndpoint endpoint(LitestreamDatabase database) {
		return new LitestreamEndpoint(() -> Map.of("app", database),
				(any) -> new EndpointSettings(this.directory.resolve("restores"), Duration.ofMinutes(5)));
	}

	private static Log log(LitestreamEndpoint endpoint, @Nullable String limit, @Nullable String before,
			@Nullable String transactions, @Nullable String tables) throws Exception {
		return (Log) endpoint.list("app", "log", limit, before, null, null, null, transactions, tables);
	}

	private void commit(LitestreamDatabase database, String... statements) throws Exception {
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database.options().database());
				Statement statement = connection.createStatement()) {
			for (String sql : statements) {
				statement.execute(sql);
			}
		}
		database.sync(Duration.ofMinutes(1));
	}

	@Test
	void pagesFollowEachOtherAndEachTimeRestoresItsPoint() throws Exception {
		try (LitestreamDatabase database = Databases.start(this.directory)) {
			commit(database, "CREATE TABLE n (id INTEGER PRIMARY KEY, x)");
			database.snapshot("file");
			commit(database, "INSERT INTO n (x) VALUES (1)");
			commit(database, "INSERT INTO n (x) VALUES (2)", "UPDATE n SET x = 3 WHERE id = 1");
			LitestreamEndpoint endpoint = endpoint(database);
			List<PointEntry> points = new ArrayList<>();
			String next = null;
			do {
				Log page = log(endpoint, "1", next, null, null);
				assertThat(page.points()).hasSizeLessThanOrEqualTo(1);
				points.addAll(page.points());
				next = page.next();
			}
			while (next != null);
			assertThat(points).isEqualTo(log(endpoint, null, null, null, null).points());
			assertThat(points.get(0).transactions()).isEqualTo(2);
			Restored restored = (Restored) endpoint.run("app", "restore", null, null, "then.db",
					points.get(1).time().toString(), null, null, null, null, null, null, null);
			assertThat(restored.position()).isEqualTo(points.get(1).position());
			assertThat(log(endpoint, null, null, "false", null).points())
				.allMatch((point) -> point.transactions() == null);
		}
	}

	@Test
	void tablesAreNamedAndNothingIsLeftInTheRestoreDirectory() throws Exception {
		try (LitestreamDatabase database = Databases.start(this.directory)) {
			commit(database, "CREATE TABLE n (id INTEGER PRIMARY KEY, x)");
			database.snapshot("file");
			commit(database, "INSERT INTO n (x) VALUES (1)");
			Log page = log(endpoint(database), "1", null, null, "true");
			assertThat(page.points().get(0).changes())
				.containsExactly(new ChangeEntry("changed", "table", "n", "n", 1, 1L, 0L, 0L));
			assertThat(this.directory.resolve("restores")).isEmptyDirectory();
		}
	}

	@Test
	void pointsOfAnLtxReplicaAreItsTransactions() throws Exception {
		Replica.Options ltx = Replica.Options.builder().format(BackupFormat.LTX).build();
		try (LitestreamDatabase database = Databases.start(this.directory, ltx)) {
			commit(database, "CREATE TABLE n (id INTEGER PRIMARY KEY, x)");
			commit(database, "INSERT INTO n (x) VALUES (1)");
			commit(database, "INSERT INTO n (x) VALUES (2)", "UPDATE n SET x = 3 WHERE id = 1");
			LitestreamEndpoint endpoint = endpoint(database);
			List<PointEntry> points = log(endpoint, null, null, null, null).points();
			long newest = Objects.requireNonNull(Objects.requireNonNull(points.get(0).position()).txid(),
					"of an LTX replica");
			Log last = log(endpoint, "1", "%016x".formatted(newest + 1), null, "true");
			assertThat(last.points().get(0).changes())
				.containsExactly(new ChangeEntry("changed", "table", "n", "n", 1, 1L, 1L, 0L));
			assertThat(last.next()).isEqualTo("%016x".formatted(newest));
			assertThat(log(endpoint, "1", last.next(), null, null).points()).containsExactly(points.get(1));
			Restored restored = (Restored) endpoint.run("app", "restore", null, null, "then.db",
					points.get(1).time().toString(), null, null, null, null, null, null, null);
			assertThat(restored.position()).isEqualTo(points.get(1).position());
			assertThatExceptionOfType(EndpointRequestException.class)
				.isThrownBy(() -> log(endpoint, "1", "four", null, null))
				.withMessageContaining("before is 'four': a position such as");
		}
	}

	@Test
	void whatMakesNoSenseIsRefused() throws Exception {
		try (LitestreamDatabase database = Databases.start(this.directory)) {
			LitestreamEndpoint endpoint = endpoint(database);
			assertThatExceptionOfType(EndpointRequestException.class)
				.isThrownBy(() -> log(endpoint, "1001", null, null, null))
				.withMessageContaining("a number from 1 to 1000");
			assertThatExceptionOfType(EndpointRequestException.class)
				.isThrownBy(() -> endpoint.list("app", "log", null, null, "other", null, null, null, null))
				.withMessageContaining("replica is 'other'");
			assertThatExceptionOfType(EndpointRequestException.class)
				.isThrownBy(() -> endpoint.list("app", "wal", null, null, null, "5m", null, null, null))
				.withMessageContaining("wal does not take 'from'");
		}
	}

}
