package org.litestream4j.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.DatabaseStatus.State;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.Replica;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.testing.DelegatingStore;
import org.litestream4j.testing.FaultyStore;
import org.litestream4j.testing.PlainRestore;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Many databases of one process, of which some wait for a store that hangs.
 */
@Timeout(180)
class ManyDatabasesTests {

	private static final Duration PATIENCE = Duration.ofMinutes(2);

	/** Those of the three pools, and the one that tends what was left by other tests. */
	private static final int MOST_THREADS = 8 + 12 + 4 + 1;

	@TempDir
	private Path temp;

	private final CountDownLatch released = new CountDownLatch(1);

	private final List<LitestreamDatabase> databases = new ArrayList<>();

	private final List<TestDatabase> apps = new ArrayList<>();

	@AfterEach
	void closeAll() throws Exception {
		this.released.countDown();
		for (TestDatabase app : this.apps) {
			app.close();
		}
		this.databases.forEach(LitestreamDatabase::close);
	}

	private LitestreamDatabase start(String name, ObjectStore client) throws Exception {
		LitestreamDatabase database = LitestreamDatabase.start(LitestreamOptions.of(this.temp.resolve(name + ".db")),
				List.of(new Replica("one", client, Replica.Options.DEFAULTS)), LitestreamListener.NONE);
		this.databases.add(database);
		this.apps.add(TestDatabase.open(this.temp.resolve(name + ".db")));
		return database;
	}

	private Path replica(String name) {
		return this.temp.resolve("replicas").resolve(name);
	}

	private FaultyStore client(String name) {
		return new FaultyStore(new FileStore(replica(name), SystemDisk.ownerOnly()));
	}

	private static ObjectStore elsewhere(FaultyStore client) {
		return new DelegatingStore(client) {
			@Override
			public String url() {
				return "hanging://store/" + super.url();
			}
		};
	}

	private void commitAll() throws Exception {
		for (int i = 0; i < this.databases.size(); i++) {
			this.apps.get(i).commit();
			this.databases.get(i).changed();
		}
	}

	@Test
	void storeThatHangsForItsDatabasesDisturbsNoOtherAndThreadsStayFew() throws Exception {
		List<FaultyStore> hanging = new ArrayList<>();
		List<LitestreamDatabase> good = new ArrayList<>();
		for (int i = 0; i < 20; i++) {
			good.add(start("good-" + i, client("good-" + i)));
		}
		for (int i = 0; i < 20; i++) {
			FaultyStore client = client("bad-" + i);
			hanging.add(client);
			start("bad-" + i, elsewhere(client));
		}
		commitAll();
		for (LitestreamDatabase database : this.databases) {
			database.sync(PATIENCE);
		}
		hanging.forEach((client) -> client.hangUntil(this.released));
		for (int round = 0; round < 3; round++) {
			commitAll();
			for (LitestreamDatabase database : good) {
				database.sync(PATIENCE);
			}
			assertThat(engineThreads()).isLessThanOrEqualTo(MOST_THREADS);
		}
		assertThat(good).allSatisfy((database) -> assertThat(database.status().state()).isEqualTo(State.REPLICATING));
		assertThat(PlainRestore.entriesIn(replica("good-7"), this.temp)).contains(4);
		assertThat(PlainRestore.entriesIn(replica("bad-7"), this.temp)).contains(1);
		this.released.countDown();
		for (LitestreamDatabase database : this.databases) {
			database.sync(PATIENCE);
		}
		assertThat(PlainRestore.entriesIn(replica("bad-7"), this.temp)).contains(4);
	}

	private static long engineThreads() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.getName().startsWith("litestream-"))
			.count();
	}

}
