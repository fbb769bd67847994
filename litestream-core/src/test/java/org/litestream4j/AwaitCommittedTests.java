package org.litestream4j;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.LitestreamDatabase.IfOverdue;
import org.litestream4j.NotReplicatedException.Reason;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;
import org.litestream4j.testing.FaultyStore;
import org.litestream4j.testing.PlainRestore;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Commits that wait until replicas hold them. The replicas' own interval is an hour: what
 * gets there sooner was hurried by who waits.
 */
@Timeout(180)
class AwaitCommittedTests {

	private static final Duration PATIENCE = Duration.ofMinutes(2);

	private static final Duration SHORT = Duration.ofMillis(200);

	@TempDir
	private Path temp;

	private Path file;

	private final List<LitestreamListener.CommitOutcome> outcomes = new CopyOnWriteArrayList<>();

	@BeforeEach
	void nameFile() {
		this.file = this.temp.resolve("app.db");
	}

	private FaultyStore client(String name) {
		return new FaultyStore(new FileStore(this.temp.resolve(name), SystemDisk.ownerOnly()));
	}

	private LitestreamDatabase start(FaultyStore... clients) throws IOException {
		List<Replica> replicas = new ArrayList<>();
		for (FaultyStore client : clients) {
			replicas.add(new Replica(Path.of(URI.create(client.url())).getFileName().toString(), client,
					Replica.Options.builder().syncInterval(Duration.ofHours(1)).build()));
		}
		LitestreamOptions options = LitestreamOptions.builder(this.file)
			.name("app")
			.metaDirectory(this.temp.resolve("meta"))
			.monitorInterval(Duration.ofHours(1))
			.minFreeSpace(0)
			.build();
		return LitestreamDatabase.start(options, replicas, new LitestreamListener() {
			@Override
			public void commitAwaited(String database, CommitOutcome outcome, Duration duration) {
				AwaitCommittedTests.this.outcomes.add(outcome);
			}
		});
	}

	/** Commits and waits on a thread of its own. */
	private Waiter waiter(LitestreamDatabase database, TestDatabase app, int replicas) throws SQLException {
		app.commit();
		return new Waiter(database, replicas);
	}

	private static final class Waiter {

		private final FutureTask<Boolean> task;

		private final Thread thread;

		Waiter(LitestreamDatabase database, int replicas) {
			this.task = new FutureTask<>(() -> {
				database.awaitCommitted(replicas, PATIENCE);
				return true;
			});
			this.thread = new Thread(this.task);
			this.thread.start();
		}

		void awaitSleep() {
			while (this.thread.getState() != Thread.State.TIMED_WAITING) {
				assertThat(this.thread.isAlive()).isTrue();
				Thread.onSpinWait();
			}
		}

		boolean returns() throws Exception {
			return this.task.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
		}

	}

	@Test
	void everyCommitIsInTheReplicaWhenItsWaitReturns() throws Exception {
		Path replica = this.temp.resolve("one");
		try (LitestreamDatabase database = start(client("one")); TestDatabase app = TestDatabase.open(this.file)) {
			for (int i = 0; i < 25; i++) {
				app.commits(1 + i % 3);
				database.awaitCommitted(1, PATIENCE);
				assertThat(PlainRestore.entriesIn(replica, this.temp)).contains(app.committed());
			}
		}
		assertThat(this.outcomes).hasSize(25).containsOnly(LitestreamListener.CommitOutcome.REPLICATED);
	}

	@Test
	void whatWasCommittedLongBeforeIsWaitedForToo() throws Exception {
		try (LitestreamDatabase database = start(client("one")); TestDatabase app = TestDatabase.open(this.file)) {
			app.commit();
			database.sync(PATIENCE);
			database.awaitCommitted(1, PATIENCE);
			app.commit();
			database.awaitCommitted(1, PATIENCE);
			assertThat(PlainRestore.entriesIn(this.temp.resolve("one"), this.temp)).contains(2);
		}
	}

	@Test
	void allThatComeWhileASegmentIsUnderWayShareTheNextOne() throws Exception {
		FaultyStore store = client("one");
		CountDownLatch released = new CountDownLatch(1);
		try (LitestreamDatabase database = start(store); TestDatabase app = TestDatabase.open(this.file)) {
			app.commit();
			database.awaitCommitted(1, PATIENCE);
			store.forget();
			store.hangUntil(released);
			List<Waiter> waiters = new ArrayList<>();
			for (int i = 0; i < 16; i++) {
				Waiter waiter = waiter(database, app, 1);
				waiter.awaitSleep();
				waiters.add(waiter);
				while (store.attempted().isEmpty()) {
					Thread.onSpinWait(); // the first is under way
				}
			}
			released.countDown();
			for (Waiter waiter : waiters) {
				assertThat(waiter.returns()).isTrue();
			}
			assertThat(store.stored()).hasSize(2);
			assertThat(PlainRestore.entriesIn(this.temp.resolve("one"), this.temp)).contains(17);
		}
	}

	/** A store that is slow has those who come back together gather. */
	@ParameterizedTest
	@ValueSource(ints = { 0, 12 })
	void whateverHasReturnedIsInTheReplicaHoweverManyCommit(int milliseconds) throws Exception {
		FaultyStore store = client("one");
		AtomicInteger returned = new AtomicInteger();
		AtomicBoolean stop = new AtomicBoolean();
		try (LitestreamDatabase database = start(store); TestDatabase app = TestDatabase.open(this.file)) {
			app.commit();
			database.awaitCommitted(1, PATIENCE);
			returned.incrementAndGet();
			store.before((operation) -> LockSupport.parkNanos(Duration.ofMillis(milliseconds).toNanos()));
			List<FutureTask<Boolean>> writers = new ArrayList<>();
			for (int i = 0; i < 12; i++) {
				FutureTask<Boolean> writer = new FutureTask<>(() -> {
					while (!stop.get()) {
						synchronized (app) {
							app.commit();
						}
						database.awaitCommitted(1, PATIENCE);
						returned.incrementAndGet();
					}
					return true;
				});
				writers.add(writer);
				new Thread(writer).start();
			}
			try {
				for (int round = 1; round <= 8; round++) {
					int atLeast = returned.get();
					assertThat(PlainRestore.entriesIn(this.temp.resolve("one"), this.temp))
						.hasValueSatisfying((entries) -> assertThat(entries).isGreaterThanOrEqualTo(atLeast));
					while (returned.get() < atLeast + 24) {
						assertThat(writers).noneMatch(FutureTask::isDone);
						Thread.onSpinWait();
					}
				}
			}
			finally {
				stop.set(true);
			}
			for (FutureTask<Boolean> writer : writers) {
				assertThat(writer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
			}
			assertThat(PlainRestore.entriesIn(this.temp.resolve("one"), this.temp)).contains(app.committed());
			assertThat(store.stored()).hasSizeLessThan(app.committed());
		}
	}

	@Test
	void oneOfTwoReplicasIsEnoughWhereOneIsAskedForAlthoughTheOtherHangs() throws Exception {
		FaultyStore fine = client("fine");
		FaultyStore hanging = client("hanging");
		CountDownLatch released = new CountDownLatch(1);
		try (LitestreamDatabase database = start(hanging, fine); TestDatabase app = TestDatabase.open(this.file)) {
			app.commit();
			database.awaitCommitted(2, PATIENCE);
			hanging.hangUntil(released);
			for (int i = 0; i < 5; i++) {
				app.commit();
				database.awaitCommitted(1, PATIENCE);
			}
			assertThatExceptionOfType(NotReplicatedException.class).isThrownBy(() -> database.awaitCommitted(2, SHORT))
				.withMessageContaining("'app' was not in 2 of 2 replica(s) within 200 ms")
				.withMessageContaining("it is committed here")
				.withMessageContaining("replica 'hanging' has not answered")
				.withMessageNotContaining("'fine'")
				.satisfies((ex) -> assertThat(ex.reason()).isEqualTo(Reason.TIMEOUT));
			assertThatExceptionOfType(NotReplicatedException.class)
				.isThrownBy(() -> database.awaitCommitted(2, PATIENCE, IfOverdue.GIVE_UP))
				.withMessageContaining("an earlier commit has waited in vain, and is not there yet");
			database.awaitCommitted(1, PATIENCE, IfOverdue.GIVE_UP);
			released.countDown();
			database.awaitCommitted(2, PATIENCE);
			database.awaitCommitted(2, PATIENCE, IfOverdue.GIVE_UP);
		}
		assertThat(this.outcomes).containsOnlyOnce(LitestreamListener.CommitOutcome.TIMEOUT);
	}

	@Test
	void aReplicaThatFailsIsTriedAgainWhileSomebodyWaits() throws Exception {
		FaultyStore store = client("one");
		AtomicInteger tries = new AtomicInteger();
		try (LitestreamDatabase database = start(store); TestDatabase app = TestDatabase.open(this.file)) {
			app.commit();
			database.awaitCommitted(1, PATIENCE);
			store.before((operation) -> {
				if (tries.incrementAndGet() < 5) {
					throw new IOException("the store is away");
				}
			});
			app.commit();
			database.awaitCommitted(1, PATIENCE);
			assertThat(PlainRestore.entriesIn(this.temp.resolve("one"), this.temp)).contains(2);
		}
	}

	@Test
	void aWaitThatIsInVainSaysWhatTheReplicaFailsOf() throws Exception {
		FaultyStore store = client("one");
		try (LitestreamDatabase database = start(store); TestDatabase app = TestDatabase.open(this.file)) {
			app.commit();
			database.awaitCommitted(1, PATIENCE);
			store.fail();
			app.commit();
			assertThatExceptionOfType(NotReplicatedException.class).isThrownBy(() -> database.awaitCommitted(1, SHORT))
				.withMessageContaining("replica 'one' is failing: the store is away");
			assertThatExceptionOfType(NotReplicatedException.class)
				.isThrownBy(() -> database.awaitCommitted(1, PATIENCE, IfOverdue.GIVE_UP))
				.satisfies((ex) -> assertThat(ex.reason()).isEqualTo(Reason.UNAVAILABLE));
			store.heal();
			database.awaitCommitted(1, PATIENCE);
			database.awaitCommitted(1, PATIENCE, IfOverdue.GIVE_UP);
		}
	}

	@Test
	void whoWaitsHearsAtOnceThatReplicationHasStopped() throws Exception {
		FaultyStore store = client("one");
		CountDownLatch released = new CountDownLatch(1);
		try (LitestreamDatabase database = start(store); TestDatabase app = TestDatabase.open(this.file)) {
			app.commit();
			database.awaitCommitted(1, PATIENCE);
			store.hangUntil(released);
			Waiter waiter = waiter(database, app, 1);
			waiter.awaitSleep();
			FutureTask<Boolean> stop = new FutureTask<>(() -> database.close(Duration.ZERO), true);
			new Thread(stop).start();
			assertThatExceptionOfType(java.util.concurrent.ExecutionException.class).isThrownBy(waiter::returns)
				.havingCause()
				.isInstanceOf(NotReplicatedException.class)
				.withMessageContaining("cannot come to be in 1 of 1 replica(s)")
				.withMessageContaining("replica 'one': replication has stopped");
			released.countDown();
			stop.get();
			assertThatExceptionOfType(NotReplicatedException.class)
				.isThrownBy(() -> database.awaitCommitted(1, PATIENCE))
				.satisfies((ex) -> assertThat(ex.reason()).isEqualTo(Reason.UNAVAILABLE));
		}
	}

	@Test
	void aDatabaseThatWasPausedCanBeWaitedForAgain() throws Exception {
		try (LitestreamDatabase database = start(client("one")); TestDatabase app = TestDatabase.open(this.file)) {
			app.commit();
			database.awaitCommitted(1, PATIENCE);
			database.pause();
			app.commit();
			assertThatExceptionOfType(NotReplicatedException.class)
				.isThrownBy(() -> database.awaitCommitted(1, PATIENCE));
			database.resume();
			database.awaitCommitted(1, PATIENCE);
			assertThat(PlainRestore.entriesIn(this.temp.resolve("one"), this.temp)).contains(2);
		}
	}

	@Test
	void whatIsCommittedToAFileThatIsNotFollowedIsNeverConfirmed() throws Exception {
		try (LitestreamDatabase database = start(client("one")); TestDatabase app = TestDatabase.open(this.file)) {
			app.commit();
			database.awaitCommitted(1, PATIENCE);
			for (String ending : List.of("", "-wal", "-shm")) {
				Files.move(Path.of(this.file + ending), Path.of(this.temp.resolve("aside") + ending));
			}
			try (TestDatabase other = TestDatabase.open(this.file)) {
				other.commit();
				assertThatExceptionOfType(NotReplicatedException.class)
					.isThrownBy(() -> database.awaitCommitted(1, PATIENCE))
					.withMessageContaining("was replaced by another file")
					.satisfies((ex) -> assertThat(ex.reason()).isEqualTo(Reason.UNAVAILABLE));
			}
		}
	}

	@Test
	void anInterruptEndsTheWaitOfOneAndNotThatOfOthers() throws Exception {
		FaultyStore store = client("one");
		CountDownLatch released = new CountDownLatch(1);
		try (LitestreamDatabase database = start(store); TestDatabase app = TestDatabase.open(this.file)) {
			app.commit();
			database.awaitCommitted(1, PATIENCE);
			store.hangUntil(released);
			Waiter first = waiter(database, app, 1);
			Waiter second = waiter(database, app, 1);
			first.awaitSleep();
			second.awaitSleep();
			first.thread.interrupt();
			assertThatExceptionOfType(java.util.concurrent.ExecutionException.class).isThrownBy(first::returns)
				.withCauseInstanceOf(InterruptedException.class);
			released.countDown();
			assertThat(second.returns()).isTrue();
		}
	}

	@Test
	void moreReplicasThanThereAreCannotBeWaitedFor() throws Exception {
		try (LitestreamDatabase database = start(client("one"))) {
			assertThatIllegalArgumentException().isThrownBy(() -> database.awaitCommitted(2, PATIENCE))
				.withMessage("a commit to database 'app' cannot wait for 2 replica(s): 1 to 1 is allowed");
			assertThatIllegalArgumentException().isThrownBy(() -> database.awaitCommitted(0, PATIENCE));
		}
	}

}
