package org.litestream4j;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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

import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.replica.FileReplicaClient;
import org.litestream4j.replica.ReplicaClient;
import org.litestream4j.restore.RestoreOptions;
import org.litestream4j.testing.FaultyReplicaClient;
import org.litestream4j.testing.PlainRestore;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Starts and stops in which something fails that should not.
 */
@Timeout(120)
class DatabaseEngineTests {

	private static final Duration FOR_EVER = Duration.ofSeconds(Long.MAX_VALUE);

	@TempDir
	private Path temp;

	private LitestreamDatabase start(ReplicaClient client, Duration shutdownSyncTimeout, LitestreamListener listener)
			throws IOException {
		LitestreamOptions options = new LitestreamOptions("app", database(), this.temp.resolve("meta"),
				Duration.ofMillis(50), Duration.ofMinutes(1), 1000, 10_000, 121_359, Duration.ofSeconds(1),
				shutdownSyncTimeout, 1L << 30, 0, RestoreOptions.DEFAULTS, Map.of());
		return LitestreamDatabase.start(options, List.of(new Replica("one", client, Replica.Options.DEFAULTS)),
				listener);
	}

	private Path database() {
		return this.temp.resolve("app.db");
	}

	private ReplicaClient client() {
		return new FileReplicaClient(this.temp.resolve("one"), SystemDisk.ownerOnly());
	}

	/** Does not know where it is when it is asked for the nth time. */
	private ReplicaClient lostAt(int call) {
		ReplicaClient client = client();
		AtomicInteger calls = new AtomicInteger();
		return (ReplicaClient) Proxy.newProxyInstance(getClass().getClassLoader(),
				new Class<?>[] { ReplicaClient.class }, (proxy, method, arguments) -> {
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
				new Replica.Options(FOR_EVER, FOR_EVER, FOR_EVER, FOR_EVER, FOR_EVER));
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
		FaultyReplicaClient client = new FaultyReplicaClient(client());
		client.before((operation) -> {
			if (operation.startsWith("write ") && operation.contains("snapshot")) {
				throw new IOException("no room for snapshots");
			}
		});
		ExecutorService executor = Executors.newSingleThreadExecutor();
		try (LitestreamDatabase database = start(client, Duration.ofSeconds(30), LitestreamListener.NONE)) {
			Future<List<ValidationReport>> validated = executor.submit(() -> database.validate(null));
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
