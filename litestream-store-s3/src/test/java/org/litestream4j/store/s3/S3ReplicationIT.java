package org.litestream4j.store.s3;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import software.amazon.awssdk.services.s3.S3Client;

import org.litestream4j.DatabaseStatus;
import org.litestream4j.DatabaseStatus.State;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.LitestreamRestore;
import org.litestream4j.Replica;
import org.litestream4j.RestoreRequest;
import org.litestream4j.RestoreTarget;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.testing.CapturedLog;
import org.litestream4j.testing.ChildProcess;
import org.litestream4j.testing.EnabledIfRealLitestream;
import org.litestream4j.testing.RealLitestream;
import org.litestream4j.testing.Sqlite3;
import org.litestream4j.testsupport.s3.Fault;
import org.litestream4j.testsupport.s3.Faults;
import org.litestream4j.testsupport.s3.S3Operation;
import org.litestream4j.testsupport.s3.S3Request;

import static org.assertj.core.api.Assertions.assertThat;

/** The whole engine with a replica in S3, in good times and bad. */
class S3ReplicationIT extends S3ServerTest {

	private static final Duration PATIENCE = Duration.ofMinutes(2);

	private static final String RECOVERED = "recovered";

	@TempDir
	private Path temp;

	private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

	private int restores;

	@Test
	@EnabledIfRealLitestream
	void realLitestreamRestoresWhatWeWrote() throws Exception {
		Path database = this.temp.resolve("app.db");
		try (LitestreamDatabase litestream = start(database); Connection connection = connect(database)) {
			insert(litestream, connection, 200, 3000);
			litestream.snapshot();
			insert(litestream, connection, 200, 3000);
		}
		Path theirs = this.temp.resolve("theirs.db");
		this.fixture.real().restore(this.fixture.realUrl(), theirs);
		assertThat(Sqlite3.integrityCheck(theirs)).isEqualTo("ok");
		assertThat(count(theirs)).isEqualTo(400);
		assertThat(Files.mismatch(restore(RestoreTarget.latest()), theirs)).isEqualTo(-1);
	}

	@Test
	@EnabledIfRealLitestream
	void weRestoreWhatRealLitestreamWrote() throws Exception {
		Path database = this.temp.resolve("app.db");
		Sqlite3.run(database, "PRAGMA journal_mode=WAL;", "CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB);");
		try (ChildProcess replicating = this.fixture.real().replicate(database, this.fixture.realUrl());
				ChildProcess writer = Sqlite3.start(database)) {
			// it makes tables of its own: a scan of the WAL before those would miss its
			// end
			replicating.awaitLine((line) -> line.contains("wal segment written"));
			for (int i = 0; i < 50; i++) {
				writer.send("INSERT INTO t (v) VALUES (randomblob(2000));");
			}
			writer.send("SELECT 'written';");
			writer.awaitLine("written"::equals);
			RealLitestream.awaitShipped(replicating, database);
			replicating.terminate();
			writer.closeInput();
		}
		Path theirs = this.temp.resolve("theirs.db");
		this.fixture.real().restore(this.fixture.realUrl(), theirs);
		Path ours = restore(RestoreTarget.latest());
		assertThat(count(ours)).isEqualTo(50);
		assertThat(Files.mismatch(ours, theirs)).isEqualTo(-1);
	}

	@Test
	void commitIsOneRequestAndNothingElse() throws Exception {
		Path database = this.temp.resolve("app.db");
		try (LitestreamDatabase litestream = start(database); Connection connection = connect(database)) {
			insert(litestream, connection, 1, 10);
			server.requests().clear();
			for (int i = 0; i < 10; i++) {
				insert(litestream, connection, 1, 10);
			}
			assertThat(server.requests().counts()).isEqualTo(Map.of(S3Operation.PUT, 10));
		}
	}

	@Test
	void idleReplicaMakesNoRequest() throws Exception {
		Path database = this.temp.resolve("app.db");
		try (LitestreamDatabase litestream = start(database); Connection connection = connect(database)) {
			insert(litestream, connection, 5, 10);
			server.requests().clear();
			Thread.sleep(3000); // nothing is to happen, which nothing can signal
			assertThat(server.requests().requests()).isEmpty();
			insert(litestream, connection, 1, 10);
			assertThat(server.requests().counts()).isEqualTo(Map.of(S3Operation.PUT, 1));
		}
	}

	@ParameterizedTest
	@EnumSource(mode = Mode.EXCLUDE, names = { "NONE" })
	void replicaThatFailsSaysWhatToDoAndCatchesUp(Trouble trouble) throws Exception {
		Path database = this.temp.resolve("app.db");
		try (LitestreamDatabase litestream = start(database); Connection connection = connect(database)) {
			insert(litestream, connection, 20, 1000);
			trouble.begin();
			for (int i = 0; i < 50; i++) {
				execute(connection, "INSERT INTO t (v) VALUES (randomblob(5000))");
				litestream.changed();
			}
			assertThat(this.events.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS)).contains(trouble.sentence);
			DatabaseStatus.ReplicaStatus status = replicaStatus(litestream);
			assertThat(status.state()).isEqualTo(State.FAILING);
			assertThat(status.lastError()).contains(trouble.sentence);
			assertThat(count(database)).isEqualTo(70);
			server.up();
			server.faults().clear();
			litestream.sync(PATIENCE);
			awaitRecovery();
			assertThat(litestream.status().state()).isEqualTo(State.REPLICATING);
		}
		assertThat(count(restore(RestoreTarget.latest()))).isEqualTo(70);
		assertStoredOnce();
		assertThat(server.keys(this.fixture.bucket())).filteredOn((key) -> key.contains("/snapshots/")).hasSize(1);
	}

	/** What goes wrong with a store that worked before. */
	enum Trouble {

		NONE(""), DOWN("the endpoint refuses connections"), THROTTLED("the store asks for fewer requests"),
		BROKEN("the store has failed"), DENIED("allow s3:PutObject on"), SKEWED("this machine's clock differs"),
		RESET("the connection broke");

		private final String sentence;

		Trouble(String sentence) {
			this.sentence = sentence;
		}

		private void begin() {
			switch (this) {
				case NONE -> {
				}
				case DOWN -> server.down();
				case THROTTLED -> server.faults().always((request) -> true, Fault.SLOW_DOWN);
				case BROKEN -> server.faults().always((request) -> true, Fault.INTERNAL_ERROR);
				case DENIED -> server.faults().deny(S3Operation.PUT);
				case SKEWED -> server.faults().always((request) -> true, Fault.CLOCK_SKEW);
				case RESET -> server.faults().always(Faults.of(S3Operation.PUT), new Fault.ResetUpload(100));
			}
		}

	}

	@ParameterizedTest
	@EnumSource(names = { "LIST", "GET" })
	void replicaThatCannotBeReadIsFailingFromTheStart(S3Operation denied) throws Exception {
		Path database = this.temp.resolve("app.db");
		try (LitestreamDatabase litestream = start(database); Connection connection = connect(database)) {
			insert(litestream, connection, 5, 10);
		}
		this.events.clear();
		server.faults().deny(denied);
		try (LitestreamDatabase litestream = start(database); Connection connection = connect(database)) {
			String permission = (denied == S3Operation.LIST) ? "s3:ListBucket" : "s3:GetObject";
			assertThat(this.events.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS)).contains("allow " + permission);
			execute(connection, "INSERT INTO t (v) VALUES (1)");
			server.faults().clear();
			litestream.sync(PATIENCE);
		}
		assertThat(count(restore(RestoreTarget.latest()))).isEqualTo(6);
		assertStoredOnce();
	}

	@Test
	void newestSegmentInAnArchiveIsReportedAndShippingGoesOn() throws Exception {
		Path database = this.temp.resolve("app.db");
		try (LitestreamDatabase litestream = start(database); Connection connection = connect(database)) {
			insert(litestream, connection, 5, 10);
		}
		server.faults()
			.always(Faults.of(S3Operation.GET).and((request) -> request.path().contains("/wal/")), new Fault.Answer(403,
					"""
							<Error><Code>InvalidObjectState</Code><Message>The operation is not valid for the object's storage \
							class</Message></Error>"""));
		try (CapturedLog log = CapturedLog.begin();
				LitestreamDatabase litestream = start(database);
				Connection connection = connect(database)) {
			insert(litestream, connection, 1, 10);
			assertThat(log.warnings()).filteredOn((line) -> line.contains("was moved to an archive")).isNotEmpty();
			assertThat(litestream.status().state()).isEqualTo(State.REPLICATING);
		}
		server.faults().clear();
		assertThat(count(restore(RestoreTarget.latest()))).isEqualTo(6);
		assertStoredOnce();
	}

	@Test
	void retentionThatMayNotDeleteIsReportedAndIsNoFailureOfTheReplica() throws Exception {
		Path database = this.temp.resolve("app.db");
		server.faults().deny(S3Operation.DELETE_BATCH);
		try (CapturedLog log = CapturedLog.begin();
				LitestreamDatabase litestream = start(database, expiringAtOnce());
				Connection connection = connect(database)) {
			rollOverOften(litestream, connection);
			while (replicaStatus(litestream).lastError() == null) {
				insert(litestream, connection, 1, 10);
			}
			assertThat(replicaStatus(litestream).lastError()).contains("allow s3:DeleteObject");
			assertThat(replicaStatus(litestream).state()).isEqualTo(State.REPLICATING);
			while (server.requests().count(S3Operation.DELETE_BATCH) < 3) {
				insert(litestream, connection, 1, 10);
			}
			assertThat(log.warnings()).filteredOn((line) -> line.contains("allow s3:DeleteObject"))
				.isNotEmpty()
				.hasSizeLessThan(3);
			assertThat(this.events).isEmpty();
			server.faults().clear();
			while (replicaStatus(litestream).lastError() != null) {
				insert(litestream, connection, 1, 10);
			}
			execute(connection, "DELETE FROM t");
			insert(litestream, connection, 5, 10);
		}
		assertThat(count(restore(RestoreTarget.latest()))).isEqualTo(5);
	}

	@Test
	void objectsThatAreLockedDoNotFailTheReplica() throws Exception {
		Path database = this.temp.resolve("app.db");
		server.faults().always(Faults.of(S3Operation.DELETE_BATCH), new Fault.Answer(200, """
				<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code><Message>Access Denied because object \
				protected by object lock.</Message></Error></DeleteResult>"""));
		try (LitestreamDatabase litestream = start(database, expiringAtOnce());
				Connection connection = connect(database)) {
			rollOverOften(litestream, connection);
			while (server.requests().count(S3Operation.DELETE_BATCH) == 0) {
				insert(litestream, connection, 1, 10);
			}
			assertThat(litestream.status().state()).isEqualTo(State.REPLICATING);
			assertThat(this.events).isEmpty();
		}
	}

	@Test
	void bucketThatWasCopiedStillRestoresByTime() throws Exception {
		Path database = this.temp.resolve("app.db");
		Map<Integer, Instant> times = new HashMap<>();
		try (LitestreamDatabase litestream = start(database); Connection connection = connect(database)) {
			litestream.snapshot(); // before the first of the times
			for (int rows = 10; rows <= 50; rows += 10) {
				insert(litestream, connection, 10, 1000);
				times.put(rows, Instant.now());
				Thread.sleep(20); // commits of the next round are later
			}
		}
		S3Fixture copy = new S3Fixture(server, this.fixture.bucket() + "-copy", "moved/app");
		try (S3Client client = this.fixture.client()) {
			for (String key : server.keys(this.fixture.bucket())) {
				client.copyObject((request) -> request.sourceBucket(this.fixture.bucket())
					.sourceKey(key)
					.destinationBucket(copy.bucket())
					.destinationKey("moved/" + key));
			}
		}
		this.fixture = copy;
		for (Map.Entry<Integer, Instant> time : times.entrySet()) {
			assertThat(count(restore(RestoreTarget.asOf(time.getValue())))).isEqualTo(time.getKey());
		}
	}

	private static DatabaseStatus.ReplicaStatus replicaStatus(LitestreamDatabase litestream) {
		return litestream.status().replicas().values().iterator().next();
	}

	private void awaitRecovery() throws InterruptedException {
		String event = this.events.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
		while (event != null && !event.equals(RECOVERED)) {
			event = this.events.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
		}
		assertThat(event).isEqualTo(RECOVERED);
	}

	private void rollOverOften(LitestreamDatabase litestream, Connection connection) throws Exception {
		for (int i = 0; i < 3; i++) {
			insert(litestream, connection, 10, 100_000);
			litestream.snapshot();
		}
	}

	private static Replica.Options expiringAtOnce() {
		return Replica.Options.builder()
			.syncInterval(Duration.ofMillis(10))
			.snapshotInterval(Duration.ofHours(1))
			.retention(Duration.ofMillis(1))
			.retentionCheckInterval(Duration.ofMillis(500))
			.build();
	}

	/** Each segment was stored by one request only. */
	private void assertStoredOnce() {
		List<String> stored = server.requests()
			.succeeded()
			.stream()
			.filter(Faults.of(S3Operation.PUT))
			.map(S3Request::path)
			.filter((path) -> path.contains("/wal/"))
			.toList();
		List<String> segments = server.keys(this.fixture.bucket())
			.stream()
			.filter((key) -> key.contains("/wal/"))
			.map((key) -> "/%s/%s".formatted(this.fixture.bucket(), key))
			.toList();
		assertThat(stored).containsExactlyInAnyOrderElementsOf(segments);
	}

	private LitestreamDatabase start(Path database) throws Exception {
		return start(database,
				Replica.Options.builder()
					.syncInterval(Duration.ofMillis(10))
					.snapshotInterval(Duration.ofHours(1))
					.retention(Duration.ofHours(1))
					.build());
	}

	private LitestreamDatabase start(Path database, Replica.Options options) throws Exception {
		return LitestreamDatabase.start(LitestreamOptions.of(database), List.of(replica(options)),
				new LitestreamListener() {

					@Override
					public void replicaFailing(String name, String replica, Throwable failure) {
						S3ReplicationIT.this.events.add(String.valueOf(failure.getMessage()));
					}

					@Override
					public void replicaRecovered(String name, String replica, Duration after) {
						S3ReplicationIT.this.events.add(RECOVERED);
					}

				});
	}

	private Replica replica(Replica.Options options) {
		return new Replica("s3", this.fixture.open(S3ReplicaOptions.DEFAULTS).store(), options);
	}

	private Path restore(RestoreTarget target) throws Exception {
		Path output = this.temp.resolve("restored-%d.db".formatted(++this.restores));
		new LitestreamRestore("app", List.of(replica(Replica.Options.DEFAULTS)), LitestreamListener.NONE)
			.restore(RestoreRequest.latest(output).withTarget(target));
		return output;
	}

	private static int count(Path database) throws Exception {
		return Integer.parseInt(Sqlite3.run(database, "SELECT count(*) FROM t;"));
	}

	private static Connection connect(Path database) throws SQLException {
		Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
		execute(connection, "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; PRAGMA synchronous=NORMAL");
		execute(connection, "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, v BLOB)");
		return connection;
	}

	private static void insert(LitestreamDatabase litestream, Connection connection, int rows, int size)
			throws Exception {
		for (int i = 0; i < rows; i++) {
			execute(connection, "INSERT INTO t (v) VALUES (randomblob(%d))".formatted(size));
		}
		litestream.sync(PATIENCE);
	}

	private static void execute(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.executeUpdate(sql);
		}
	}

}
