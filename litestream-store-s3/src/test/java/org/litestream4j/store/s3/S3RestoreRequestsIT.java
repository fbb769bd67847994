package org.litestream4j.store.s3;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.litestream4j.Fencing;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.LitestreamRestore;
import org.litestream4j.OnDivergence;
import org.litestream4j.Replica;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreOptions.IntegrityCheck;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreRequest;
import org.litestream4j.format.TransactionId;
import org.litestream4j.format.ltx.LtxFile;
import org.litestream4j.format.ltx.LtxHeader;
import org.litestream4j.format.ltx.LtxReplica;
import org.litestream4j.format.ltx.LtxWriter;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.Precondition;
import org.litestream4j.testsupport.s3.S3Operation;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How often a restore asks: each request takes the store's latency, and costs. None of
 * them is one for which the SDK has to be loaded.
 */
@Timeout(180)
class S3RestoreRequestsIT extends S3ServerTest {

	private static final int PAGE = 4096;

	private static final int PAGES = 1000;

	/** Of which level, and the last transaction of each. */
	private static final int[][] FILES = { { 9, 1 }, { 3, 100 }, { 3, 200 }, { 2, 220 }, { 1, 225 }, { 1, 230 },
			{ 0, 231 }, { 0, 232 }, { 0, 233 } };

	@TempDir
	private Path temp;

	private final byte[][] database = new byte[PAGES][PAGE];

	private S3PlainStore store() {
		S3Location location = S3Location.of(this.fixture.bucket(), this.fixture.path());
		S3PlainConnection plain = S3PlainConnection.of(this.fixture.connection(), (name) -> null, (name) -> null)
			.orElseThrow();
		return new S3PlainStore(plain, location, S3Terms.STARTER,
				() -> new S3Store(this.fixture.client(), true, location, S3ReplicaOptions.DEFAULTS));
	}

	@Test
	void restoreAsksOnceForEachFileAndOnceForEachLevelThatIsThere() throws IOException {
		try (ObjectStore store = store()) {
			write(new LtxReplica(store));
		}
		Path output = this.temp.resolve("restored.db");
		assertThat(restore(output).position()).isEqualTo(new TransactionId(233));
		ByteArrayOutputStream expected = new ByteArrayOutputStream();
		for (byte[] page : this.database) {
			expected.writeBytes(page);
		}
		assertThat(Files.readAllBytes(output)).isEqualTo(expected.toByteArray());
		int levels = 5;
		assertThat(server.requests().counts()).containsOnly(Map.entry(S3Operation.LIST, 1 + levels),
				Map.entry(S3Operation.GET, FILES.length));
	}

	/** A pass over what is there, and two over the segments. */
	@Test
	void restoreOfTheOlderFormatAsksOnceForEachObjectAndSixTimesForListings() throws Exception {
		int commits = 20;
		replicate("app.db", Fencing.AUTO, commits);
		RestoreReport report = restore(this.temp.resolve("restored.db"));
		assertThat(report.segments()).isGreaterThanOrEqualTo(commits);
		assertThat(server.requests().counts()).containsOnly(Map.entry(S3Operation.LIST, 6),
				Map.entry(S3Operation.GET, 1 + report.segments()));
	}

	/**
	 * Which one is the newest is told by the lock file, and by when commits were made.
	 */
	@ParameterizedTest
	@EnumSource(names = { "AUTO", "OFF" })
	void severalGenerationsAreToldApartWithoutTheSdk(Fencing fencing) throws Exception {
		replicate("one.db", fencing, 2);
		replicate("two.db", fencing, 3);
		RestoreReport report = restore(this.temp.resolve("restored.db"));
		assertThat(report.segments()).isGreaterThanOrEqualTo(3);
		assertThat(server.requests().counts()).containsOnlyKeys(S3Operation.LIST, S3Operation.HEAD, S3Operation.GET);
	}

	/** A database of that name, with a generation of its own. */
	private void replicate(String name, Fencing fencing, int commits) throws Exception {
		Path database = this.temp.resolve(name);
		LitestreamOptions options = LitestreamOptions.builder(database)
			.onDivergence(OnDivergence.NEW_GENERATION)
			.build();
		try (ObjectStore store = store();
				LitestreamDatabase litestream = LitestreamDatabase.start(options,
						List.of(new Replica("s3", store, Replica.Options.builder().fencing(fencing).build())),
						LitestreamListener.NONE);
				Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
				Statement statement = connection.createStatement()) {
			statement.executeUpdate("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0");
			statement.executeUpdate("CREATE TABLE t (v)");
			for (int i = 0; i < commits; i++) {
				statement.executeUpdate("INSERT INTO t VALUES (randomblob(100))");
				litestream.sync(Duration.ofMinutes(2));
			}
		}
	}

	private RestoreReport restore(Path output) throws IOException {
		server.requests().clear();
		try (S3PlainStore store = store()) {
			RestoreReport report = new LitestreamRestore("app",
					List.of(new Replica("s3", store, Replica.Options.DEFAULTS)), LitestreamListener.NONE)
				.restore(RestoreRequest.latest(output)
					.withOptions(RestoreOptions.DEFAULTS.withIntegrityCheck(IntegrityCheck.NONE)));
			assertThat(store.isFull()).as("the SDK is in use").isFalse();
			return report;
		}
	}

	/** The first file holds all pages, and each further one some. */
	private void write(LtxReplica replica) throws IOException {
		Random random = new Random(1);
		long before = 0;
		for (int[] file : FILES) {
			int level = file[0];
			long last = file[1];
			long first = (level == 9) ? 1 : before + 1;
			ByteArrayOutputStream out = new ByteArrayOutputStream();
			LtxWriter writer = new LtxWriter(out, new LtxHeader(PAGE, PAGES, first, last, last * 1000));
			int every = (level == 9) ? 1 : 3 * (4 - level);
			for (int page = 1; page <= PAGES; page += every) {
				random.nextBytes(this.database[page - 1]);
				writer.page(page, this.database[page - 1], 0);
			}
			writer.finish();
			replica.write(LtxFile.named(level, first, last), Instant.EPOCH, Map.of(), Precondition.NONE,
					(stored) -> stored.write(out.toByteArray()));
			before = last;
		}
	}

}
