package org.litestream4j;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.DatabaseStatus.ReplicaStatus;
import org.litestream4j.DatabaseStatus.State;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.lease.LockFile;
import org.litestream4j.lease.ReplicaHeldException;
import org.litestream4j.lease.ReplicaLock;
import org.litestream4j.live.LocalLog;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoredObject;
import org.litestream4j.testing.DelegatingStore;
import org.litestream4j.testing.FaultyStore;
import org.litestream4j.testing.PlainRestore;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

/** Several machines, one after the other or at once, on one replica. */
@Timeout(180)
class OneWriterDatabaseTests {

	private static final Duration PATIENCE = Duration.ofMinutes(2);

	@TempDir
	Path temp;

	final List<String> generations = Collections.synchronizedList(new ArrayList<>());

	private final List<Long> takeovers = Collections.synchronizedList(new ArrayList<>());

	private final List<String> snapshots = Collections.synchronizedList(new ArrayList<>());

	private final List<String> fencings = Collections.synchronizedList(new ArrayList<>());

	private final CompletableFuture<String> wanted = new CompletableFuture<>();

	private final CompletableFuture<String> fenced = new CompletableFuture<>();

	private final LitestreamListener listener = new LitestreamListener() {

		@Override
		public void generationStarted(String database, WalPosition position, GenerationReason reason, String detail) {
			OneWriterDatabaseTests.this.generations.add("%s: %s".formatted(database, detail));
		}

		@Override
		public void snapshotTaken(String database, String replica, @Nullable Snapshot snapshot, Duration duration,
				Outcome outcome) {
			OneWriterDatabaseTests.this.snapshots.add(String.valueOf(snapshot));
		}

		@Override
		public void replicaTakenOver(String database, String replica, WalPosition position, long epoch) {
			OneWriterDatabaseTests.this.takeovers.add(epoch);
		}

		@Override
		public void replicaWanted(String database, String replica, String by) {
			OneWriterDatabaseTests.this.wanted.complete(by);
		}

		@Override
		public void replicaFenced(String database, String replica, @Nullable WalPosition position, String detail) {
			OneWriterDatabaseTests.this.fencings.add(detail);
			OneWriterDatabaseTests.this.fenced.complete(detail);
		}

	};

	LitestreamOptions.Builder options(String machine) {
		return LitestreamOptions.builder(this.temp.resolve(machine).resolve("app.db"))
			.name(machine)
			.monitorInterval(Duration.ofMillis(50))
			.minFreeSpace(0)
			.lease(new LeaseOptions(true, Duration.ofSeconds(1), Duration.ofSeconds(20)));
	}

	LitestreamDatabase start(LitestreamOptions options) throws IOException {
		return start(options, store());
	}

	private ObjectStore store() {
		return new FileStore(this.temp.resolve("replica"), SystemDisk.ownerOnly());
	}

	private LitestreamDatabase start(LitestreamOptions options, ObjectStore store) throws IOException {
		Files.createDirectories(Objects.requireNonNull(options.database().getParent()));
		Replica replica = new Replica("one", store, replicaOptions().syncInterval(Duration.ofMillis(5)).build());
		return LitestreamDatabase.start(options, List.of(replica), this.listener,
				() -> new LitestreamRestore(options.name(), List.of(replica), this.listener)
					.restoreIfMissing(RestoreRequest.latest(options.database()), RestoreProgress.NONE));
	}

	/** What is set of the replica besides how often it is written. */
	Replica.Options.Builder replicaOptions() {
		return Replica.Options.builder();
	}

	/** What the names of snapshots contain. */
	String snapshots() {
		return "/snapshots/";
	}

	/** Restores the newest state without the code under test. */
	void restore(Path replica, Path output) throws Exception {
		assertThat(PlainRestore.newest(replica, output)).isTrue();
	}

	LitestreamDatabase start(String machine) throws IOException {
		return start(options(machine).build());
	}

	void commit(LitestreamDatabase database, int commits) throws Exception {
		try (TestDatabase application = TestDatabase.open(database.options().database())) {
			application.commits(commits);
			database.sync(PATIENCE);
		}
	}

	int restored() throws Exception {
		Path output = this.temp.resolve("restored-" + System.nanoTime());
		restore(this.temp.resolve("replica"), output);
		return TestDatabase.entriesIn(output);
	}

	private static ReplicaStatus status(LitestreamDatabase database) {
		return Objects.requireNonNull(database.status().replicas().get("one"));
	}

	/** Its position is the beginning of an index of which there is nothing yet. */
	@Test
	void whatIsRestoredOrStartedAgainIsValidBeforeItsFirstCommit() throws Exception {
		try (LitestreamDatabase database = start("a")) {
			commit(database, 3);
		}
		for (String machine : List.of("b", "b", "c", "c")) {
			try (LitestreamDatabase database = start(machine)) {
				assertThat(database.validate()).as(machine).allMatch(ValidationReport::valid);
			}
		}
		assertThat(this.generations).hasSize(1);
	}

	@Test
	void restartGoesOnInTheSameGenerationWithoutASnapshot() throws Exception {
		for (int run = 1; run <= 5; run++) {
			try (LitestreamDatabase database = start("one")) {
				assertThat(status(database).ownership().fencing()).isTrue();
				assertThat(status(database).ownership().epoch()).isEqualTo(run);
				commit(database, 7);
			}
			assertThat(restored()).isEqualTo(7 * run);
		}
		assertThat(this.takeovers).containsExactly(1L, 2L, 3L, 4L, 5L);
		assertThat(this.generations).hasSize(1);
		assertThat(this.snapshots).hasSize(1);
	}

	@Test
	void newMachineGoesOnInTheSameGenerationWithoutASnapshot() throws Exception {
		for (int run = 1; run <= 5; run++) {
			try (LitestreamDatabase database = start("machine-" + run)) {
				commit(database, 7);
			}
			assertThat(restored()).isEqualTo(7 * run);
		}
		assertThat(this.generations).hasSize(1);
		assertThat(this.snapshots).hasSize(1);
	}

	@Test
	void machineThatIsBackWithAnOlderDatabaseIsFoundToBeBehind() throws Exception {
		try (LitestreamDatabase database = start("a")) {
			commit(database, 3);
		}
		try (LitestreamDatabase database = start("b")) {
			commit(database, 3);
		}
		assertThatExceptionOfType(DivergenceException.class).isThrownBy(() -> start("a")).satisfies((ex) -> {
			assertThat(ex.replica()).isEqualTo("one");
			assertThat(ex).hasMessageContaining("are not the same")
				.hasMessageContaining("by ")
				.hasMessageContaining("an old copy, or another instance has taken over since");
		});
		try (LitestreamDatabase database = start(options("a").onDivergence(OnDivergence.RESTORE).build())) {
			commit(database, 3);
		}
		assertThat(restored()).isEqualTo(9);
		try (Stream<Path> files = Files.list(this.temp.resolve("a"))) {
			assertThat(files.map((file) -> file.getFileName().toString()))
				.anyMatch((name) -> name.startsWith("app.db.diverged-"));
		}
		assertThat(this.generations).hasSize(1);
	}

	@Test
	void localDatabaseWinsWhereThatIsSaid() throws Exception {
		try (LitestreamDatabase database = start("a")) {
			commit(database, 3);
		}
		try (LitestreamDatabase database = start("b")) {
			commit(database, 5);
		}
		try (LitestreamDatabase database = start(options("a").onDivergence(OnDivergence.NEW_GENERATION).build())) {
			commit(database, 1);
		}
		assertThat(restored()).isEqualTo(4);
		assertThat(this.generations).hasSize(2);
	}

	@Test
	void ownerThatIsAliveIsWaitedForAndHandsOver() throws Exception {
		LitestreamDatabase first = start("a");
		commit(first, 3);
		Thread closing = new Thread(() -> {
			this.wanted.join();
			first.close();
		});
		closing.start();
		try (LitestreamDatabase second = start("b")) {
			closing.join();
			commit(second, 3);
		}
		assertThat(restored()).isEqualTo(6);
		assertThat(this.fencings).isEmpty();
	}

	@Test
	void ownerThatIsTakenOverIsFencedAndSaysSo() throws Exception {
		try (LitestreamDatabase first = start("a")) {
			commit(first, 3);
			try (LitestreamDatabase second = start(impolite("b"))) {
				commit(second, 3);
				try (TestDatabase application = TestDatabase.open(first.options().database())) {
					application.commits(2);
					assertThatIOException().isThrownBy(() -> first.sync(PATIENCE))
						.withMessageStartingWith("replica 'one' was taken over: ");
				}
				assertThat(status(first).state()).isEqualTo(State.FENCED);
				assertThat(this.fencings).hasSize(1);
				commit(second, 3);
			}
		}
		assertThat(restored()).isEqualTo(9);
	}

	@Test
	void ownerThatFindsSomebodyElsesObjectsIsFencedAndBeginsNoGeneration() throws Exception {
		FaultyStore store = new FaultyStore(store());
		try (LitestreamDatabase first = start(options("a").build(), store)) {
			commit(first, 3);
			try (LitestreamDatabase second = start(impolite("b"))) {
				commit(second, 3);
				requireFencedOnceItAsks(first, store);
			}
		}
		assertThat(this.generations).hasSize(1);
		assertThat(restored()).isEqualTo(6);
	}

	@Test
	void ownerThatFindsNothingButAFenceIsFencedAndDoesNotWriteBehindIt() throws Exception {
		FaultyStore store = new FaultyStore(store());
		try (LitestreamDatabase first = start(options("a").build(), store)) {
			commit(first, 3);
			try (LitestreamDatabase second = start(impolite("b"))) {
				requireFencedOnceItAsks(first, store);
				commit(second, 3);
				assertThat(status(second).state()).isNotEqualTo(State.FENCED);
			}
		}
		assertThat(this.generations).hasSize(1);
		assertThat(restored()).isEqualTo(6);
	}

	@Test
	void databaseOfAnotherGenerationIsRefusedHoweverOftenItIsStarted() throws Exception {
		try (LitestreamDatabase database = start("a")) {
			commit(database, 3);
		}
		try (LitestreamDatabase database = start("b")) {
			commit(database, 3);
		}
		try (LitestreamDatabase database = start(options("a").onDivergence(OnDivergence.NEW_GENERATION).build())) {
			commit(database, 1);
		}
		for (int attempt = 1; attempt <= 3; attempt++) {
			assertThatExceptionOfType(DivergenceException.class).isThrownBy(() -> start("b"))
				.withMessageContaining("is of another generation");
		}
		assertThat(restored()).isEqualTo(4);
	}

	@Test
	void startThatEndedRightAfterItsRestoreIsNoReasonToGiveUpWhatOthersHaveWrittenSince() throws Exception {
		LitestreamOptions options = options("b").build();
		try (LitestreamDatabase database = start("a")) {
			commit(database, 3);
			Files.createDirectories(options.metaDirectory());
			LocalLog.read(SystemDisk.ownerOnly(), options.metaDirectory()).beginRun("0123456789abcdef");
			restore(this.temp.resolve("replica"), options.database());
			commit(database, 3);
		}
		for (int attempt = 1; attempt <= 2; attempt++) {
			assertThatExceptionOfType(DivergenceException.class).isThrownBy(() -> start("b"))
				.withMessageContaining("nothing here tells");
		}
		try (LitestreamDatabase database = start(options("b").onDivergence(OnDivergence.RESTORE).build())) {
			commit(database, 3);
		}
		assertThat(restored()).isEqualTo(9);
	}

	@Test
	void endOfTheCopyThatAPowerCutTookAwayIsNoDivergenceWhileTheLiveWalHasIt() throws Exception {
		LitestreamOptions options = options("a").build();
		try (LitestreamDatabase database = start("a")) {
			commit(database, 3);
			commit(database, 3);
		}
		try (Stream<Path> files = Files.walk(options.metaDirectory())) {
			Path copy = files.filter((file) -> file.getFileName().toString().endsWith(".wal"))
				.max(java.util.Comparator.naturalOrder())
				.orElseThrow();
			try (java.nio.channels.FileChannel channel = java.nio.channels.FileChannel.open(copy,
					java.nio.file.StandardOpenOption.WRITE)) {
				channel.truncate(channel.size() - 1);
			}
		}
		try (LitestreamDatabase database = start("a")) {
			commit(database, 3);
		}
		assertThat(restored()).isEqualTo(9);
		assertThat(this.generations).hasSize(1);
	}

	@Test
	void newMachineWhoseFirstRequestsFailTakesTheReplicaOverBeforeItRestores() throws Exception {
		try (LitestreamDatabase database = start("a")) {
			commit(database, 3);
		}
		AtomicInteger failures = new AtomicInteger(4);
		ObjectStore store = new DelegatingStore(store()) {

			@Override
			public String lane() {
				return "what this store can do is not known yet";
			}

			@Override
			public StoredObject put(NewObject object, ObjectContent content) throws IOException {
				if (failures.getAndDecrement() > 0) {
					throw new IOException("the request was lost");
				}
				return super.put(object, content);
			}

		};
		try (LitestreamDatabase database = start(options("b").build(), store)) {
			commit(database, 3);
		}
		assertThat(restored()).isEqualTo(6);
		assertThat(this.generations).hasSize(1);
	}

	@Test
	void storeThatIsAwayKeepsNoStartWaitingAndIsTakenOverLater() throws Exception {
		try (LitestreamDatabase database = start("a")) {
			commit(database, 3);
		}
		FaultyStore store = new FaultyStore(store());
		store.fail();
		LitestreamOptions options = options("a")
			.lease(new LeaseOptions(true, Duration.ofSeconds(1), Duration.ofMinutes(10)))
			.build();
		try (LitestreamDatabase database = start(options, store)) {
			store.heal();
			commit(database, 3);
		}
		assertThat(restored()).isEqualTo(6);
		assertThat(this.generations).hasSize(1);
	}

	private static void startInVain(LitestreamOptions options, int times) throws IOException {
		for (int i = 0; i < times; i++) {
			LocalLog.read(SystemDisk.ownerOnly(), options.metaDirectory())
				.beginRun("%016x".formatted(System.nanoTime()));
		}
	}

	@Test
	void applicationThatStartsAgainAndAgainWhileItsReplicaIsAwayKnowsItsOwnDataAfterwards() throws Exception {
		LitestreamOptions options = options("a").build();
		try (LitestreamDatabase database = start(options)) {
			commit(database, 3);
		}
		FaultyStore away = new FaultyStore(store());
		away.fail();
		for (int outage = 0; outage < 3; outage++) {
			startInVain(options, 99);
			start(options, away).close(Duration.ZERO);
		}
		try (LitestreamDatabase database = start(options)) {
			commit(database, 3);
		}
		assertThat(restored()).isEqualTo(6);
		assertThat(this.generations).hasSize(1);
	}

	@Test
	void storeThatHangsKeepsNoStartWaitingAndIsTakenOverLater() throws Exception {
		try (LitestreamDatabase database = start("a")) {
			commit(database, 3);
		}
		FaultyStore store = new FaultyStore(store());
		CountDownLatch answers = new CountDownLatch(1);
		store.hangUntil(answers);
		try (LitestreamDatabase database = start(options("a").build(), store)) {
			answers.countDown();
			commit(database, 3);
		}
		assertThat(restored()).isEqualTo(6);
		assertThat(this.generations).hasSize(1);
	}

	@Test
	void generationThatHasNoSnapshotYetIsNobodyElsesAtTheNextStart() throws Exception {
		try (LitestreamDatabase database = start("a")) {
			commit(database, 3);
		}
		try (LitestreamDatabase database = start("b")) {
			commit(database, 5);
		}
		FaultyStore store = new FaultyStore(store());
		CountDownLatch snapshot = new CountDownLatch(1);
		store.before((operation) -> {
			if (operation.startsWith("write") && operation.contains("/snapshots/")) {
				snapshot.countDown();
				throw new IOException("no snapshots");
			}
		});
		LitestreamDatabase interrupted = start(options("a").onDivergence(OnDivergence.NEW_GENERATION).build(), store);
		assertThat(snapshot.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
		interrupted.close(Duration.ZERO);
		try (LitestreamDatabase database = start("a")) {
			commit(database, 1);
		}
		assertThat(restored()).isEqualTo(4);
	}

	@Test
	void startThatIsRefusedHandsBackWhatItTookAndNamesNotItself() throws Exception {
		try (LitestreamDatabase database = start("a")) {
			commit(database, 3);
		}
		try (LitestreamDatabase database = start("b")) {
			commit(database, 3);
		}
		LitestreamOptions options = options("a").build();
		ReplicaLock before = lock(store());
		FaultyStore first = new FaultyStore(store());
		CountDownLatch givenBack = new CountDownLatch(2);
		first.after((operation) -> {
			if (operation.equals("write lock.json")) {
				givenBack.countDown();
			}
		});
		ObjectStore other = new FileStore(this.temp.resolve("other"), SystemDisk.ownerOnly());
		FaultyStore second = new FaultyStore(other);
		second.before((operation) -> {
			if (operation.equals("list generations")) {
				await(givenBack);
			}
		});
		assertThatExceptionOfType(DivergenceException.class).isThrownBy(
				() -> LitestreamDatabase.start(options, List.of(new Replica("one", first, Replica.Options.DEFAULTS),
						new Replica("two", second, Replica.Options.DEFAULTS)), this.listener));
		assertThat(lock(other)).extracting(ReplicaLock::epoch, ReplicaLock::released).containsExactly(1L, true);
		assertThat(lock(store())).extracting(ReplicaLock::released).isEqualTo(true);
		assertThat(lock(store()).runId()).isEqualTo(before.runId());
		assertThat(lock(store()).epoch()).isEqualTo(before.epoch() + 1);
	}

	/** A store that a restore reads from only once it may. */
	private FaultyStore heldStore(CountDownLatch reached, CountDownLatch mayGoOn) {
		FaultyStore store = new FaultyStore(store());
		store.before((operation) -> {
			if (operation.startsWith("open") && operation.contains(snapshots())) {
				reached.countDown();
				await(mayGoOn);
			}
		});
		return store;
	}

	private CompletableFuture<LitestreamDatabase> starting(LitestreamOptions options, ObjectStore store) {
		return CompletableFuture.supplyAsync(() -> {
			try {
				return start(options, store);
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}, (task) -> new Thread(task).start());
	}

	/** Whoever waits for it finds that its owner is alive, for longer than a lease. */
	private void assertHeld() {
		LitestreamOptions options = options("waiting")
			.lease(new LeaseOptions(true, Duration.ofSeconds(1), Duration.ofSeconds(2)))
			.build();
		assertThatExceptionOfType(ReplicaHeldException.class).isThrownBy(() -> start(options))
			.withMessageContaining("which is alive");
	}

	/** A request fails, so that it asks the replica where it stands. */
	private void requireFencedOnceItAsks(LitestreamDatabase database, FaultyStore store) throws Exception {
		store.failNth(1);
		try (TestDatabase application = TestDatabase.open(database.options().database())) {
			application.commits(2);
			database.changed();
			assertThat(this.fenced.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).contains("taken over by");
		}
		assertThat(status(database).state()).isEqualTo(State.FENCED);
	}

	private LitestreamOptions impolite(String machine) {
		return options(machine).lease(new LeaseOptions(false, Duration.ofSeconds(1), Duration.ZERO)).build();
	}

	@Test
	void startThatRestoresForLongerThanALeaseKeepsItsReplica() throws Exception {
		try (LitestreamDatabase database = start("a")) {
			commit(database, 3);
		}
		CountDownLatch reached = new CountDownLatch(1);
		CountDownLatch mayGoOn = new CountDownLatch(1);
		CompletableFuture<LitestreamDatabase> restoring = starting(options("b").build(), heldStore(reached, mayGoOn));
		reached.await();
		assertHeld();
		mayGoOn.countDown();
		try (LitestreamDatabase database = restoring.get()) {
			commit(database, 3);
			assertHeld();
		}
		assertThat(restored()).isEqualTo(6);
		assertThat(this.fencings).isEmpty();
		assertThat(this.generations).hasSize(1);
	}

	@Test
	void startThatWaitsForAnotherReplicaKeepsTheOneThatItHas() throws Exception {
		try (LitestreamDatabase database = start("a")) {
			commit(database, 3);
		}
		CountDownLatch mayGoOn = new CountDownLatch(1);
		CountDownLatch first = new CountDownLatch(1);
		CountDownLatch second = new CountDownLatch(1);
		FaultyStore one = new FaultyStore(store());
		one.after((operation) -> {
			if (operation.startsWith("write") && operation.contains("/wal/")) {
				first.countDown();
			}
		});
		FaultyStore two = new FaultyStore(new FileStore(this.temp.resolve("other"), SystemDisk.ownerOnly()));
		two.before((operation) -> {
			if (operation.equals("list generations")) {
				second.countDown();
				await(mayGoOn);
			}
		});
		LitestreamOptions options = options("a").build();
		CompletableFuture<LitestreamDatabase> waiting = CompletableFuture.supplyAsync(() -> {
			try {
				return LitestreamDatabase.start(options, List.of(new Replica("one", one, Replica.Options.DEFAULTS),
						new Replica("two", two, Replica.Options.DEFAULTS)), this.listener);
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}, (task) -> new Thread(task).start());
		first.await();
		second.await();
		assertHeld();
		mayGoOn.countDown();
		waiting.get().close();
		assertThat(this.fencings).isEmpty();
	}

	@Test
	void startThatIsOvertakenWhileItRestoresGivesUpBeforeAnythingIsThere() throws Exception {
		try (LitestreamDatabase database = start("a")) {
			commit(database, 3);
		}
		CountDownLatch reached = new CountDownLatch(1);
		CountDownLatch mayGoOn = new CountDownLatch(1);
		CompletableFuture<LitestreamDatabase> restoring = starting(impolite("b"), heldStore(reached, mayGoOn));
		reached.await();
		try (LitestreamDatabase database = start(impolite("c"))) {
			commit(database, 3);
			mayGoOn.countDown();
			assertThatExceptionOfType(ExecutionException.class).isThrownBy(restoring::get)
				.withRootCauseInstanceOf(ReplicaHeldException.class)
				.withMessageContaining("was taken over by ")
				.withMessageContaining("while this start was under way: nothing was opened or written");
			assertThat(this.temp.resolve("b/app.db")).doesNotExist();
			commit(database, 3);
		}
		try (LitestreamDatabase database = start("b")) {
			commit(database, 3);
		}
		assertThat(restored()).isEqualTo(12);
		assertThat(this.fencings).isEmpty();
	}

	@Test
	void startThatIsOvertakenWhileItRestoresInPlaceLeavesTheLocalFilesWhereTheyAre() throws Exception {
		try (LitestreamDatabase database = start("a")) {
			commit(database, 3);
		}
		try (LitestreamDatabase database = start("b")) {
			commit(database, 3);
		}
		CountDownLatch reached = new CountDownLatch(1);
		CountDownLatch mayGoOn = new CountDownLatch(1);
		LitestreamOptions options = options("a").onDivergence(OnDivergence.RESTORE).build();
		CompletableFuture<LitestreamDatabase> restoring = starting(options, heldStore(reached, mayGoOn));
		reached.await();
		assertHeld();
		try (LitestreamDatabase database = start(impolite("c"))) {
			mayGoOn.countDown();
			assertThatExceptionOfType(ExecutionException.class).isThrownBy(restoring::get)
				.withRootCauseInstanceOf(ReplicaHeldException.class);
			assertThat(TestDatabase.entriesIn(options.database())).isEqualTo(3);
			assertThat(divergedFiles(this.temp.resolve("a"))).isEmpty();
			commit(database, 3);
		}
		try (LitestreamDatabase database = start(options)) {
			commit(database, 3);
		}
		assertThat(restored()).isEqualTo(12);
	}

	private static void await(CountDownLatch latch) throws IOException {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			throw new IOException("interrupted", ex);
		}
	}

	private static ReplicaLock lock(ObjectStore store) throws IOException {
		return Objects.requireNonNull(new LockFile(store, Duration.ofSeconds(1), Clock.systemUTC()).read().lock());
	}

	private List<String> divergedFiles(Path directory) throws IOException {
		try (Stream<Path> files = Files.list(directory)) {
			return files.map((file) -> file.getFileName().toString())
				.filter((name) -> name.contains("diverged"))
				.toList();
		}
	}

	@Test
	void restoreThatFailsLeavesTheDivergedDatabaseWhereItIs() throws Exception {
		try (LitestreamDatabase database = start("a")) {
			commit(database, 3);
		}
		try (LitestreamDatabase database = start("b")) {
			commit(database, 5);
		}
		LitestreamOptions options = options("a").onDivergence(OnDivergence.RESTORE).build();
		FaultyStore store = new FaultyStore(store());
		store.before((operation) -> {
			if (operation.startsWith("open") && operation.contains(snapshots())) {
				throw new IOException("the snapshot cannot be read");
			}
		});
		assertThatIOException().isThrownBy(() -> start(options, store));
		assertThat(TestDatabase.entriesIn(options.database())).isEqualTo(3);
		assertThat(divergedFiles(this.temp.resolve("a"))).isEmpty();
		try (LitestreamDatabase database = start(options)) {
			commit(database, 1);
		}
		assertThat(restored()).isEqualTo(9);
	}

	@Test
	void replicaThatIsNotTheLocalDatabaseIsRestoredThoughAnotherOneIs() throws Exception {
		Replica one = new Replica("one", store(), Replica.Options.DEFAULTS);
		Replica two = new Replica("two", new FileStore(this.temp.resolve("two"), SystemDisk.ownerOnly()),
				Replica.Options.DEFAULTS);
		LitestreamOptions options = options("a").onDivergence(OnDivergence.RESTORE).build();
		Files.createDirectories(this.temp.resolve("a"));
		try (LitestreamDatabase database = LitestreamDatabase.start(options, List.of(one, two), this.listener)) {
			commit(database, 3);
		}
		try (LitestreamDatabase database = start("b")) {
			commit(database, 5);
		}
		try (LitestreamDatabase database = LitestreamDatabase.start(options, List.of(two), this.listener)) {
			commit(database, 1);
		}
		try (LitestreamDatabase database = LitestreamDatabase.start(options, List.of(one, two), this.listener)) {
			commit(database, 1);
		}
		assertThat(restored()).isEqualTo(9);
	}

	@Test
	void linkToADivergedDatabaseStaysAndLeadsToTheRestoredOne() throws Exception {
		Path link = this.temp.resolve("a").resolve("app.db");
		Path real = Files.createDirectories(this.temp.resolve("volume")).resolve("real.db");
		Files.createDirectories(link.getParent());
		Files.createSymbolicLink(link, Files.createFile(real));
		try (LitestreamDatabase database = start("a")) {
			commit(database, 3);
		}
		try (LitestreamDatabase database = start("b")) {
			commit(database, 5);
		}
		try (LitestreamDatabase database = start(options("a").onDivergence(OnDivergence.RESTORE).build())) {
			commit(database, 1);
		}
		assertThat(link).isSymbolicLink();
		assertThat(TestDatabase.entriesIn(real)).isEqualTo(9);
		assertThat(divergedFiles(this.temp.resolve("volume"))).anyMatch((name) -> name.startsWith("real.db.diverged-"));
		assertThat(this.generations).hasSize(1);
	}

	@Test
	void fencedRunLeavesTheNewOwnerInPeaceOnceThatHasWritten() throws Exception {
		FaultyStore store = new FaultyStore(store());
		try (LitestreamDatabase first = start(options("a").build(), store)) {
			commit(first, 3);
			try (LitestreamDatabase second = start(impolite("b"))) {
				commit(second, 3);
				ReplicaLock taken = lock(store());
				try (TestDatabase application = TestDatabase.open(first.options().database())) {
					application.commits(2);
					first.changed();
					this.fenced.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
					CountDownLatch retries = new CountDownLatch(8);
					store.before((operation) -> retries.countDown());
					assertThat(retries.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
				}
				assertThat(store.attempted()).doesNotContain("write wanted.json");
				assertThat(lock(store())).isEqualTo(taken);
			}
		}
		assertThat(restored()).isEqualTo(6);
	}

	@Test
	void whoHasGivenUpWaitingIsNotShownAsWaiting() throws Exception {
		try (LitestreamDatabase first = start("a")) {
			commit(first, 3);
			assertThatExceptionOfType(ReplicaHeldException.class).isThrownBy(() -> start(
					options("b").lease(new LeaseOptions(true, Duration.ofSeconds(1), Duration.ofSeconds(1))).build()));
			assertThat(this.wanted).isCompleted();
			while (status(first).ownership().wantedBy() != null) {
				TimeUnit.MILLISECONDS.sleep(50);
			}
		}
	}

}
