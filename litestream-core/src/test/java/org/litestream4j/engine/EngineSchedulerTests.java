package org.litestream4j.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

import ch.qos.logback.classic.Level;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.litestream4j.replication.RepeatedWork;
import org.litestream4j.testing.CapturedLog;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link EngineScheduler} and its pools.
 */
@Timeout(180)
class EngineSchedulerTests {

	private static final int MOST = 8;

	private final EngineScheduler scheduler = new EngineScheduler(MOST, MOST, MOST);

	private final WorkerPool pool = new WorkerPool("test-" + System.identityHashCode(this), MOST, true);

	private final List<ScheduledTask> tasks = new ArrayList<>();

	private final CountDownLatch released = new CountDownLatch(1);

	@AfterEach
	void stopAll() throws InterruptedException {
		this.released.countDown();
		this.tasks.forEach(ScheduledTask::stop);
		for (ScheduledTask task : this.tasks) {
			task.awaitEnd();
		}
	}

	private TestWork add(Object store, TestWork.Body body) {
		TestWork work = new TestWork(body);
		this.tasks.add(this.pool.add(work, store, null, null));
		return work;
	}

	private TestWork hanging(Object store) {
		TestWork work = add(store, this.released::await);
		work.request();
		return work;
	}

	private static void await(BooleanSupplier condition) {
		while (!condition.getAsBoolean()) {
			Thread.onSpinWait();
		}
	}

	private long threads() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.getName()
				.startsWith("litestream-test-%d-".formatted(System.identityHashCode(this))))
			.count();
	}

	@Test
	void noSignalIsLostAndNoTaskRunsTwiceAtATime() throws Exception {
		int signals = 20_000;
		List<TestWork> works = new ArrayList<>();
		List<AtomicInteger> signalled = new ArrayList<>();
		List<AtomicInteger> seen = new ArrayList<>();
		for (int i = 0; i < 20; i++) {
			AtomicInteger sent = new AtomicInteger();
			AtomicInteger got = new AtomicInteger();
			signalled.add(sent);
			seen.add(got);
			works.add(add("store", () -> got.set(sent.get())));
		}
		List<Thread> threads = new ArrayList<>();
		for (int t = 0; t < 4; t++) {
			int first = t;
			threads.add(new Thread(() -> {
				for (int i = 0; i < signals; i++) {
					int task = (first + i) % works.size();
					signalled.get(task).incrementAndGet();
					works.get(task).request();
				}
			}));
		}
		threads.forEach(Thread::start);
		for (Thread thread : threads) {
			thread.join();
		}
		for (int i = 0; i < works.size(); i++) {
			int task = i;
			await(() -> seen.get(task).get() == signalled.get(task).get());
		}
		assertThat(works).noneMatch(TestWork::hasOverlapped);
		assertThat(threads()).isLessThanOrEqualTo(MOST);
	}

	@Test
	void signalDuringARunMeansAnotherRun() throws Exception {
		Semaphore go = new Semaphore(0);
		TestWork work = add("store", go::acquire);
		work.request();
		await(work::isRunning);
		work.request();
		go.release();
		await(() -> work.done() == 1);
		await(work::isRunning);
		go.release();
		await(() -> work.done() == 2);
	}

	@Test
	void workIsDoneAgainWhenItsTimeHasComeAlsoWhileAllOthersWaitLonger() {
		AtomicInteger often = new AtomicInteger();
		this.tasks.add(this.pool.add(new Timed(Duration.ofHours(1), () -> {
		}), "one", null, null));
		this.tasks.add(this.pool.add(new Timed(Duration.ofMillis(5), often::incrementAndGet), "two", null, null));
		this.tasks.add(this.pool.add(new Timed(Duration.ofMillis(250), often::incrementAndGet), "three", null, null));
		await(() -> often.get() > 20);
	}

	@Test
	void timeThatComesWhileAnotherTaskRunsIsNotMissed() {
		AtomicInteger often = new AtomicInteger();
		this.tasks.add(this.pool.add(new Timed(Duration.ofMillis(20), often::incrementAndGet), "one", null, null));
		for (int i = 0; i < 3; i++) {
			hanging("two");
			int before = often.get();
			await(() -> often.get() > before + 3);
		}
	}

	@Test
	void errorIsLoggedAndTheWorkGoesOn() {
		AtomicBoolean broken = new AtomicBoolean(true);
		try (CapturedLog log = CapturedLog.begin()) {
			TestWork work = add("store", () -> {
				if (broken.get()) {
					throw new NoClassDefFoundError("some/Missing");
				}
			});
			TestWork other = add("store", () -> {
			});
			work.request();
			await(() -> work.done() == 1);
			other.request();
			await(() -> other.done() == 1);
			broken.set(false);
			work.request();
			await(() -> work.done() == 2);
			assertThat(log.messages(Level.ERROR)).singleElement().asString().contains("the work goes on");
		}
	}

	@Test
	void storeThatHangsLeavesHalfOfTheWorkers() {
		List<TestWork> hung = new ArrayList<>();
		for (int i = 0; i < 100; i++) {
			hung.add(hanging("hung"));
		}
		await(() -> hung.stream().filter(TestWork::isRunning).count() == MOST / 2);
		List<TestWork> good = new ArrayList<>();
		for (int i = 0; i < 100; i++) {
			good.add(add("good", () -> {
			}));
		}
		good.forEach(TestWork::request);
		good.forEach((work) -> await(() -> work.done() == 1));
		assertThat(hung.stream().filter(TestWork::isRunning)).hasSize(MOST / 2);
	}

	@Test
	void severalStoresThatHangLeaveAWorker() {
		for (int store = 0; store < 3; store++) {
			List<TestWork> hung = new ArrayList<>();
			for (int i = 0; i < 20; i++) {
				hung.add(hanging("hung " + store));
			}
			await(() -> hung.stream().anyMatch(TestWork::isRunning));
		}
		TestWork good = add("good", () -> {
		});
		for (int i = 1; i <= 100; i++) {
			int times = i;
			good.request();
			await(() -> good.done() == times);
		}
	}

	@Test
	void threadsAreFewWhateverTheNumberOfTasksAndEndWithThem() throws Exception {
		long most = 0;
		List<TestWork> works = new ArrayList<>();
		for (int i = 0; i < 1000; i++) {
			works.add(add("store " + i % 7, () -> {
			}));
		}
		for (int round = 1; round <= 5; round++) {
			int times = round;
			works.forEach(TestWork::request);
			works.forEach((work) -> await(() -> work.done() >= times));
			most = Math.max(most, threads());
		}
		assertThat(most).isBetween(1L, (long) MOST);
		stopAll();
		await(() -> threads() == 0);
	}

	@Test
	void stopWaitsForWhatRunsAndLetsNothingBegin() throws Exception {
		Semaphore go = new Semaphore(0);
		TestWork work = add("store", go::acquire);
		ScheduledTask task = this.tasks.get(0);
		work.request();
		await(work::isRunning);
		task.stop();
		assertThat(task.awaitEnd(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(10))).isFalse();
		work.request();
		go.release(2);
		task.awaitEnd();
		assertThat(work.isRunning()).isFalse();
		assertThat(work.done()).isEqualTo(1);
		task.stop();
		work.request();
		TestWork other = add("store", () -> {
		});
		other.request();
		await(() -> other.done() == 1);
		assertThat(work.done()).isEqualTo(1);
	}

	@Test
	void whatIsLeftBehindTakesNobodysPlace() throws Exception {
		WorkerPool one = new WorkerPool("left-behind", 1, true);
		for (int i = 0; i < 3; i++) {
			TestWork hung = new TestWork(this.released::await);
			ScheduledTask task = one.add(hung, "store", null, null);
			this.tasks.add(task);
			hung.request();
			await(hung::isRunning);
			task.stop();
			assertThat(task.awaitEnd(System.nanoTime())).isFalse();
		}
		TestWork next = new TestWork(() -> {
		});
		this.tasks.add(one.add(next, "store", null, null));
		next.request();
		await(() -> next.done() == 1);
	}

	@Test
	void taskThatStopsItselfDoesNotWaitForItself() {
		AtomicReference<@Nullable ScheduledTask> self = new AtomicReference<>();
		TestWork work = new TestWork(() -> {
			ScheduledTask task = self.get();
			if (task != null) {
				task.stop();
				task.awaitEnd();
			}
		});
		self.set(this.pool.add(work, "store", null, null));
		work.request();
		await(() -> work.done() == 1);
	}

	@Test
	void interruptReachesTheTaskThatRunsAndNoOther() throws Exception {
		AtomicInteger interrupted = new AtomicInteger();
		AtomicBoolean astray = new AtomicBoolean();
		TestWork ended = add("store", () -> {
			try {
				this.released.await();
			}
			catch (InterruptedException ex) {
				interrupted.incrementAndGet();
			}
		});
		ScheduledTask task = this.tasks.get(0);
		List<TestWork> others = new ArrayList<>();
		for (int i = 0; i < 2 * MOST; i++) {
			others.add(add("store", () -> {
				if (Thread.currentThread().isInterrupted()) {
					astray.set(true);
				}
			}));
		}
		for (int i = 1; i <= 200; i++) {
			int times = i;
			ended.request();
			others.forEach(TestWork::request);
			while (ended.done() < times) {
				task.interrupt();
			}
		}
		assertThat(interrupted.get()).isEqualTo(200);
		others.forEach((work) -> await(() -> work.done() > 0));
		assertThat(astray).isFalse();
	}

	@Test
	void heavyJobsOfADatabaseRunOneAfterTheOtherAndThoseOfOthersMeanwhile() {
		Turn turn = new Turn();
		Semaphore go = new Semaphore(0);
		TestWork first = new TestWork(go::acquire);
		TestWork second = new TestWork(() -> {
		});
		TestWork other = new TestWork(() -> {
		});
		this.tasks.add(this.scheduler.maintain(first, "one", turn, "first"));
		this.tasks.add(this.scheduler.maintain(second, "two", turn, "second"));
		this.tasks.add(this.scheduler.maintain(other, "two", new Turn(), "other"));
		first.request();
		await(first::isRunning);
		second.request();
		other.request();
		await(() -> other.done() == 1);
		assertThat(second.done()).isZero();
		go.release();
		await(() -> second.done() == 1);
	}

	@Test
	void kindsOfWorkDoNotWaitForEachOther() {
		for (int i = 0; i < 100; i++) {
			TestWork hung = new TestWork(this.released::await);
			this.tasks.add(this.scheduler.ship(hung, "store " + i, "hung"));
			hung.request();
			TestWork heavy = new TestWork(this.released::await);
			this.tasks.add(this.scheduler.maintain(heavy, "store " + i, new Turn(), "heavy"));
			heavy.request();
		}
		TestWork copying = new TestWork(() -> {
		});
		this.tasks.add(this.scheduler.copy(copying));
		for (int i = 1; i <= 100; i++) {
			int times = i;
			copying.request();
			await(() -> copying.done() == times);
		}
	}

	/** Work that is due again after a time. */
	private static final class Timed implements RepeatedWork {

		private final long spacing;

		private final Runnable body;

		private volatile long last = System.nanoTime();

		Timed(Duration spacing, Runnable body) {
			this.spacing = spacing.toNanos();
			this.body = body;
		}

		@Override
		public void work() {
			this.last = System.nanoTime();
			this.body.run();
		}

		@Override
		public long dueIn() {
			return this.spacing - (System.nanoTime() - this.last);
		}

		@Override
		public void wakenBy(Runnable waker) {
			// only time makes it due
		}

	}

}
