package org.litestream4j.boot.actuate;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.BackupFormat;
import org.litestream4j.DatabaseStatus.Ownership;
import org.litestream4j.DatabaseStatus.ReplicaStatus;
import org.litestream4j.DatabaseStatus.State;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.Replica;
import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener.CommitOutcome;
import org.litestream4j.observe.LitestreamListener.Outcome;
import org.litestream4j.observe.LitestreamListener.Problem;
import org.litestream4j.observe.LitestreamListener.ValidationOutcome;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LitestreamMetrics}.
 */
class LitestreamMetricsTests {

	private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

	private final AtomicLong now = new AtomicLong();

	private final LitestreamMetrics metrics = new LitestreamMetrics(this.registry, this.now::get);

	@TempDir
	private Path directory;

	private double problem(String replica, String problem) {
		return this.registry.get("litestream.problem")
			.tags("database", "app", "replica", replica, "problem", problem)
			.gauge()
			.value();
	}

	@Test
	void problemIsOneWhileItIsKnown() throws Exception {
		try (LitestreamDatabase database = Databases.start(this.directory)) {
			this.metrics.problemFound("app", "file", Problem.NOT_RESTORABLE, "found before the gauges are there");
			this.metrics.register(database);
			assertThat(problem("file", "not_restorable")).isEqualTo(1);
			assertThat(problem("file", "foreign_writer")).isZero();
			assertThat(problem("none", "database_file_replaced")).isZero();
			this.metrics.problemFound("app", null, Problem.DATABASE_FILE_REPLACED, "gone");
			this.metrics.problemSolved("app", "file", Problem.NOT_RESTORABLE);
			assertThat(problem("file", "not_restorable")).as("so that a scrape sees it").isEqualTo(1);
			this.now.addAndGet(RecentProblems.SHOWN.toNanos());
			assertThat(problem("file", "not_restorable")).isZero();
			assertThat(problem("none", "database_file_replaced")).isEqualTo(1);
		}
	}

	@Test
	void transactionIsShownOfAReplicaThatIsFoundToBeInLtx() throws Exception {
		Path file = this.directory.resolve("app.db");
		try (LitestreamDatabase first = Databases.start(this.directory,
				Replica.Options.builder().format(BackupFormat.LTX).build());
				Connection application = DriverManager.getConnection("jdbc:sqlite:" + file);
				Statement statement = application.createStatement()) {
			statement.execute("PRAGMA journal_mode=WAL");
			statement.execute("CREATE TABLE t (v)");
			first.sync(Duration.ofMinutes(2));
			this.metrics.register(first);
			assertThat(this.registry.find("litestream.txid").gauge()).as("configured").isNotNull();
			this.metrics.remove("app");
		}
		try (LitestreamDatabase found = Databases.start(this.directory);
				Connection application = DriverManager.getConnection("jdbc:sqlite:" + file);
				Statement statement = application.createStatement()) {
			this.metrics.register(found);
			statement.execute("INSERT INTO t VALUES (1)");
			found.sync(Duration.ofMinutes(2));
			assertThat(this.registry.find("litestream.txid").gauge()).isNull();
			this.metrics.synced("app", 1, Duration.ZERO, Outcome.SUCCESS);
			assertThat(this.registry.get("litestream.txid").tags("database", "app", "replica", "file").gauge().value())
				.isGreaterThan(1);
		}
	}

	@Test
	void ownersAreCounted() throws Exception {
		WalPosition position = new WalPosition(Generation.random(), 1, 0);
		try (LitestreamDatabase database = Databases.start(this.directory)) {
			this.metrics.register(database);
			this.metrics.replicaTakenOver("app", "file", position, 3);
			this.metrics.replicaFenced("app", "file", position, "gone");
			this.metrics.replicaTakenOver("app", "file", position, 5);
			assertThat(this.registry.get("litestream.replica.takeovers").tag("replica", "file").counter().count())
				.isEqualTo(2);
			assertThat(this.registry.get("litestream.replica.fencings").tag("replica", "file").counter().count())
				.isEqualTo(1);
			assertThat(this.registry.get("litestream.replica.fenced").tag("replica", "file").gauge().value()).isZero();
		}
	}

	@Test
	void replicaOfSomebodyElseIsOneAndAnUnknownEpochNoNumber() {
		assertThat(LitestreamMetrics.fenced(replica(State.FENCED, 9))).isEqualTo(1);
		assertThat(LitestreamMetrics.fenced(replica(State.FAILING, 9))).isZero();
		assertThat(LitestreamMetrics.epoch(replica(State.FENCED, 9))).isEqualTo(9);
		assertThat(LitestreamMetrics.epoch(replica(State.REPLICATING, 0))).isNaN();
	}

	private static ReplicaStatus replica(State state, long epoch) {
		return new ReplicaStatus("s3://bucket/app", state, null, null, 0, Duration.ZERO, null, null, null, null, null,
				null, new Ownership(epoch > 0, epoch, null, null));
	}

	@Test
	void nothingOfADatabaseStaysWhenItGoes() throws Exception {
		try (LitestreamDatabase database = Databases.start(this.directory)) {
			this.metrics.register(database);
			this.metrics.problemFound("app", "file", Problem.FOREIGN_WRITER, "somebody");
			this.metrics.replicaFenced("app", "file", null, "somebody");
			this.metrics.synced("app", 1, Duration.ofMillis(1), Outcome.SUCCESS);
			this.metrics.validated("app", "file", ValidationOutcome.ERROR, Duration.ofMillis(1), "");
			this.metrics.commitAwaited("app", CommitOutcome.REPLICATED, Duration.ofMillis(7));
			assertThat(this.registry.get("litestream.replicated.commit").tag("outcome", "replicated").timer().count())
				.isEqualTo(1);
			this.metrics.synced("other", 1, Duration.ofMillis(1), Outcome.SUCCESS);
			this.registry.counter("notes.written", "database", "app").increment();
		}
		this.metrics.remove("app");
		assertThat(this.registry.getMeters()).extracting(Meter::getId)
			.extracting((id) -> id.getName() + " " + id.getTag("database"))
			.containsExactlyInAnyOrder("litestream.sync other", "litestream.wal.bytes other", "notes.written app");
		try (LitestreamDatabase again = Databases.start(this.directory)) {
			this.metrics.register(again);
			assertThat(problem("file", "foreign_writer")).isZero();
			assertThat(this.registry.get("litestream.database.size").gauge().value()).isPositive();
		}
	}

}
