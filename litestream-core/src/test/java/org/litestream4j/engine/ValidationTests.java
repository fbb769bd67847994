package org.litestream4j.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

import ch.qos.logback.classic.Level;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.BringBack;
import org.litestream4j.DatabaseStatus.ReplicaStatus;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.Replica;
import org.litestream4j.ValidationReport;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.lease.LockFile;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;
import org.litestream4j.testing.CapturedLog;
import org.litestream4j.testing.FaultyStore;
import org.litestream4j.testing.PlainRestore;
import org.litestream4j.testing.TestDatabase;
import org.litestream4j.validate.Validation;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Replicas that cannot be restored from, found by a validation: what is told of them, and
 * that they heal.
 */
@Timeout(180)
class ValidationTests {

	private static final Duration PATIENCE = Duration.ofMinutes(2);

	@TempDir
	private Path temp;

	private Path file;

	private final List<String> events = new CopyOnWriteArrayList<>();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	@BeforeEach
	void nameFiles() {
		this.file = this.temp.resolve("app.db");
	}

	@AfterEach
	void endThreads() {
		this.threads.shutdownNow();
	}

	private DatabaseEngine start(@Nullable Duration validationInterval, FaultyStore... clients) throws IOException {
		return start(Duration.ofHours(1), validationInterval, clients);
	}

	private DatabaseEngine start(Duration retentionCheckInterval, @Nullable Duration validationInterval,
			FaultyStore... clients) throws IOException {
		LitestreamOptions options = LitestreamOptions.builder(this.file)
			.name("app")
			.metaDirectory(this.temp.resolve("meta"))
			.monitorInterval(Duration.ofMillis(50))
			.shutdownSyncTimeout(PATIENCE)
			.minFreeSpace(0)
			.build();
		List<Replica> replicas = new ArrayList<>();
		for (FaultyStore client : clients) {
			replicas.add(new Replica(Path.of(java.net.URI.create(client.url())).getFileName().toString(), client,
					Replica.Options.builder()
						.syncInterval(Duration.ofMillis(20))
						.retentionCheckInterval(retentionCheckInterval)
						.validationInterval(validationInterval)
						.build()));
		}
		return DatabaseEngine.start(options, replicas, listener(), BringBack.NOTHING);
	}

	private LitestreamListener listener() {
		return new LitestreamListener() {
			@Override
			public void validated(String database, String replica, ValidationOutcome outcome, Duration duration,
					String detail) {
				ValidationTests.this.events.add(replica + " " + outcome);
			}

			@Override
			public void problemFound(String database, @Nullable String replica, Problem problem, String detail) {
				ValidationTests.this.events.add(replica + " problem " + problem);
			}

			@Override
			public void problemSolved(String database, @Nullable String replica, Problem problem) {
				ValidationTests.this.events.add(replica + " solved " + problem);
			}

			@Override
			public void generationStarted(String database, WalPosition position, GenerationReason reason,
					String detail) {
				ValidationTests.this.events.add("generation " + reason);
			}
		};
	}

	private FaultyStore client(String name) {
		return new FaultyStore(new FileStore(this.temp.resolve(name), SystemDisk.ownerOnly()));
	}

	/** One that takes what a listing lacks for missing at once. */
	private ValidationReport validate(DatabaseEngine engine) throws Exception {
		return new Validations("app", engine.operations(),
				new Validation(engine.options(), engine.shadower(), listener(), Duration.ZERO))
			.validate(engine.feeds())
			.get(0);
	}

	private static void sync(DatabaseEngine engine) throws Exception {
		engine.loop().copyNow(PATIENCE);
		for (ReplicaFeed feed : engine.feeds()) {
			feed.replicator().hurry();
			assertThat(feed.replicator().awaitPosition(engine.position(), PATIENCE)).isTrue();
		}
	}

	private static ReplicaStatus status(DatabaseEngine engine) {
		return engine.feeds().get(0).status(null, null, false);
	}

	private static void await(BooleanSupplier condition) throws InterruptedException {
		long deadline = System.nanoTime() + PATIENCE.toNanos();
		while (!condition.getAsBoolean()) {
			assertThat(System.nanoTime()).as("time").isLessThan(deadline);
			TimeUnit.MILLISECONDS.sleep(5);
		}
	}

	private List<Path> objects(String kind) throws IOException {
		try (var paths = Files.walk(this.temp.resolve("one"))) {
			return paths.filter(Files::isRegularFile)
				.filter((path) -> path.toString().contains("/" + kind + "/"))
				.sorted()
				.toList();
		}
	}

	private static void flipByte(Path object) throws IOException {
		byte[] bytes = Files.readAllBytes(object);
		bytes[bytes.length / 2] ^= 1;
		Files.write(object, bytes);
	}

	private void assertRestores(int commits) throws Exception {
		assertThat(PlainRestore.entriesIn(this.temp.resolve("one"), this.temp)).contains(commits);
	}

	@Test
	void flippedByteIsAFailedValidationAndHealsWithoutANewGeneration() throws Exception {
		DatabaseEngine engine = start(null, client("one"));
		try (CapturedLog log = CapturedLog.begin(); TestDatabase app = TestDatabase.open(this.file)) {
			for (int i = 0; i < 3; i++) {
				app.commit();
				sync(engine);
			}
			assertThat(validate(engine).valid()).isTrue();
			assertThat(status(engine).lastValidationOk()).isTrue();
			flipByte(objects("wal").get(1));

			ValidationReport report = validate(engine);
			assertThat(report.valid()).isFalse();
			assertThat(report.error()).contains("damaged", ".wal.lz4");
			assertThat(report.position()).isEqualTo(engine.position());
			assertThat(report.databaseChecksum()).hasSize(64);
			assertThat(report.replicaChecksum()).isNull();
			assertThat(this.events).contains("one ERROR", "one problem NOT_RESTORABLE");
			assertThat(log.messages(Level.ERROR)).singleElement().asString().contains("'one'", ".wal.lz4");

			await(() -> this.events.contains("one solved NOT_RESTORABLE"));
			assertThat(status(engine).problem()).isNull();
			assertThat(status(engine).lastValidationOk()).isTrue();
			assertThat(this.events).endsWith("one ERROR", "one problem NOT_RESTORABLE", "one OK",
					"one solved NOT_RESTORABLE");
			assertThat(this.events).containsOnlyOnce("generation NO_LOCAL_STATE");
			assertRestores(3);
			app.commit();
			sync(engine);
			assertRestores(4);
			assertThat(validate(engine).valid()).isTrue();
		}
		finally {
			engine.stop();
		}
	}

	@Test
	void problemIsShownUntilAValidationHasPassed() throws Exception {
		FaultyStore client = client("one");
		DatabaseEngine engine = start(null, client);
		try (TestDatabase app = TestDatabase.open(this.file)) {
			app.commit();
			sync(engine);
			flipByte(objects("wal").get(0));
			client.before((operation) -> {
				if (operation.contains("write ") && operation.contains("/snapshots/")) {
					throw new IOException("no room for snapshots");
				}
			});
			assertThat(validate(engine).valid()).isFalse();
			assertThat(status(engine).problem()).contains(".wal.lz4");
			assertThat(status(engine).lastValidationOk()).isFalse();
			assertThat(status(engine).lastValidationAt()).isNotNull();
			await(() -> status(engine).lastError() != null);
			assertThat(status(engine).problem()).isNotNull();
			client.heal();
			await(() -> status(engine).problem() == null);
			assertThat(status(engine).lastValidationOk()).isTrue();
		}
		finally {
			engine.stop();
		}
	}

	@Test
	void emptiedReplicaIsAFailedValidationAndHeals() throws Exception {
		DatabaseEngine engine = start(null, client("one"));
		try (TestDatabase app = TestDatabase.open(this.file)) {
			app.commits(2);
			sync(engine);
			for (String kind : List.of("wal", "snapshots")) {
				for (Path object : objects(kind)) {
					Files.delete(object);
				}
			}
			ValidationReport report = validate(engine);
			assertThat(report.valid()).isFalse();
			assertThat(report.error()).contains("holds nothing of generation");
			await(() -> status(engine).problem() == null);
			assertThat(status(engine).lastValidationOk()).isTrue();
			assertRestores(2);
		}
		finally {
			engine.stop();
		}
	}

	@Test
	void replicaThatStaysDamagedAfterASnapshotStaysAProblem() throws Exception {
		FaultyStore client = client("one");
		DatabaseEngine engine = start(null, client);
		try (TestDatabase app = TestDatabase.open(this.file)) {
			app.commit();
			sync(engine);
			client.before((operation) -> {
				if (operation.startsWith("open ") && operation.contains("/snapshots/")) {
					throw new java.nio.file.NoSuchFileException(operation);
				}
			});
			assertThat(validate(engine).valid()).isFalse();
			await(() -> this.events.stream().filter("one ERROR"::equals).count() >= 2);
			assertThat(status(engine).problem()).isNotNull();
			assertThat(this.events).as("generations and snapshots are not begun without end")
				.containsOnlyOnce("generation NO_LOCAL_STATE")
				.doesNotContain("generation REPLICA_DIVERGED");
			assertThat(this.events).containsOnlyOnce("one problem NOT_RESTORABLE");
		}
		finally {
			engine.stop();
		}
	}

	@Test
	void storeThatDoesNotAnswerIsNoVerdictOnTheBackup() throws Exception {
		FaultyStore client = client("one");
		DatabaseEngine engine = start(null, client);
		try (TestDatabase app = TestDatabase.open(this.file)) {
			app.commit();
			sync(engine);
			client.before((operation) -> {
				throw new IOException("the store is away");
			});
			ValidationReport report = validate(engine);
			assertThat(report.valid()).isFalse();
			assertThat(report.error()).contains("the store is away");
			assertThat(status(engine).lastValidationOk()).as("somebody asked").isFalse();
			assertThat(status(engine).problem()).isNull();
			assertThat(this.events).contains("one ERROR").noneMatch((event) -> event.contains("problem"));
			client.heal();
			assertThat(validate(engine).valid()).isTrue();
			assertThat(this.events).containsOnlyOnce("generation NO_LOCAL_STATE");
			assertThat(client.stored()).filteredOn((name) -> name.contains("/snapshots/")).hasSize(1);
		}
		finally {
			engine.stop();
		}
	}

	@Test
	void newGenerationAndItsFirstSnapshotDoNotWaitForAValidationThatRestores() throws Exception {
		FaultyStore client = client("one");
		DatabaseEngine engine = start(null, client);
		CountDownLatch opened = new CountDownLatch(1);
		CountDownLatch released = new CountDownLatch(1);
		try (TestDatabase app = TestDatabase.open(this.file)) {
			app.commits(3);
			sync(engine);
			client.before((operation) -> {
				if (operation.startsWith("open ") && !operation.contains(LockFile.NAME)) {
					opened.countDown();
					try {
						released.await();
					}
					catch (InterruptedException ex) {
						throw new IOException(ex);
					}
				}
			});
			Future<ValidationReport> validating = this.threads.submit(() -> validate(engine));
			opened.await();
			engine.shadower().startGeneration(LitestreamListener.GenerationReason.REQUESTED, "somebody asked for it");
			app.commit();
			sync(engine);
			assertThat(validating).isNotDone();
			assertRestores(4);
			client.heal();
			released.countDown();
			assertThat(validating.get(60, TimeUnit.SECONDS).valid()).isTrue();
			assertThat(this.events).noneMatch((event) -> event.contains("problem"));
		}
		finally {
			released.countDown();
			engine.stop();
		}
	}

	@Test
	void twoReplicasWithOneIntervalAreValidatedAboutAsOften() throws Exception {
		FaultyStore slow = client("two");
		slow.after((operation) -> {
			if (operation.startsWith("open ")) {
				pause(100);
			}
		});
		DatabaseEngine engine = start(Duration.ofMillis(100), client("one"), slow);
		try (TestDatabase app = TestDatabase.open(this.file)) {
			app.commits(3);
			sync(engine);
			await(() -> count("one OK") + count("two OK") >= 16);
			assertThat(Math.min(count("one OK"), count("two OK"))).as("%s", this.events).isGreaterThanOrEqualTo(4);
		}
		finally {
			engine.stop();
		}
	}

	private long count(String event) {
		return this.events.stream().filter(event::equals).count();
	}

	private static void pause(long millis) throws IOException {
		try {
			TimeUnit.MILLISECONDS.sleep(millis);
		}
		catch (InterruptedException ex) {
			throw new IOException(ex);
		}
	}

	@Test
	void idleDatabaseIsValidatedAfterRetentionHasDeletedTheIndexThatIsOver() throws Exception {
		DatabaseEngine engine = start(null, client("one"));
		try (TestDatabase app = TestDatabase.open(this.file)) {
			app.commits(2);
			sync(engine);
			app.commit();
			assertThat(engine.feeds().get(0).takeSnapshot().index()).isEqualTo(1);
			assertThat(engine.position().index()).isZero();
			assertThat(validate(engine).valid()).isTrue();
			for (Path object : objects("wal")) {
				Files.delete(object);
			}
			Files.delete(objects("snapshots").get(0));
			ValidationReport report = validate(engine);
			assertThat(report.error()).isNull();
			assertThat(report.valid()).isTrue();
			app.commit();
			sync(engine);
			assertThat(validate(engine).valid()).isTrue();
		}
		finally {
			engine.stop();
		}
	}

	@Test
	void scheduledValidationSaysNothingOfRestoresInTheLog() throws Exception {
		try (CapturedLog log = CapturedLog.begin()) {
			DatabaseEngine engine = start(Duration.ofMillis(50), client("one"));
			try (TestDatabase app = TestDatabase.open(this.file)) {
				app.commits(3);
				sync(engine);
				await(() -> count("one OK") >= 2);
			}
			finally {
				engine.stop();
			}
			assertThat(log.messages(Level.INFO)).noneMatch((line) -> line.contains("Restor"))
				.noneMatch((line) -> line.contains("validation"));
		}
	}

	@Test
	void liveDatabaseThatFailsItsOwnCheckIsWarnedOfOnceAndIsNoMismatch() throws Exception {
		DatabaseEngine engine = start(null, client("one"));
		try (CapturedLog log = CapturedLog.begin(); TestDatabase app = TestDatabase.open(this.file)) {
			app.execute("CREATE TABLE edited (a, b)");
			app.execute("INSERT INTO edited VALUES (1, NULL)");
			app.execute("PRAGMA writable_schema=ON");
			app.execute("UPDATE sqlite_schema SET sql = 'CREATE TABLE edited (a, b NOT NULL)' WHERE name = 'edited'");
			app.execute("PRAGMA writable_schema=RESET");
			app.commit();
			sync(engine);
			List<ValidationReport> reports = new ArrayList<>();
			Validations validations = engine.validations();
			reports.addAll(validations.validate(engine.feeds()));
			reports.addAll(validations.validate(engine.feeds()));
			assertThat(reports).hasSize(2).allMatch(ValidationReport::valid);
			assertThat(log.warnings()).singleElement()
				.asString()
				.contains("live database itself", "NULL value in edited.b", "restore.integrity-check=none");
			assertThat(Objects.requireNonNull(status(engine).lastValidationOk())).isTrue();
		}
		finally {
			engine.stop();
		}
	}

	@Test
	void auditsBesideWritesSnapshotsAndFailuresFindNothing() throws Exception {
		FaultyStore client = client("one");
		DatabaseEngine engine = start(Duration.ofMillis(20), Duration.ofMillis(200), client);
		try (TestDatabase app = TestDatabase.open(this.file)) {
			app.commit();
			sync(engine);
			AtomicInteger operations = new AtomicInteger();
			client.before((operation) -> {
				if (operation.startsWith("write ") && operations.incrementAndGet() % 17 == 0) {
					throw new IOException("the store is away");
				}
			});
			client.after((operation) -> {
				if (operation.startsWith("write ") && operations.get() % 23 == 0) {
					throw new IOException("the answer is lost");
				}
			});
			long end = System.nanoTime() + Duration.ofSeconds(6).toNanos();
			for (int i = 0; System.nanoTime() < end; i++) {
				app.commit();
				engine.loop().changed();
				if (i % 100 == 50) {
					takeSnapshotIfItCanBe(engine);
				}
				pause(2);
			}
			client.heal();
			sync(engine);
			assertThat(this.events).contains("one OK")
				.noneMatch((event) -> event.contains("problem") || event.contains("MISMATCH"))
				.filteredOn((event) -> event.startsWith("generation"))
				.containsExactly("generation NO_LOCAL_STATE");
			assertRestores(app.committed());
			assertThat(Collections.frequency(client.done(), "list generations")).isGreaterThan(20);
		}
		finally {
			engine.stop();
		}
	}

	private static void takeSnapshotIfItCanBe(DatabaseEngine engine) throws InterruptedException {
		try {
			engine.feeds().get(0).takeSnapshot();
		}
		catch (IOException ex) {
			assertThat(ex).hasMessageMatching("(?s).*(away|lost|restarted now|not ready|given up).*");
		}
	}

	@Test
	void databaseThatWasMovedAwayIsNotOpenedByItsPath() throws Exception {
		DatabaseEngine engine = start(null, client("one"));
		Path wal = Path.of(this.file + "-wal");
		Path moved = this.temp.resolve("app.db.bak");
		try (TestDatabase app = TestDatabase.open(this.file)) {
			app.commits(3);
			sync(engine);
			long walSize = Files.size(wal);
			Files.move(this.file, moved);
			ValidationReport report = validate(engine);
			assertThat(report.valid()).isFalse();
			assertThat(report.error()).contains(this.file.toString());
			assertThat(this.file).doesNotExist();
			assertThat(Files.size(wal)).isEqualTo(walSize);
			assertThat(this.events).noneMatch((event) -> event.contains("problem NOT_RESTORABLE"))
				.filteredOn((event) -> event.startsWith("generation"))
				.containsExactly("generation NO_LOCAL_STATE");
			Files.move(moved, this.file);
			assertThat(app.committed()).isEqualTo(3);
		}
		finally {
			engine.stop();
		}
	}

	@Test
	void databaseThatWasReplacedIsNotValid() throws Exception {
		Path other = this.temp.resolve("new.db");
		try (TestDatabase replacement = TestDatabase.open(other)) {
			replacement.commits(5);
		}
		DatabaseEngine engine = start(null, client("one"));
		Path moved = this.temp.resolve("app.db.bak");
		try (TestDatabase app = TestDatabase.open(this.file)) {
			app.commits(3);
			sync(engine);
			Files.move(this.file, moved);
			Files.move(other, this.file);
			long size = Files.size(this.file);
			assertThat(validate(engine).valid()).isFalse();
			assertThat(Files.size(this.file)).isEqualTo(size);
			Files.move(this.file, other);
			Files.move(moved, this.file);
			assertThat(TestDatabase.entriesIn(other)).isEqualTo(5);
		}
		finally {
			engine.stop();
		}
	}

}
