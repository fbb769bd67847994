package org.litestream4j.lease;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.Writer;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.lease.FakeLog.Segment;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoredObject;
import org.litestream4j.testing.DelegatingStore;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two that take one replica in a directory over at the same time, hundreds of times, and
 * write to it as fast as they can. Some of their requests get no answer. A thousand times
 * with {@code -Dtest.rounds=25}.
 */
class ContestedTakeoverIT {

	private static final Generation GENERATION = new Generation("0123456789abcdef");

	private static final int REPLICAS = 40;

	/** For each replica. */
	private static final int ROUNDS = Integer.getInteger("test.rounds", 6);

	private static final int SEGMENTS = 5;

	private int takeovers;

	private int fenced;

	@TempDir
	private Path temp;

	@Test
	void nobodysObjectsInterleaveAndNothingAcknowledgedIsLost() throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(2);
		try {
			for (int i = 0; i < REPLICAS; i++) {
				play(threads, this.temp.resolve("replica-" + i));
			}
		}
		finally {
			threads.shutdownNow();
			assertThat(threads.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
		}
		System.out.printf("%,d takeovers, %,d owners were fenced%n", this.takeovers, this.fenced);
		assertThat(this.takeovers).isGreaterThan(REPLICAS * ROUNDS);
		assertThat(this.fenced).isPositive();
	}

	private void play(ExecutorService threads, Path directory) throws Exception {
		ObjectStore store = new FileStore(directory, SystemDisk.ownerOnly());
		FakeLog log = new FakeLog(store);
		LockFile lockFile = new LockFile(store, Duration.ofSeconds(30), Clock.systemUTC());
		log.put(new Segment(new WalPosition(GENERATION, 0, 0), new Writer("0000000000000000", 1), List.of(),
				List.of()));
		log.putSnapshot(GENERATION, List.of());
		List<Integer> acknowledged = new ArrayList<>();
		long epoch = 0;
		for (int round = 0; round < ROUNDS; round++) {
			CyclicBarrier start = new CyclicBarrier(2);
			List<Owner> owners = new ArrayList<>();
			List<Future<Owner>> playing = new ArrayList<>();
			for (int i = 0; i < 2; i++) {
				Owner owner = new Owner(directory, start, (round * 2 + i) * 100);
				owners.add(owner);
				playing.add(threads.submit(owner));
			}
			for (Future<Owner> each : playing) {
				each.get();
			}
			owners.forEach((each) -> acknowledged.addAll(each.acknowledged));
			List<Segment> segments = log.log(GENERATION);
			assertThat(log.restore(GENERATION)).containsAll(acknowledged).doesNotHaveDuplicates();
			assertThat(segments).filteredOn((each) -> !each.isFence())
				.extracting((each) -> each.writer().epoch())
				.isSorted();
			ReplicaLock lock = Objects.requireNonNull(lockFile.read().lock());
			assertThat(lock.epoch()).isGreaterThan(epoch);
			assertThat(owners).filteredOn((each) -> each.owns(lock)).hasSize(1);
			epoch = lock.epoch();
			this.takeovers += owners.stream().mapToInt((each) -> each.takeovers).sum();
			this.fenced += owners.stream().mapToInt((each) -> each.fenced).sum();
		}
	}

	/** Takes over, writes, and takes over again when it is fenced. */
	private static final class Owner implements Callable<Owner> {

		private final Run run = Run.begin("test");

		private final CyclicBarrier start;

		private final LockFile lockFile;

		private final FakeLog log;

		private final List<Integer> acknowledged = new ArrayList<>();

		private int number;

		private long lastOwned;

		private int takeovers;

		private int fenced;

		Owner(Path directory, CyclicBarrier start, int number) {
			this.start = start;
			this.number = number;
			ObjectStore store = new StoreWithoutAnswers(new FileStore(directory, SystemDisk.ownerOnly()));
			this.lockFile = new LockFile(store, Duration.ofSeconds(30), Clock.systemUTC());
			this.log = new FakeLog(store);
		}

		boolean owns(ReplicaLock lock) {
			return this.lastOwned == lock.epoch() && this.run.id().equals(lock.runId());
		}

		@Override
		public Owner call() throws Exception {
			this.start.await(1, TimeUnit.MINUTES);
			TakeoverDriver driver = new TakeoverDriver(this.lockFile, this.log,
					(duration) -> Pause.SLEEP.rest(duration.dividedBy(20)));
			for (int times = 0; times < 3; times++) {
				Takeover.Owned owned = (Takeover.Owned) driver.takeOver(this.run, driver.atOnce(), (found) -> {
				});
				this.takeovers++;
				this.lastOwned = owned.lock().epoch();
				if (write(Ownership.of(owned), owned.next())) {
					break;
				}
				this.fenced++;
			}
			return this;
		}

		/** Returns whether nobody has come between. */
		private boolean write(Ownership.Writing writing, WalPosition from) throws IOException {
			List<Integer> chain = new ArrayList<>(this.log.restore(GENERATION));
			WalPosition at = from;
			for (int i = 0; i < SEGMENTS; i++) {
				List<Integer> numbers = List.of(this.number++);
				Segment segment = new Segment(at, writing.writer(), List.copyOf(chain), numbers);
				if (!stored(segment)) {
					return false;
				}
				this.acknowledged.addAll(numbers);
				chain.addAll(numbers);
				at = (i % 2 == 1) ? new WalPosition(at.generation(), at.index() + 1, 0) : at.at(segment.end());
			}
			return true;
		}

		private boolean stored(Segment segment) {
			while (true) {
				try {
					return this.log.put(segment);
				}
				catch (IOException ex) {
					// no answer: again
				}
			}
		}

	}

	/** Some objects are stored, or not, and nobody is told. */
	private static final class StoreWithoutAnswers extends DelegatingStore {

		private final Random random = new Random();

		private int answered;

		StoreWithoutAnswers(ObjectStore store) {
			super(store);
		}

		private void perhapsLost() throws IOException {
			// Never so often that all tries fail
			if (++this.answered > 12 && this.random.nextInt(8) == 0) {
				this.answered = 0;
				throw new IOException("no answer");
			}
		}

		@Override
		public StoredObject put(NewObject object, ObjectContent content) throws IOException {
			perhapsLost();
			StoredObject stored = super.put(object, content);
			perhapsLost();
			return stored;
		}

	}

}
