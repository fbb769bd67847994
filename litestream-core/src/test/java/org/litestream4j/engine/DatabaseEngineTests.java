package org.litestream4j.engine;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.Replica;
import org.litestream4j.ValidationReport;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.testing.FaultyStore;
import org.litestream4j.testing.PlainRestore;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Starts and stops in which something fails that should not.
 */
@Timeout(180)
class DatabaseEngineTests {

	private static final Duration FOR_EVER = Duration.ofSeconds(Long.MAX_VALUE);

	@TempDir
	private Path temp;

	private LitestreamDatabase start(ObjectStore client, Duration shutdownSyncTimeout, LitestreamListener listener)
			throws IOException {
		LitestreamOptions options = LitestreamOptions.builder(database())
			.name("app")
			.metaDirectory(this.temp.resolve("meta"))
			.monitorInterval(Duration.ofMillis(50))
			.shutdownSyncTimeout(shutdownSyncTimeout)
			.minFreeSpace(0)
			.build();
		return LitestreamDatabase.start(options, List.of(new Replica("one", client, Replica.Options.DEFAULTS)),
				listener);
	}

	private Path database() {
		return this.temp.resolve("app.db");
	}

	private ObjectStore client() {
		return new FileStore(this.temp.resolve("one"), SystemDisk.ownerOnly());
	}

	/** Does not know where it is when it is asked for the nth time. */
	private ObjectStore lostAt(int call) {
		ObjectStore client = client();
		AtomicInteger calls = new AtomicInteger();
		return (ObjectStore) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] { ObjectStore.class },
				(proxy, method, arguments) -> {
					if (method.getName().equals("url") && calls.incrementAndGet() == call) {
						throw new IllegalStateException("lost");
					}
					try {
						return method.invoke(client, arguments);
					}
					catch (InvocationTargetException ex) {
						throw java.util.Objects.requireNonNull(ex.getCause());
					}
				});
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 2, 3 })
	void startThatFailsInTheMiddleLeavesTheDatabaseFreeAndNoThreadBehind(int call) throws Exception {
		assertThatIllegalStateException()
			.isThrownBy(() -> start(lostAt(call), Duration.ofSeconds(30), LitestreamListener.NONE))
			.withMessage("lost");
		assertThat(Thread.getAllStackTraces().keySet()).extracting(Thread::getName)
			.noneMatch((name) -> name.startsWith("litestream-app"));
		try (LitestreamDatabase next = start(client(), Duration.ofSeconds(30), LitestreamListener.NONE)) {
			next.sync(Duration.ofSeconds(60));
		}
	}

	@Test
	void timeoutsMayBeEndless() throws Exception {
		try (LitestreamDatabase database = start(client(), FOR_EVER, LitestreamListener.NONE);
				TestDatabase app = TestDatabase.open(database())) {
			app.commit();
			database.sync(FOR_EVER);
			assertThat(database.awaitReplicated(FOR_EVER)).isTrue();
		}
		start(client(), FOR_EVER, LitestreamListener.NONE).close();
	}

	@Test
	void intervalsMayBeEndless() throws Exception {
		Replica replica = new Replica("one", client(),
				Replica.Options.builder()
					.syncInterval(FOR_EVER)
					.snapshotInterval(FOR_EVER)
					.retention(FOR_EVER)
					.retentionCheckInterval(FOR_EVER)
					.validationInterval(FOR_EVER)
					.build());
		try (LitestreamDatabase database = LitestreamDatabase.start(LitestreamOptions.of(database()), List.of(replica),
				LitestreamListener.NONE); TestDatabase app = TestDatabase.open(database())) {
			app.commit();
			database.sync(Duration.ofSeconds(60));
			app.commit();
			database.sync(Duration.ofSeconds(60));
			assertThat(database.status().replicas().values()).singleElement().satisfies((status) -> {
				assertThat(status.lastSnapshotAt()).isNotNull();
				assertThat(status.lastError()).isNull();
			});
		}
	}

	@Test
	void listenerThatCannotBeLinkedChangesNothing() throws Exception {
		LitestreamListener broken = new LitestreamListener() {
			@Override
			public void synced(String database, long bytes, Duration duration, Outcome outcome) {
				throw new NoClassDefFoundError("io/micrometer/Missing");
			}
		};
		try (LitestreamDatabase database = start(client(), Duration.ofSeconds(30), broken);
				TestDatabase app = TestDatabase.open(database())) {
			app.commits(3);
			database.sync(Duration.ofSeconds(60));
		}
		assertThat(PlainRestore.entriesIn(this.temp.resolve("one"), this.temp)).contains(3);
	}

	@Test
	void validationThatComesBeforeTheFirstSnapshotDoesNotKeepItFromBeingTaken() throws Exception {
		FaultyStore client = new FaultyStore(client());
		client.before((operation) -> {
			if (operation.startsWith("write ") && operation.contains("snapshot")) {
				throw new IOException("no room for snapshots");
			}
		});
		ExecutorService executor = Executors.newSingleThreadExecutor();
		try (LitestreamDatabase database = start(client, Duration.ofSeconds(30), LitestreamListener.NONE)) {
			Future<List<ValidationReport>> validated = executor.submit(() -> database.validate());
			TimeUnit.MILLISECONDS.sleep(500);
			assertThat(validated).isNotDone();
			client.heal();
			assertThat(validated.get(60, TimeUnit.SECONDS)).allMatch(ValidationReport::valid);
		}
		finally {
			executor.shutdownNow();
		}
	}

}
