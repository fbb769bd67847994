package org.litestream4j.store.s3;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.Fencing;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.Replica;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.testsupport.s3.S3Operation;

import static org.assertj.core.api.Assertions.assertThat;

/** What {@code docs/s3.md} says about requests, against requests that are counted. */
class S3RequestCostIT extends S3ServerTest {

	private static final Duration PATIENCE = Duration.ofMinutes(2);

	private static final double DOLLARS_PER_REQUEST = 5.0 / 1_000_000;

	/**
	 * Listings at a start: in which format the replica is, twice as nothing is there, and
	 * snapshots and segments of the generation.
	 */
	private static final int START = 4;

	@TempDir
	private Path temp;

	/**
	 * The formula.
	 *
	 * @param segments written
	 * @param snapshots written, each of one part
	 * @param checks of retention
	 * @param kept segments in the replica, of one generation
	 */
	private record Day(int segments, int snapshots, int checks, int kept) {

		static Day of(int segments) {
			return new Day(segments, (segments > 0) ? 1 : 0, 24, 2 * segments);
		}

		int puts() {
			return this.segments + this.snapshots;
		}

		int lists() {
			int pages = Math.max(1, (this.kept + 999) / 1000);
			return this.checks * (1 + (2 + pages));
		}

		String row(String day) {
			return String.format(Locale.ROOT, "| %s | %d | %d | %d | %.4f |", day, this.segments, puts(), lists(),
					(puts() + lists()) * DOLLARS_PER_REQUEST);
		}

	}

	@Test
	void documentHoldsWhatTheFormulaSays() throws Exception {
		int perDay = (int) Duration.ofDays(1).toSeconds();
		int indexes = (int) Duration.ofDays(1).toMinutes();
		assertThat(Files.readString(Path.of("../docs/s3.md"))).contains(Day.of(0).row("nothing"),
				Day.of(1000).row("1,000 commits, each after a pause"),
				Day.of((perDay + indexes) / 3).row("constant writing for 8 hours"),
				Day.of(perDay + indexes).row("constant writing for 24 hours"),
				Day.of(perDay / 10 + indexes).row("the same with `sync-interval: 10s`"));
	}

	@Test
	void runningReplicaMakesTheRequestsOfTheFormula() throws Exception {
		Replica.Options options = Replica.Options.builder()
			.syncInterval(Duration.ofMillis(1))
			.retentionCheckInterval(Duration.ofSeconds(3))
			.fencing(Fencing.OFF) // which costs requests at a start, and a look now and
									// then
			.build();
		Path database = this.temp.resolve("app.db");
		Replica replica = new Replica("s3", this.fixture.open(S3ReplicaOptions.DEFAULTS).store(), options);
		try (LitestreamDatabase litestream = LitestreamDatabase.start(LitestreamOptions.of(database), List.of(replica),
				LitestreamListener.NONE);
				Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
			try (Statement statement = connection.createStatement()) {
				statement.executeUpdate("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0");
				statement.executeUpdate("CREATE TABLE t (v)");
				litestream.sync(PATIENCE);
				for (int i = 1; i < 25; i++) {
					statement.executeUpdate("INSERT INTO t VALUES (randomblob(100))");
					litestream.sync(PATIENCE);
				}
			}
			int perCheck = new Day(25, 1, 1, 25).lists();
			assertThat(awaitListings(START + 2 * perCheck)).isGreaterThanOrEqualTo(START + 2 * perCheck);
			int checks = wholeChecks(perCheck);
			Day expected = new Day(25, 1, checks, 25);
			assertThat(expected.lists()).isEqualTo(checks * perCheck);
			assertThat(server.requests().count(S3Operation.PUT)).isEqualTo(expected.puts());
			assertThat(server.requests().count(S3Operation.GET)).isZero();
			assertThat(server.requests().counts()).containsOnlyKeys(S3Operation.PUT, S3Operation.LIST,
					S3Operation.LIST_UPLOADS);
			assertThat(server.requests().count(S3Operation.LIST_UPLOADS)).isEqualTo(1);
		}
	}

	/**
	 * How many checks there were, at a moment when none is under way: on a slow machine
	 * there may be more than were waited for.
	 */
	private static int wholeChecks(int perCheck) throws InterruptedException {
		long deadline = System.nanoTime() + PATIENCE.toNanos();
		int lists;
		do {
			assertThat(System.nanoTime()).as("a whole number of checks of %d listings", perCheck).isLessThan(deadline);
			Thread.sleep(20);
			lists = server.requests().count(S3Operation.LIST);
		}
		while ((lists - START) % perCheck != 0);
		return (lists - START) / perCheck;
	}

	/** Waits until so many listings were asked for; a check's own follow each other. */
	private static int awaitListings(int wanted) throws InterruptedException {
		long deadline = System.nanoTime() + PATIENCE.toNanos();
		int lists = 0;
		while (lists < wanted && System.nanoTime() < deadline) {
			Thread.sleep(20);
			lists = server.requests().count(S3Operation.LIST);
		}
		return lists;
	}

}
