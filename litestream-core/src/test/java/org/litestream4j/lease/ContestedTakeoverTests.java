package org.litestream4j.lease;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.Writer;
import org.litestream4j.lease.FakeLog.Segment;
import org.litestream4j.lease.LockFile.Means;
import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.OpenedObject;
import org.litestream4j.store.StoredObject;
import org.litestream4j.testing.DelegatingStore;
import org.litestream4j.testing.MemoryStore;
import org.litestream4j.testing.Seeds;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Several runs take one replica over at once and write to it. Which of them makes the
 * next request is drawn, and some answers are lost; a seed says all of it.
 */
class ContestedTakeoverTests {

	private static final Generation GENERATION = new Generation("0123456789abcdef");

	private static final int REPLICAS = 40;

	/** Of each replica. */
	private static final int ROUNDS = 8;

	private static final int RUNS = 3;

	static Stream<Arguments> contests() {
		return Seeds.some(2)
			.stream()
			.flatMap((seed) -> Stream.of(Means.values()).map((means) -> Arguments.of(seed, means)));
	}

	@ParameterizedTest(name = "-Dtest.seed={0} {1}")
	@MethodSource("contests")
	void exactlyOneOwnsTheReplicaInTheEndAndTheLogIsWhole(long seed, Means means) throws Exception {
		Random random = new Random(seed);
		int owners = 0;
		int acknowledged = 0;
		for (int replica = 0; replica < REPLICAS; replica++) {
			Contest contest = new Contest(random, means);
			for (int round = 0; round < ROUNDS; round++) {
				contest.play();
			}
			owners += contest.owners;
			acknowledged += contest.acknowledged.size();
		}
		assertThat(owners).isGreaterThanOrEqualTo(REPLICAS * ROUNDS);
		assertThat(acknowledged).isGreaterThan(REPLICAS * ROUNDS);
	}

	/** A replica, and those who want it. */
	private static final class Contest {

		private final Random random;

		private final Means means;

		private final MemoryStore store = new MemoryStore();

		private final FakeLog log = new FakeLog(this.store);

		private final LockFile lockFile;

		private final List<Integer> acknowledged = new ArrayList<>();

		private int round;

		private int owners;

		private long epoch;

		Contest(Random random, Means means) throws IOException {
			this.random = random;
			this.means = means;
			this.lockFile = new LockFile(this.store, means, Duration.ofSeconds(30), Clock.systemUTC());
			Writer first = new Writer("0000000000000000", 1);
			this.log.put(new Segment(new WalPosition(GENERATION, 0, 0), first, List.of(), List.of()));
			this.log.putSnapshot(GENERATION, List.of());
		}

		void play() throws Exception {
			Turns turns = new Turns(this.random);
			List<Contender> contenders = new ArrayList<>();
			for (int i = 0; i < RUNS; i++) {
				Run run = new Run("%08x%08x".formatted(this.round, i), "run " + i);
				contenders.add(new Contender(turns, this.store, this.means, run, (this.round * RUNS + i) * 10));
			}
			turns.run(contenders);
			ReplicaLock lock = Objects.requireNonNull(this.lockFile.read().lock());
			for (Contender each : contenders) {
				each.acknowledged.stream()
					.filter((number) -> !this.acknowledged.contains(number))
					.forEach(this.acknowledged::add);
			}
			Catalog catalog = this.log.catalog();
			Catalog.Log chosen = Objects.requireNonNull(catalog.chosen(lock));
			assertThat(this.log.restore(chosen.generation())).containsAll(this.acknowledged).doesNotHaveDuplicates();
			for (Catalog.Log each : catalog.logs()) {
				// Fences of one that was overtaken may be anywhere
				assertThat(this.log.log(each.generation())).filteredOn((segment) -> !segment.isFence())
					.extracting((segment) -> segment.writer().epoch())
					.isSorted();
			}
			assertThat(lock.epoch()).isGreaterThan(this.epoch);
			assertThat(contenders).filteredOn((each) -> each.owns(lock)).hasSize(1);
			this.owners += (int) contenders.stream().filter((each) -> each.lastOwned > 0).count();
			this.epoch = lock.epoch();
			this.round++;
		}

	}

	/** One after another, in an order that is drawn. */
	private static final class Turns {

		private final Random random;

		private final Semaphore idle = new Semaphore(0);

		/** Requests that take effect at another time, if they still can. */
		private final List<Runnable> late = new ArrayList<>();

		Turns(Random random) {
			this.random = random;
		}

		void run(List<Contender> contenders) throws Exception {
			List<Thread> threads = contenders.stream().map(Thread::new).toList();
			for (Thread thread : threads) {
				thread.start();
				this.idle.acquire(); // it waits for its first turn
			}
			List<Contender> playing = new ArrayList<>(contenders);
			while (!playing.isEmpty()) {
				if (!this.late.isEmpty() && this.random.nextInt(10) == 0) {
					this.late.remove(this.random.nextInt(this.late.size())).run();
				}
				Contender next = playing.get(this.random.nextInt(playing.size()));
				next.turn.release();
				this.idle.acquire();
				if (next.finished) {
					playing.remove(next);
				}
			}
			for (Thread thread : threads) {
				thread.join();
			}
			for (Contender contender : contenders) {
				if (contender.failure != null) {
					throw new AssertionError("%s failed".formatted(contender.run), contender.failure);
				}
			}
		}

	}

	/** Takes over, and writes until it is fenced or has written enough. */
	private static final class Contender implements Runnable {

		private final Turns turns;

		private final Run run;

		private final LockFile lockFile;

		private final FakeLog log;

		private final Semaphore turn = new Semaphore(0);

		private final List<Integer> acknowledged = new ArrayList<>();

		private int number;

		private long lastOwned;

		private volatile boolean finished;

		private volatile @Nullable Throwable failure;

		Contender(Turns turns, ObjectStore store, Means means, Run run, int number) {
			this.turns = turns;
			this.run = run;
			this.number = number;
			ObjectStore inTurn = new StoreInTurn(store, this);
			this.lockFile = new LockFile(inTurn, means, Duration.ofSeconds(30), Clock.systemUTC());
			this.log = new FakeLog(inTurn);
		}

		boolean owns(ReplicaLock lock) {
			return this.lastOwned == lock.epoch() && this.run.id().equals(lock.runId());
		}

		void awaitTurn() {
			this.turns.idle.release();
			this.turn.acquireUninterruptibly();
		}

		@Override
		public void run() {
			try {
				this.turns.idle.release();
				this.turn.acquireUninterruptibly();
				contend();
			}
			catch (Throwable ex) {
				this.failure = ex;
			}
			finally {
				this.finished = true;
				this.turns.idle.release();
			}
		}

		private void contend() throws IOException {
			TakeoverDriver driver = new TakeoverDriver(this.lockFile, this.log, (duration) -> awaitTurn());
			for (int times = 0; times < 2; times++) {
				Takeover.Taken taken = driver.takeOver(this.run, driver.atOnce(), (found) -> {
				});
				this.lastOwned = taken.lock().epoch();
				if (write((Takeover.Owned) taken)) {
					return;
				}
			}
		}

		/** Returns whether nobody has come between. */
		private boolean write(Takeover.Owned owned) {
			// What stands before the fences can be read at leisure: nothing is added
			List<Integer> chain = new ArrayList<>(answered(() -> this.log.restore(owned.log().generation())));
			Ownership ownership = Ownership.of(owned);
			WalPosition at = owned.next();
			boolean beginsGeneration = this.turns.random.nextInt(3) == 0;
			if (beginsGeneration) {
				Generation fresh = new Generation("%016x".formatted(this.turns.random.nextLong()));
				ownership = asked(((Ownership.Held) ownership).begin(fresh));
				at = new WalPosition(fresh, 0, 0);
			}
			for (int i = 0; i < 3 && ownership instanceof Ownership.Held held; i++) {
				List<Integer> numbers = List.of(this.number++);
				Segment segment = new Segment(at, held.writer(), List.copyOf(chain), numbers);
				if (!answered(() -> this.log.put(segment))) {
					return false;
				}
				chain.addAll(numbers);
				at = (i == 1) ? new WalPosition(at.generation(), at.index() + 1, 0) : at.at(segment.end());
				if (held instanceof Ownership.Unconfirmed unconfirmed && i == 1) {
					answered(() -> {
						this.log.putSnapshot(segment.at().generation(), List.copyOf(chain));
						return true;
					});
					ownership = asked(unconfirmed.snapshotStored());
				}
				if (ownership instanceof Ownership.Writing) {
					this.acknowledged.clear();
					this.acknowledged.addAll(chain);
				}
			}
			return ownership instanceof Ownership.Held;
		}

		private Ownership asked(Ownership.Asking asking) {
			return asking.answered(answered(() -> this.lockFile.answer(asking.request())));
		}

		/** What gets no answer is asked again. */
		private <T> T answered(Asked<T> asked) {
			while (true) {
				try {
					return asked.ask();
				}
				catch (IOException ex) {
					awaitTurn();
				}
			}
		}

	}

	private interface Asked<T> {

		T ask() throws IOException;

	}

	/** Each request is a turn; some get no answer, whether they had an effect or not. */
	private static final class StoreInTurn extends DelegatingStore {

		private final Contender contender;

		private final Random random;

		private int answered;

		private int putsInTime;

		StoreInTurn(ObjectStore store, Contender contender) {
			super(store);
			this.contender = contender;
			this.random = contender.turns.random; // only whose turn it is draws
		}

		private void turn() {
			this.contender.awaitTurn();
		}

		private void perhapsLost() throws IOException {
			// Never so often that all tries fail
			if (++this.answered > 12 && this.random.nextInt(8) == 0) {
				this.answered = 0;
				throw new IOException("no answer");
			}
		}

		@Override
		public java.util.Optional<StoredObject> stat(String name) throws IOException {
			if (name.startsWith("lock")) {
				turn();
			}
			return super.stat(name);
		}

		@Override
		public OpenedObject open(StoredObject object, long from, long to) throws IOException {
			if (object.name().startsWith("lock")) { // others never change
				turn();
				perhapsLost();
			}
			return super.open(object, from, to);
		}

		@Override
		public void list(String directory, Depth depth, ObjectVisitor visitor) throws IOException {
			turn();
			List<StoredObject> found = new ArrayList<>();
			super.list(directory, depth, found::add); // at one moment
			for (StoredObject object : found) {
				if (!visitor.visit(object)) {
					return;
				}
			}
		}

		@Override
		public StoredObject put(NewObject object, ObjectContent content) throws IOException {
			turn();
			// Nor this so often that, with what is lost besides, all tries fail
			if (++this.putsInTime > TakeoverDriver.TRIES && this.random.nextInt(60) == 0) {
				this.putsInTime = 0;
				this.contender.turns.late.add(() -> putLate(object, content));
				throw new IOException("no answer yet");
			}
			perhapsLost();
			StoredObject stored = super.put(object, content);
			perhapsLost();
			return stored;
		}

		private void putLate(NewObject object, ObjectContent content) {
			try {
				super.put(object, content);
			}
			catch (IOException ex) {
				// nobody is told
			}
		}

	}

}
