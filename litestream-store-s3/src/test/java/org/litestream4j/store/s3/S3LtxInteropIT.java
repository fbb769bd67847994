package org.litestream4j.store.s3;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.BackupFormat;
import org.litestream4j.DatabaseStatus.ReplicaStatus;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.LitestreamRestore;
import org.litestream4j.LtxOptions;
import org.litestream4j.Replica;
import org.litestream4j.RestoreRequest;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.TransactionId;
import org.litestream4j.format.ltx.LtxFile;
import org.litestream4j.format.ltx.LtxReplica;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.testing.ChildProcess;
import org.litestream4j.testing.EnabledIfRealLitestream5;
import org.litestream4j.testing.EnabledIfSqlite3;
import org.litestream4j.testing.RealLitestream5;
import org.litestream4j.testing.Sqlite3;
import org.litestream4j.testsupport.s3.S3TestServer;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The real Litestream v0.5 and ours on one LTX replica in S3, where files have other
 * names than in directories, and metadata their times.
 */
@EnabledIfRealLitestream5
@EnabledIfSqlite3
@Timeout(180)
class S3LtxInteropIT extends S3ServerTest {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private static final Duration OFTEN = Duration.ofMillis(100);

	@TempDir
	private Path temp;

	private int restores;

	private RealLitestream5 real() {
		// With a bundle of certificates it refuses to start
		return RealLitestream5.get()
			.with("LITESTREAM_ACCESS_KEY_ID", S3TestServer.ACCESS_KEY_ID)
			.with("LITESTREAM_SECRET_ACCESS_KEY", S3TestServer.SECRET_ACCESS_KEY)
			.with("AWS_CA_BUNDLE", "");
	}

	private String realUrl() {
		return "s3://%s/%s?endpoint=%s&force-path-style=true&region=%s".formatted(this.fixture.bucket(),
				this.fixture.path(), server.endpoint(), S3TestServer.REGION);
	}

	private Replica replica(Replica.Options.Builder options) {
		return new Replica("s3", this.fixture.open(S3ReplicaOptions.DEFAULTS).store(),
				options.syncInterval(Duration.ofMillis(5))
					.ltx(new LtxOptions(List.of(OFTEN, OFTEN.multipliedBy(3), Duration.ofHours(1)),
							Duration.ofHours(1)))
					.build());
	}

	private LitestreamDatabase start(Path database, Replica.Options.Builder options) throws IOException {
		return LitestreamDatabase.start(LitestreamOptions.of(database), List.of(replica(options)),
				LitestreamListener.NONE);
	}

	/** A state that is to be restored. */
	private record Point(int rows, TransactionId txid, Instant time) {
	}

	private Path file(String name) {
		return this.temp.resolve("%s-%d.db".formatted(name, ++this.restores));
	}

	private void assertBothRestore(RestoreTarget target, int rows, String... options) throws Exception {
		Path theirs = file("theirs");
		real().restore(realUrl(), theirs, options);
		Path ours = file("ours");
		new LitestreamRestore("app", List.of(replica(Replica.Options.builder())), LitestreamListener.NONE)
			.restore(RestoreRequest.latest(ours).withTarget(target));
		assertThat(Files.mismatch(ours, theirs)).as("%s", target).isEqualTo(-1);
		assertThat(Sqlite3.run(ours, "SELECT count(*) FROM t;")).as("%s", target).isEqualTo(String.valueOf(rows));
		assertThat(Sqlite3.integrityCheck(ours)).isEqualTo("ok");
	}

	private List<Integer> levels() throws IOException {
		return new LtxReplica(replica(Replica.Options.builder()).store()).listAll()
			.stream()
			.map(LtxFile::level)
			.distinct()
			.toList();
	}

	private static void insert(Connection connection, int rows) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.executeUpdate(
					"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < %d)".formatted(rows)
							+ " INSERT INTO t(v) SELECT randomblob(3000) FROM c");
		}
	}

	private static TransactionId txid(LitestreamDatabase litestream) {
		ReplicaStatus status = litestream.status().replicas().get("s3");
		assertThat(status).isNotNull();
		assertThat(status.txid()).isNotNull();
		return status.txid();
	}

	@Test
	void realOneRestoresWhatWeWrote() throws Exception {
		Path database = this.temp.resolve("app.db");
		Sqlite3.run(database, "PRAGMA journal_mode=WAL;", "CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB);");
		List<Point> points = new ArrayList<>();
		try (LitestreamDatabase litestream = start(database, Replica.Options.builder().format(BackupFormat.LTX));
				Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
			litestream.sync(PATIENCE);
			for (int rows = 20; rows <= 200; rows += 20) {
				insert(connection, 20);
				litestream.sync(PATIENCE);
				points.add(new Point(rows, txid(litestream), Instant.now()));
				Thread.sleep(20); // commits of the next round are later
			}
			// Whether there is a time, the real one asks S3, which tells whole seconds
			Thread.sleep(1100);
			insert(connection, 20);
			litestream.sync(PATIENCE);
			litestream.snapshot();
			while (!levels().containsAll(List.of(0, 1, 2, 9))) {
				Thread.sleep(20); // compaction has its own times
			}
		}
		assertThat(server.keys(this.fixture.bucket())).contains("app/0000/%s-%1$s.ltx".formatted("0000000000000001"),
				"app/0009/%s-%1$s.ltx".formatted("0000000000000001"));
		assertBothRestore(RestoreTarget.latest(), 220);
		for (Point point : List.of(points.get(1), points.get(7))) {
			assertBothRestore(RestoreTarget.of(point.txid()), point.rows(), "-txid", point.txid().toString());
			assertBothRestore(RestoreTarget.asOf(point.time()), point.rows(), "-timestamp", point.time().toString());
		}
	}

	@Test
	void whatTheRealOneWroteIsRestoredAndGoneOnWithAndGivenBack() throws Exception {
		Path database = this.temp.resolve("app.db");
		Sqlite3.run(database, "PRAGMA journal_mode=WAL;", "CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB);");
		replicateWithTheRealOne(database, 3);
		assertBothRestore(RestoreTarget.latest(), 30);
		// Without a format: what is there is gone on with
		List<String> before = new ArrayList<>(server.keys(this.fixture.bucket()));
		try (LitestreamDatabase litestream = start(database, Replica.Options.builder());
				Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
			for (int i = 0; i < 3; i++) {
				insert(connection, 10);
				litestream.sync(PATIENCE);
			}
			assertThat(litestream.validate("s3").valid()).isTrue();
		}
		assertThat(server.keys(this.fixture.bucket())).containsAll(before)
			.noneMatch((key) -> key.contains("/generations/"));
		assertBothRestore(RestoreTarget.latest(), 60);
		replicateWithTheRealOne(database, 2);
		assertBothRestore(RestoreTarget.latest(), 80);
	}

	/** Ten rows a time, until all are in the bucket. */
	private void replicateWithTheRealOne(Path database, int times) throws Exception {
		Path configuration = Files.writeString(this.temp.resolve("litestream.yml"), """
				levels: [{interval: 1s}, {interval: 2s}]
				dbs:
				  - path: %s
				    monitor-interval: 20ms
				    replica:
				      type: s3
				      bucket: %s
				      path: %s
				      endpoint: %s
				      region: %s
				      force-path-style: true
				      sync-interval: 20ms
				""".formatted(database, this.fixture.bucket(), this.fixture.path(), server.endpoint(),
				S3TestServer.REGION));
		int wanted = Integer.parseInt(Sqlite3.run(database, "SELECT count(*) FROM t;")) + 10 * times;
		try (ChildProcess litestream = real().start("replicate", "-config", configuration.toString());
				Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
			litestream.awaitLine((line) -> line.contains("replicating to"));
			for (int i = 0; i < times; i++) {
				insert(connection, 10);
			}
			long deadline = System.nanoTime() + PATIENCE.toNanos();
			while (System.nanoTime() < deadline && !isRestored(wanted)) {
				assertThat(litestream.isAlive()).isTrue();
			}
			litestream.terminate();
		}
	}

	private boolean isRestored(int rows) throws IOException {
		Path restored = file("seen");
		try {
			real().restore(realUrl(), restored);
			return Sqlite3.run(restored, "SELECT count(*) FROM t;").equals(String.valueOf(rows));
		}
		catch (AssertionError ex) {
			return false; // nothing is there yet
		}
	}

}
