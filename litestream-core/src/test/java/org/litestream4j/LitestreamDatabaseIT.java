package org.litestream4j;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.WalPosition;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;
import org.litestream4j.testing.EnabledIfRealLitestream;
import org.litestream4j.testing.EnabledIfSqlite3;
import org.litestream4j.testing.FaultyStore;
import org.litestream4j.testing.RealLitestream;
import org.litestream4j.testing.Sqlite3;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The whole engine against real SQLite and the real litestream.
 */
class LitestreamDatabaseIT {

	private static final Duration PATIENCE = Duration.ofMinutes(2);

	@TempDir
	Path temp;

	@Test
	@EnabledIfRealLitestream
	void realLitestreamRestoresWhatWasSynced() throws Exception {
		Path database = this.temp.resolve("app.db");
		Path replica = this.temp.resolve("replica");
		Path restored = this.temp.resolve("restored.db");
		WalPosition last;
		try (LitestreamDatabase litestream = start(database, replica)) {
			try (Connection connection = connect(database)) {
				execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)");
				Random random = new Random(42);
				for (int i = 0; i < 3000; i++) {
					execute(connection, "INSERT INTO t (v) VALUES (randomblob(%d))".formatted(random.nextInt(3000)));
					if (i % 500 == 0) {
						litestream.sync(PATIENCE);
					}
				}
				last = litestream.sync(PATIENCE);
			}
		}
		RealLitestream.get().run("restore", "-o", restored.toString(), RealLitestream.url(replica));
		assertThat(Sqlite3.run(restored, "SELECT count(*) FROM t")).isEqualTo("3000");
		assertThat(Sqlite3.integrityCheck(restored)).isEqualTo("ok");
		try (LitestreamDatabase litestream = start(database, replica)) {
			assertThat(litestream.status().position()).isEqualTo(inTheNextRun(last));
		}
		Path checkpointed = Files.copy(database, this.temp.resolve("copy.db"));
		Files.copy(this.temp.resolve("app.db-wal"), this.temp.resolve("copy.db-wal"));
		Sqlite3.run(checkpointed, "PRAGMA wal_checkpoint(TRUNCATE)");
		assertThat(Files.mismatch(checkpointed, restored)).isEqualTo(-1);
	}

	/** Each run has WAL indexes of its own: two fences are between them. */
	private static WalPosition inTheNextRun(WalPosition position) {
		return new WalPosition(position.generation(), position.index() + 2, position.offset());
	}

	@Test
	@EnabledIfSqlite3
	void startAfterAnotherProgramHasReadAndDeletedTheWalGoesOnInTheSameGeneration() throws Exception {
		Path database = this.temp.resolve("app.db");
		Path replica = this.temp.resolve("replica");
		WalPosition stopped = insertAndStop(database, replica, 10);
		// The process that replicated is gone, and so is its reader: another file is
		// another inode
		Path moved = moveAsIfTheProcessHadEnded(database);
		assertThat(Sqlite3.run(moved, "SELECT count(*) FROM t")).isEqualTo("10");
		assertThat(moved.resolveSibling(moved.getFileName() + "-wal")).doesNotExist();
		try (LitestreamDatabase litestream = start(moved, replica)) {
			assertThat(litestream.status().position()).isEqualTo(inTheNextRun(stopped));
			try (Connection connection = connect(moved)) {
				execute(connection, "INSERT INTO t (v) VALUES ('more')");
			}
			WalPosition next = litestream.sync(PATIENCE);
			assertThat(next.generation()).isEqualTo(stopped.generation());
			assertThat(next.index()).isEqualTo(inTheNextRun(stopped).index() + 1);
			assertThat(litestream.validate()).allMatch(ValidationReport::valid);
		}
	}

	@Test
	@EnabledIfSqlite3
	void startAfterAnotherProgramHasWrittenStartsAGeneration() throws Exception {
		Path database = this.temp.resolve("app.db");
		Path replica = this.temp.resolve("replica");
		WalPosition stopped = insertAndStop(database, replica, 10);
		Path moved = moveAsIfTheProcessHadEnded(database);
		Sqlite3.run(moved, "UPDATE t SET v = 'changed' WHERE id = 1");
		try (LitestreamDatabase litestream = start(moved, replica)) {
			litestream.sync(PATIENCE);
			assertThat(litestream.status().position()).isNotNull();
			assertThat(java.util.Objects.requireNonNull(litestream.status().position()).generation())
				.isNotEqualTo(stopped.generation());
			assertThat(litestream.validate()).allMatch(ValidationReport::valid);
		}
	}

	private static WalPosition insertAndStop(Path database, Path replica, int rows) throws Exception {
		try (LitestreamDatabase litestream = start(database, replica); Connection connection = connect(database)) {
			execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)");
			for (int i = 0; i < rows; i++) {
				execute(connection, "INSERT INTO t (v) VALUES (randomblob(100))");
			}
			return litestream.sync(PATIENCE);
		}
	}

	/** Copies all files, as only the end of a process lets its locks go. */
	private static Path moveAsIfTheProcessHadEnded(Path database) throws Exception {
		Path directory = Files.createDirectory(database.resolveSibling("moved"));
		new ProcessBuilder("cp", "-a", database.toString(), database + "-wal",
				LitestreamOptions.defaultMetaDirectory(database).toString(), directory.toString())
			.start()
			.waitFor();
		return directory.resolve(database.getFileName());
	}

	private static LitestreamDatabase start(Path database, Path replica) throws Exception {
		return LitestreamDatabase.start(LitestreamOptions.of(database),
				List.of(new Replica("file", new FileStore(replica, SystemDisk.ownerOnly()), Replica.Options.DEFAULTS)),
				LitestreamListener.NONE);
	}

	private static Connection connect(Path database) throws SQLException {
		Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
		execute(connection, "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; PRAGMA synchronous=NORMAL");
		return connection;
	}

	private static void execute(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.executeUpdate(sql);
		}
	}

	@Test
	void replicaThatHangsIsSaidToFailWithinSecondsAndRecovers() throws Exception {
		FaultyStore client = new FaultyStore(new FileStore(this.temp.resolve("replica"), SystemDisk.ownerOnly()));
		CountDownLatch answer = new CountDownLatch(1);
		List<String> events = new CopyOnWriteArrayList<>();
		LitestreamListener listener = new LitestreamListener() {
			@Override
			public void replicaFailing(String database, String replica, Throwable failure) {
				events.add("failing: " + failure.getMessage());
			}

			@Override
			public void replicaRecovered(String database, String replica, Duration after) {
				events.add("recovered");
			}
		};
		Path file = this.temp.resolve("app.db");
		try (LitestreamDatabase database = LitestreamDatabase.start(LitestreamOptions.of(file),
				List.of(new Replica("one", client, Replica.Options.DEFAULTS)), listener);
				TestDatabase app = TestDatabase.open(file)) {
			app.commit();
			database.sync(Duration.ofSeconds(60));
			client.hangUntil(answer);
			app.commit();
			database.changed();
			while (events.isEmpty()) {
				TimeUnit.MILLISECONDS.sleep(50);
			}
			assertThat(events).singleElement().asString().contains("has been waiting for an answer for");
			assertThat(database.status().replicas().values()).singleElement().satisfies((status) -> {
				assertThat(status.state()).isEqualTo(DatabaseStatus.State.FAILING);
				assertThat(status.lastError()).contains("has been waiting for an answer for");
			});
			client.heal();
			answer.countDown();
			database.sync(Duration.ofSeconds(60));
			while (events.size() < 2) {
				TimeUnit.MILLISECONDS.sleep(50);
			}
			assertThat(events.get(1)).isEqualTo("recovered");
		}
	}

}
