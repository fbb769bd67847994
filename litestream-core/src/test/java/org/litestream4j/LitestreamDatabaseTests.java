package org.litestream4j;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

import ch.qos.logback.classic.Level;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.DatabaseStatus.ReplicaStatus;
import org.litestream4j.DatabaseStatus.State;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;
import org.litestream4j.testing.CapturedLog;
import org.litestream4j.testing.FaultyStore;
import org.litestream4j.testing.PlainRestore;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * The engine with its threads, and replicas that fail when told to.
 */
@Timeout(180)
class LitestreamDatabaseTests {

	private static final Duration PATIENCE = Duration.ofMinutes(2);

	@TempDir
	private Path temp;

	private Path file;

	private Path meta;

	private Duration monitorInterval = Duration.ofMillis(50);

	private Duration checkpointInterval = Duration.ofMinutes(1);

	private Duration shutdownSyncTimeout = Duration.ofSeconds(30);

	private Map<String, String> creationPragmas = Map.of();

	@BeforeEach
	void nameFiles() {
		this.file = this.temp.resolve("app.db");
		this.meta = this.temp.resolve("meta");
	}

	private LitestreamOptions options() {
		return LitestreamOptions.builder(this.file)
			.name("app")
			.metaDirectory(this.meta)
			.monitorInterval(this.monitorInterval)
			.checkpointInterval(this.checkpointInterval)
			.shutdownSyncTimeout(this.shutdownSyncTimeout)
			.minFreeSpace(0)
			.creationPragmas(this.creationPragmas)
			.build();
	}

	private FaultyStore client(String name) {
		return new FaultyStore(new FileStore(this.temp.resolve(name), SystemDisk.ownerOnly()));
	}

	private LitestreamDatabase start(FaultyStore... clients) throws IOException {
		List<Replica> replicas = new ArrayList<>();
		for (FaultyStore client : clients) {
			replicas.add(new Replica(Path.of(java.net.URI.create(client.url())).getFileName().toString(), client,
					Replica.Options.builder().syncInterval(Duration.ofMillis(20)).build()));
		}
		return LitestreamDatabase.start(options(), replicas, LitestreamListener.NONE);
	}

	private static void await(BooleanSupplier condition) throws InterruptedException {
		long deadline = System.nanoTime() + PATIENCE.toNanos();
		while (!condition.getAsBoolean()) {
			assertThat(System.nanoTime()).as("time").isLessThan(deadline);
			TimeUnit.MILLISECONDS.sleep(5);
		}
	}

	private static ReplicaStatus status(LitestreamDatabase database, String replica) {
		return java.util.Objects.requireNonNull(database.status().replicas().get(replica));
	}

	@Test
	void startRefusesAMissingDirectory() throws Exception {
		this.file = this.temp.resolve("missing/app.db");
		assertThatIOException().isThrownBy(() -> start(client("one")))
			.withMessageContaining("the directory of database " + this.file + " does not exist: create it");
		assertThat(this.temp).isEmptyDirectory();
	}

	@Test
	void startRefusesWhatIsNoDatabaseAndLeavesItAsItIs() throws Exception {
		byte[] content = "Dear diary, ".repeat(1000).getBytes(java.nio.charset.StandardCharsets.UTF_8);
		Files.write(this.file, content);
		assertThatIOException().isThrownBy(() -> start(client("one")))
			.withMessageContaining(this.file.toString())
			.withMessageContaining("not a database");
		assertThat(Files.readAllBytes(this.file)).isEqualTo(content);
	}

	@Test
	void startRefusesASecondEngineAndTheFirstOneGoesOn() throws Exception {
		try (LitestreamDatabase first = start(client("one")); TestDatabase app = TestDatabase.open(this.file)) {
			assertThatIOException().isThrownBy(() -> start(client("two"))).withMessageContaining("is in use");
			this.meta = this.temp.resolve("other-meta");
			assertThatIOException().isThrownBy(() -> start(client("two")))
				.withMessageContaining("is being replicated already");
			app.commits(3);
			first.sync(PATIENCE);
			assertThat(PlainRestore.entriesIn(this.temp.resolve("one"), this.temp)).contains(3);
		}
		try (LitestreamDatabase second = start(client("two"))) {
			second.sync(PATIENCE);
		}
	}

	@Test
	void startRefusesReplicasThatAreMissingOrNamedTwice() {
		assertThatIllegalArgumentException().isThrownBy(() -> start()).withMessageContaining("at least one");
		FaultyStore one = client("one");
		assertThatIllegalArgumentException().isThrownBy(() -> start(one, one)).withMessageContaining("'one'");
	}

	@Test
	void startThatFailedCanBeRepeated() throws Exception {
		Files.createFile(this.meta);
		assertThatIOException().isThrownBy(() -> start(client("one")));
		Files.delete(this.meta);
		try (LitestreamDatabase database = start(client("one"))) {
			database.sync(PATIENCE);
		}
	}

	@Test
	void newDatabaseHasTheApplicationsSettings() throws Exception {
		this.creationPragmas = Map.of("page_size", "1024", "auto_vacuum", "INCREMENTAL", "encoding", "\"UTF-16le\"",
				"journal_mode", "DELETE");
		try (LitestreamDatabase database = start(client("one"));
				TestDatabase app = TestDatabase.open(this.file, "encoding", "\"UTF-16le\"")) {
			assertThat(app.query("PRAGMA page_size")).isEqualTo("1024");
			assertThat(app.query("PRAGMA auto_vacuum")).isEqualTo("2");
			assertThat(app.query("PRAGMA encoding")).isEqualTo("UTF-16le");
			assertThat(app.query("PRAGMA journal_mode")).isEqualTo("wal");
			app.commits(2);
			database.sync(PATIENCE);
		}
		Path restored = this.temp.resolve("restored.db");
		PlainRestore.newest(this.temp.resolve("one"), restored);
		try (TestDatabase copy = TestDatabase.open(restored)) {
			assertThat(copy.query("PRAGMA page_size")).isEqualTo("1024");
			assertThat(copy.query("PRAGMA auto_vacuum")).isEqualTo("2");
			assertThat(copy.query("PRAGMA encoding")).isEqualTo("UTF-16le");
			assertThat(copy.committed()).isEqualTo(2);
		}
	}

	@Test
	void settingThatSqliteDoesNotKnowIsRefused() {
		this.creationPragmas = Map.of("auto_vacuum", "FULL; DROP TABLE x");
		assertThatIOException().isThrownBy(() -> start(client("one")))
			.withMessageContaining("auto_vacuum")
			.withMessageContaining("NONE, FULL or INCREMENTAL");
	}

	@Test
	void existingDatabaseKeepsItsSettings() throws Exception {
		try (TestDatabase app = TestDatabase.open(this.file)) {
			app.commit();
		}
		this.creationPragmas = Map.of("page_size", "1024");
		try (LitestreamDatabase database = start(client("one")); TestDatabase app = TestDatabase.open(this.file)) {
			assertThat(app.query("PRAGMA page_size")).isEqualTo("4096");
			database.sync(PATIENCE);
		}
	}

	@Test
	@SuppressWarnings("try") // closed before its block ends, to be asked then
	void statusTellsHowThingsStand() throws Exception {
		FaultyStore one = client("one");
		FaultyStore two = client("two");
		try (LitestreamDatabase database = start(one, two); TestDatabase app = TestDatabase.open(this.file)) {
			app.commits(3);
			WalPosition position = database.sync(PATIENCE);
			DatabaseStatus status = database.status();
			assertThat(status.name()).isEqualTo("app");
			assertThat(status.path()).isEqualTo(this.file);
			assertThat(status.state()).isEqualTo(State.REPLICATING);
			assertThat(status.position()).isEqualTo(position);
			assertThat(status.databaseSize()).isEqualTo(Files.size(this.file));
			assertThat(status.walSize()).isEqualTo(Files.size(Path.of(this.file + "-wal")));
			assertThat(status.shadowWalSize()).isEqualTo(position.offset());
			assertThat(status.operations()).isEmpty();
			assertThat(status.replicas().keySet()).containsExactly("one", "two");
			ReplicaStatus replica = status(database, "one");
			assertThat(replica.url()).isEqualTo(one.url());
			assertThat(replica.position()).isEqualTo(position);
			assertThat(replica.lagBytes()).isZero();
			assertThat(replica.lag()).isZero();
			assertThat(replica.lastSyncAt()).isBetween(Instant.now().minus(PATIENCE), Instant.now());
			assertThat(replica.lastSnapshotAt()).isNotNull();
			assertThat(replica.lastValidationAt()).isNull();
			assertThat(replica.lastError()).isNull();

			two.fail();
			app.commits(2);
			database.changed();
			await(() -> status(database, "two").state() == State.FAILING);
			await(() -> status(database, "one").lagBytes() == 0);
			assertThat(database.status().state()).isEqualTo(State.FAILING);
			assertThat(status(database, "one").state()).isEqualTo(State.REPLICATING);
			assertThat(status(database, "two").lastError()).contains("the store is away");
			assertThat(status(database, "two").lag()).isPositive();
			assertThat(status(database, "two").lagBytes()).isPositive();

			two.heal();
			await(() -> database.status().state() == State.REPLICATING);
			await(() -> status(database, "two").lag().isZero());
			database.close();
			assertThat(database.status().state()).isEqualTo(State.STOPPED);
		}
	}

	@Test
	void syncThatTakesTooLongNamesTheReplica() throws Exception {
		FaultyStore slow = client("slow");
		CountDownLatch released = new CountDownLatch(1);
		try (LitestreamDatabase database = start(client("fine"), slow);
				TestDatabase app = TestDatabase.open(this.file)) {
			app.commit();
			database.sync(PATIENCE);
			slow.hangUntil(released);
			app.commit();
			assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> database.sync(Duration.ofMillis(300)))
				.withMessageContaining("'slow'")
				.withMessageContaining("300 ms");
			assertThat(database.awaitReplicated(Duration.ofMillis(50))).isFalse();
			slow.fail();
			released.countDown();
			app.commit();
			database.changed();
			await(() -> status(database, "slow").lastError() != null);
			assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> database.sync(Duration.ofMillis(300)))
				.withMessageContaining("'slow'")
				.withMessageContaining("the store is away");
			slow.heal();
			database.sync(PATIENCE);
			assertThat(database.awaitReplicated(PATIENCE)).isTrue();
		}
		assertThat(PlainRestore.entriesIn(this.temp.resolve("slow"), this.temp)).contains(3);
	}

	@Test
	void syncInALoopDoesNotStormAReplicaThatFails() throws Exception {
		FaultyStore away = client("away");
		AtomicInteger tries = new AtomicInteger();
		try (LitestreamDatabase database = start(away); TestDatabase app = TestDatabase.open(this.file)) {
			app.commit();
			database.sync(PATIENCE);
			away.before((operation) -> {
				tries.incrementAndGet();
				throw new IOException("the store is away");
			});
			app.commit();
			long since = System.nanoTime();
			while (tries.get() < 4) {
				assertThatExceptionOfType(TimeoutException.class)
					.isThrownBy(() -> database.sync(Duration.ofMillis(10)));
			}
			assertThat(Duration.ofNanos(System.nanoTime() - since)).isGreaterThan(Duration.ofSeconds(1));
			away.heal();
			database.sync(PATIENCE);
		}
		assertThat(PlainRestore.entriesIn(this.temp.resolve("away"), this.temp)).contains(2);
	}

	@Test
	void operationsOfAKindRunOneAtATime() throws Exception {
		FaultyStore one = client("one");
		CountDownLatch released = new CountDownLatch(1);
		ExecutorService threads = Executors.newSingleThreadExecutor();
		try (LitestreamDatabase database = start(one); TestDatabase app = TestDatabase.open(this.file)) {
			app.commit();
			database.sync(PATIENCE);
			app.commit();
			database.sync(PATIENCE);
			one.hangUntil(released);
			Future<List<Snapshot>> first = threads.submit(() -> database.snapshot());
			await(() -> !database.status().operations().isEmpty());
			assertThat(database.status().operations()).singleElement().satisfies((operation) -> {
				assertThat(operation.operation()).isEqualTo("snapshot");
				assertThat(operation.startedAt()).isBeforeOrEqualTo(Instant.now());
			});
			assertThatExceptionOfType(OperationRunningException.class).isThrownBy(() -> database.snapshot("one"))
				.withMessageContaining("a snapshot of database 'app' is already running");
			one.heal();
			released.countDown();
			assertThat(first.get(60, TimeUnit.SECONDS)).hasSize(1);
			assertThat(database.status().operations()).isEmpty();
			assertThatIllegalArgumentException().isThrownBy(() -> database.snapshot("three"))
				.withMessageContaining("'three'")
				.withMessageContaining("[one]");
		}
		finally {
			released.countDown();
			threads.shutdownNow();
		}
	}

	@Test
	void closingTwiceIsClosingOnceAndNothingCanBeAskedForAfterwards() throws Exception {
		FaultyStore one = client("one");
		try (TestDatabase app = openAndCommit(one)) {
			assertThat(app.committed()).isEqualTo(1);
		}
		assertThat(one.isClosed()).isTrue();
	}

	private TestDatabase openAndCommit(FaultyStore client) throws Exception {
		LitestreamDatabase database = start(client);
		TestDatabase app = TestDatabase.open(this.file);
		app.commit();
		try (CapturedLog log = CapturedLog.begin()) {
			database.close();
			database.close();
			assertThat(log.messages(Level.INFO)).filteredOn((line) -> line.contains("replication stopped")).hasSize(1);
			assertThat(log.warnings()).isEmpty();
		}
		assertThatCode(database::changed).doesNotThrowAnyException();
		assertThatIOException().isThrownBy(() -> database.sync(PATIENCE)).withMessageContaining("has stopped");
		assertThatIOException().isThrownBy(() -> database.snapshot()).withMessageContaining("has stopped");
		assertThatIOException().isThrownBy(() -> database.validate()).withMessageContaining("has stopped");
		return app;
	}

	@Test
	void closingAtOnceStillTakesTheFirstSnapshot() throws Exception {
		try (CapturedLog log = CapturedLog.begin()) {
			start(client("one")).close();
			// No replica was given up
			assertThat(log.warnings()).isEmpty();
		}
		assertThat(PlainRestore.entriesIn(this.temp.resolve("one"), this.temp)).contains(0);
	}

	@Test
	void closingWithAReplicaThatFailsWarnsOfThatOneInTime() throws Exception {
		FaultyStore bad = client("bad");
		this.shutdownSyncTimeout = Duration.ofSeconds(1);
		LitestreamDatabase database = start(client("good"), bad);
		try (TestDatabase app = TestDatabase.open(this.file)) {
			app.commit();
			WalPosition first = database.sync(PATIENCE);
			bad.fail();
			app.commit();
			try (CapturedLog log = CapturedLog.begin()) {
				// Comes back though the store never does
				database.close();
				WalPosition end = database.status().position();
				assertThat(log.warnings()).filteredOn((line) -> line.contains("not everything was shipped"))
					.singleElement()
					.asString()
					.contains("'bad'", String.valueOf(end), "the store is away");
				assertThat(end).isNotEqualTo(first);
			}
			assertThat(PlainRestore.entriesIn(this.temp.resolve("good"), this.temp)).contains(2);
			assertThat(PlainRestore.entriesIn(this.temp.resolve("bad"), this.temp)).contains(1);
		}
		try (LitestreamDatabase again = start(client("good"), client("bad"))) {
			again.sync(PATIENCE);
		}
		assertThat(PlainRestore.entriesIn(this.temp.resolve("bad"), this.temp)).contains(2);
	}

	/** The longer timeout would be that of the test. */
	@Test
	void closingWithADeadlineOfItsOwnDoesNotTakeTheWholeTimeout() throws Exception {
		this.shutdownSyncTimeout = Duration.ofHours(1);
		CountDownLatch released = new CountDownLatch(1);
		FaultyStore client = client("one");
		LitestreamDatabase database = start(client);
		try (TestDatabase app = TestDatabase.open(this.file)) {
			app.commit();
			database.sync(PATIENCE);
			client.hangUntil(released);
			app.commit();
			database.close(Duration.ofMillis(50));
			assertThat(database.status().state()).isEqualTo(State.STOPPED);
		}
		finally {
			released.countDown();
			awaitWhatWasLeftBehind();
		}
	}

	@Test
	void closingWithReplicasThatHangDoesNotWaitForThem() throws Exception {
		CountDownLatch released = new CountDownLatch(1);
		FaultyStore[] clients = { client("a"), client("b"), client("c") };
		this.shutdownSyncTimeout = Duration.ofSeconds(1);
		LitestreamDatabase database = start(clients);
		try (TestDatabase app = TestDatabase.open(this.file)) {
			app.commit();
			database.sync(PATIENCE);
			Arrays.stream(clients).forEach((client) -> client.hangUntil(released));
			app.commit();
			long start = System.nanoTime();
			try (CapturedLog log = CapturedLog.begin()) {
				database.close();
				assertThat(log.warnings()).filteredOn((line) -> line.contains("not everything was shipped")).hasSize(3);
			}
			assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
			assertThat(released.getCount()).as("replicas still hang").isOne();
		}
		finally {
			released.countDown();
			awaitWhatWasLeftBehind();
		}
	}

	/** What hung is answered now, and must not write while the directory is deleted. */
	private static void awaitWhatWasLeftBehind() throws InterruptedException {
		await(() -> Thread.getAllStackTraces()
			.keySet()
			.stream()
			.noneMatch((thread) -> thread.getName().startsWith("litestream-app-")));
	}

	@Test
	void metaDirectoryThatVanishedDoesNotKeepTheDatabaseFromBeingReplicatedAgain() throws Exception {
		this.shutdownSyncTimeout = Duration.ofSeconds(1);
		LitestreamDatabase database = start(client("one"));
		try (TestDatabase app = TestDatabase.open(this.file)) {
			app.commit();
			database.sync(PATIENCE);
			Files.move(this.meta, this.temp.resolve("moved-away"));
			database.close();
			app.commit();
			try (LitestreamDatabase again = start(client("one"))) {
				again.sync(PATIENCE);
			}
			assertThat(PlainRestore.entriesIn(this.temp.resolve("one"), this.temp)).contains(2);
		}
	}

	@Test
	void metaDirectoryThatIsDeletedIsNamedAndNoSegmentIsCalledDamaged() throws Exception {
		this.shutdownSyncTimeout = Duration.ofSeconds(1);
		FaultyStore one = client("one");
		try (LitestreamDatabase database = start(one);
				TestDatabase app = TestDatabase.open(this.file);
				CapturedLog log = CapturedLog.begin()) {
			app.commit();
			database.sync(PATIENCE);
			Files.move(this.meta, this.temp.resolve("moved-away"));
			app.commit();
			await(() -> status(database, "one").lastError() != null);
			assertThat(status(database, "one").lastError()).contains(this.meta.toString(), "restart the application");
			one.forget();
			await(() -> one.done().contains("list segments"));
			await(() -> one.done().stream().filter("list segments"::equals).count() > 1);
			assertThat(log.warnings()).noneMatch((line) -> line.contains("damaged and is written again"));
		}
	}

	@Test
	void waitingForTheWalEndsInTimeWhateverTheEngineIsDoing() throws Exception {
		AtomicBoolean block = new AtomicBoolean();
		CountDownLatch blocked = new CountDownLatch(1);
		CountDownLatch go = new CountDownLatch(1);
		LitestreamListener listener = new LitestreamListener() {
			@Override
			public void checkpointed(String name, String mode, CheckpointOutcome outcome, Duration duration) {
				synced(name, 0, duration, Outcome.SUCCESS);
			}

			@Override
			public void synced(String name, long bytes, Duration duration, Outcome outcome) {
				if (block.get()) {
					blocked.countDown();
					try {
						go.await();
					}
					catch (InterruptedException ex) {
						Thread.currentThread().interrupt();
					}
				}
			}
		};
		try (LitestreamDatabase database = LitestreamDatabase.start(options(),
				List.of(new Replica("one", client("one"), Replica.Options.DEFAULTS)), listener);
				TestDatabase app = TestDatabase.open(this.file)) {
			database.sync(PATIENCE);
			block.set(true);
			app.commit();
			database.changed();
			blocked.await();
			try {
				assertThatExceptionOfType(TimeoutException.class)
					.isThrownBy(() -> database.sync(Duration.ofMillis(100)))
					.withMessageContaining("could not be copied within 100 ms");
				assertThat(database.awaitReplicated(Duration.ofMillis(100))).isFalse();
			}
			finally {
				block.set(false);
				go.countDown();
			}
			database.sync(PATIENCE);
		}
	}

	@Test
	void replicaDirectoryThatVanishesIsNamedAndCatchesUpWhenItIsBack() throws Exception {
		Path directory = this.temp.resolve("one");
		try (LitestreamDatabase database = start(client("one")); TestDatabase app = TestDatabase.open(this.file)) {
			app.commit();
			database.sync(PATIENCE);
			Path away = Files.move(directory, this.temp.resolve("away"));
			app.commits(2);
			database.changed();
			await(() -> status(database, "one").lastError() != null);
			assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> database.sync(Duration.ofSeconds(1)))
				.withMessageContaining("has vanished");
			assertThat(directory).doesNotExist();
			Files.move(away, directory);
			database.sync(PATIENCE);
			assertThat(database.status().state()).isEqualTo(State.REPLICATING);
			assertThat(PlainRestore.entriesIn(directory, this.temp)).contains(3);
		}
	}

	@Test
	void idleMeansIdle() throws Exception {
		this.monitorInterval = Duration.ofMillis(100);
		this.checkpointInterval = Duration.ofMillis(100);
		FaultyStore one = client("one");
		try (LitestreamDatabase database = start(one); TestDatabase app = TestDatabase.open(this.file)) {
			app.commits(20);
			database.sync(PATIENCE);
			awaitQuiet();
			Map<Path, List<Object>> before = files();
			one.forget();
			long cpu = engineNanos();
			TimeUnit.SECONDS.sleep(3);
			assertThat(Duration.ofNanos(engineNanos() - cpu)).as("CPU time in 3 s, with 30 looks at the database")
				.isLessThan(Duration.ofMillis(300));
			assertThat(files()).isEqualTo(before);
			assertThat(one.attempted()).isEmpty();
			assertThat(database.status().state()).isEqualTo(State.REPLICATING);
		}
	}

	/** Until nothing was written for a second. */
	private void awaitQuiet() throws Exception {
		Map<Path, List<Object>> last = Map.of();
		long since = System.nanoTime();
		long deadline = since + PATIENCE.toNanos();
		while (System.nanoTime() - since < TimeUnit.SECONDS.toNanos(1)) {
			assertThat(System.nanoTime()).as("time").isLessThan(deadline);
			Map<Path, List<Object>> now = files();
			if (!now.equals(last)) {
				last = now;
				since = System.nanoTime();
			}
			TimeUnit.MILLISECONDS.sleep(50);
		}
	}

	/** Found by {@code stat}, which opens nothing. */
	private Map<Path, List<Object>> files() throws IOException {
		Map<Path, List<Object>> files = new TreeMap<>();
		try (var paths = Files.walk(this.temp)) {
			for (Path path : paths.toList()) {
				BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
				files.put(path, List.of(attributes.size(), attributes.lastModifiedTime()));
			}
		}
		return files;
	}

	private static long engineNanos() {
		ThreadMXBean threads = ManagementFactory.getThreadMXBean();
		long nanos = 0;
		for (Thread thread : Thread.getAllStackTraces().keySet()) {
			if (thread.getName().startsWith("litestream-")) {
				nanos += Math.max(threads.getThreadCpuTime(thread.getId()), 0);
			}
		}
		return nanos;
	}

}
