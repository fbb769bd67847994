package org.litestream4j.restore;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import java.util.Random;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sqlite.JDBC;
import org.sqlite.SQLiteConnection;

import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Generation;
import org.litestream4j.format.WalSegment;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.store.FileStore;
import org.litestream4j.testing.ChildProcess;
import org.litestream4j.testing.EnabledIfRealLitestream;
import org.litestream4j.testing.RealLitestream;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The real litestream writes a replica, and both programs restore the same from it,
 * however much of it had been shipped when it was ended.
 */
@EnabledIfRealLitestream
class RestoreInteropIT {

	private static final int POINTS = 4;

	private final RealLitestream litestream = RealLitestream.get();

	@TempDir
	private Path directory;

	private RestoreFixture fixture;

	@BeforeEach
	void createFixture() {
		this.fixture = new RestoreFixture(this.directory);
	}

	@ParameterizedTest(name = "page_size={0} auto_vacuum={1} seed={2}")
	@CsvSource({ "512,full,11", "4096,none,12", "65536,incremental,13" })
	void bothProgramsRestoreTheSame(int pageSize, String autoVacuum, long seed) throws Exception {
		Path database = this.directory.resolve("app.db");
		Path replica = this.directory.resolve("replica");
		Random random = new Random(seed);
		try (SQLiteConnection connection = JDBC.createConnection("jdbc:sqlite:" + database, new Properties());
				Statement statement = connection.createStatement()) {
			statement.execute("PRAGMA page_size=" + pageSize);
			statement.execute("PRAGMA auto_vacuum=" + autoVacuum);
			statement.execute("PRAGMA journal_mode=WAL");
			statement.execute("PRAGMA busy_timeout=5000");
			statement.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)");
			try (ChildProcess replicating = this.litestream.replicate(database, RealLitestream.url(replica))) {
				for (int round = 0; round < 4; round++) {
					for (int i = 0; i < 20; i++) {
						change(statement, random);
					}
					replicating.awaitLine((line) -> line.contains("wal segment written"));
				}
				replicating.terminate();
			}
			compare(replica, random);
		}
	}

	private static void change(Statement statement, Random random) throws Exception {
		if (random.nextInt(4) == 0) {
			statement.execute("DELETE FROM t WHERE id % 4 = " + random.nextInt(4));
		}
		else {
			statement.execute("INSERT INTO t (v) VALUES (randomblob(%d))".formatted(random.nextInt(20_000)));
		}
	}

	private void compare(Path replica, Random random) throws Exception {
		try (V03Replica client = new V03Replica(new FileStore(replica, SystemDisk.ownerOnly()))) {
			assertThat(this.fixture.bytes(client, RestoreTarget.latest())).isEqualTo(theirs(replica));
			Generation generation = client.generations().get(0);
			List<WalSegment> segments = new ArrayList<>(client.walSegments(generation));
			int last = segments.get(segments.size() - 1).index();
			assertThat(this.fixture.bytes(client, RestoreTarget.of(generation, last)))
				.isEqualTo(theirs(replica, "-generation", generation.name(), "-index", "%08x".formatted(last)));
			// v0.3.13 refuses a time behind the newest object
			segments.remove(segments.size() - 1);
			Collections.shuffle(segments, random);
			for (WalSegment segment : segments.subList(0, Math.min(POINTS, segments.size()))) {
				// v0.3.13 takes only what is older than the time it is given
				Instant time = segment.createdAt().plusNanos(1);
				assertThat(this.fixture.bytes(client, RestoreTarget.asOf(time).within(generation))).as("as of %s", time)
					.isEqualTo(theirs(replica, "-generation", generation.name(), "-timestamp", time.toString()));
			}
		}
	}

	private byte[] theirs(Path replica, String... options) throws Exception {
		Path output = this.directory.resolve("theirs.db");
		this.litestream.restore(RealLitestream.url(replica), output, options);
		byte[] bytes = Files.readAllBytes(output);
		Files.delete(output);
		return bytes;
	}

}
