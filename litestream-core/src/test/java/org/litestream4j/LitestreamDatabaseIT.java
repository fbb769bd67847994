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

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.WalPosition;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.replica.FileReplicaClient;
import org.litestream4j.testing.EnabledIfRealLitestream;
import org.litestream4j.testing.RealLitestream;
import org.litestream4j.testing.Sqlite3;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The whole engine against real SQLite and the real litestream.
 */
class LitestreamDatabaseIT {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

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
				System.out.println(litestream.status());
			}
		}
		RealLitestream.get().run("restore", "-o", restored.toString(), RealLitestream.url(replica));
		assertThat(Sqlite3.run(restored, "SELECT count(*) FROM t")).isEqualTo("3000");
		assertThat(Sqlite3.integrityCheck(restored)).isEqualTo("ok");
		try (LitestreamDatabase litestream = start(database, replica)) {
			assertThat(litestream.status().position()).isEqualTo(last);
		}
		Path checkpointed = Files.copy(database, this.temp.resolve("copy.db"));
		Files.copy(this.temp.resolve("app.db-wal"), this.temp.resolve("copy.db-wal"));
		Sqlite3.run(checkpointed, "PRAGMA wal_checkpoint(TRUNCATE)");
		assertThat(Files.mismatch(checkpointed, restored)).isEqualTo(-1);
	}

	private static LitestreamDatabase start(Path database, Path replica) throws Exception {
		return LitestreamDatabase.start(
				LitestreamOptions.of(database), List.of(new Replica("file",
						new FileReplicaClient(replica, SystemDisk.ownerOnly()), Replica.Options.DEFAULTS)),
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

}
