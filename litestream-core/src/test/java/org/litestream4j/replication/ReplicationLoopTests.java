package org.litestream4j.replication;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.replication.Rig.Feed;
import org.litestream4j.replication.Rig.Setup;
import org.litestream4j.testing.CapturedLog;
import org.litestream4j.testing.DelegatingDisk;
import org.litestream4j.testing.StubbornDisk;

import static org.assertj.core.api.Assertions.assertThat;

@Timeout(180)
class ReplicationLoopTests {

	private static final long MILLISECOND = TimeUnit.MILLISECONDS.toNanos(1);

	private static final long MOST = 300_000;

	/** More than one index is deleted at the next look only. */
	private static final long SLACK = 100_000;

	@TempDir
	private Path temp;

	@Test
	void whatEveryReplicaHasIsDeleted() throws Exception {
		try (Rig rig = Rig.start(Setup.in(this.temp).rollingAlways())) {
			Feed feed = rig.replica("one");
			ReplicationLoop loop = rig.loop(MOST);
			for (int i = 0; i < 20; i++) {
				rig.database().commits(2);
				loop.step();
				feed.settle();
			}
			loop.step();
			assertThat(rig.position().index()).isGreaterThan(15);
			assertThat(rig.shadower().shadowWal().oldestIndex()).isEqualTo(rig.position().index());
			assertThat(feed.entries(this.temp)).contains(40);
		}
	}

	@Test
	void whatIsDeletedBesideTheCopyingDoesNotHoldItUp() throws Exception {
		SlowlyDeletingDisk disk = new SlowlyDeletingDisk();
		try (Rig rig = Rig.start(Setup.in(this.temp).disk(disk).rollingAlways())) {
			Feed feed = rig.replica("one");
			ReplicationLoop loop = rig.loop(MOST);
			RepeatedWork trim = loop.trim();
			CountDownLatch wanted = new CountDownLatch(1);
			trim.wakenBy(wanted::countDown);
			assertThat(trim.dueIn()).isEqualTo(RepeatedWork.WHEN_WOKEN);
			work(rig, loop, 3, feed);
			assertThat(wanted.getCount()).isZero();
			assertThat(trim.dueIn()).isZero();
			Thread trimming = new Thread(() -> {
				try {
					trim.work();
				}
				catch (InterruptedException ex) {
					throw new IllegalStateException(ex);
				}
			});
			disk.hold(trimming);
			trimming.start();
			disk.awaitDeletion();
			work(rig, loop, 3, feed); // while the file system deletes
			assertThat(feed.entries(this.temp)).contains(rig.database().committed());
			disk.go();
			trimming.join();
			loop.step();
			trim.work();
			assertThat(rig.shadower().shadowWal().oldestIndex()).isEqualTo(rig.position().index());
			assertThat(trim.dueIn()).isEqualTo(RepeatedWork.WHEN_WOKEN);
		}
	}

	/** Deletes nothing for one thread until it is told to. */
	private static final class SlowlyDeletingDisk extends DelegatingDisk {

		private final CountDownLatch begun = new CountDownLatch(1);

		private final CountDownLatch released = new CountDownLatch(1);

		private volatile @Nullable Thread held;

		@Override
		protected void beforeDelete(Path path) throws IOException {
			if (Thread.currentThread() == this.held) {
				this.begun.countDown();
				try {
					this.released.await();
				}
				catch (InterruptedException ex) {
					throw new IOException(ex);
				}
			}
		}

		void hold(Thread thread) {
			this.held = thread;
		}

		void awaitDeletion() throws InterruptedException {
			this.begun.await();
		}

		void go() {
			this.released.countDown();
		}

	}

	@Test
	void replicationGoesOnWhileNothingCanBeDeleted() throws Exception {
		StubbornDisk disk = new StubbornDisk();
		try (Rig rig = Rig.start(Setup.in(this.temp).disk(disk).rollingAlways());
				CapturedLog log = CapturedLog.begin()) {
			Feed feed = rig.replica("one");
			ReplicationLoop loop = rig.loop(MOST);
			disk.keepFiles();
			work(rig, loop, 20, feed);
			assertThat(loop.lastError()).isNull();
			assertThat(feed.entries(this.temp)).contains(rig.database().committed());
			assertThat(rig.shadower().shadowWal().oldestIndex()).isZero();
			assertThat(log.warnings()).singleElement()
				.asString()
				.contains("cannot be deleted from the meta directory", "Operation not permitted");
			disk.obey();
			loop.step();
			assertThat(rig.shadower().shadowWal().oldestIndex()).isEqualTo(rig.position().index());
		}
	}

	@Test
	void replicaThatIsAwayTooLongIsGivenUpAndGetsANewGenerationWhenItIsBack() throws Exception {
		try (Rig rig = Rig.start(Setup.in(this.temp).rollingAlways()); CapturedLog log = CapturedLog.begin()) {
			Feed good = rig.replica("good");
			Feed bad = rig.replica("bad");
			ReplicationLoop loop = rig.loop(MOST);
			work(rig, loop, 3, good, bad);
			int reached = rig.database().committed();
			bad.client().fail();
			long largest = 0;
			for (int i = 0; i < 30; i++) {
				work(rig, loop, 3, good, bad);
				largest = Math.max(largest, rig.shadower().shadowWal().size());
			}
			assertThat(largest).isBetween(MOST / 2, MOST + SLACK);
			assertThat(rig.shadower().shadowWal().size()).isLessThan(MOST);
			assertThat(bad.replicator().isAbandoned()).isTrue();
			assertThat(bad.replicator().lastError()).isNotNull();
			assertThat(good.replicator().isAbandoned()).isFalse();
			assertThat(good.entries(this.temp)).contains(rig.database().committed());
			assertThat(bad.entries(this.temp)).contains(reached);
			assertThat(log.warnings()).filteredOn((warning) -> warning.contains("max-shadow-wal-size"))
				.singleElement()
				.asString()
				.contains("'bad'");
			assertThat(rig.generations()).hasSize(1);

			bad.client().heal();
			bad.settle();
			bad.settle();
			good.settle();
			assertThat(rig.generations()).hasSize(2);
			assertThat(rig.generations().get(1).reason()).isEqualTo(GenerationReason.REPLICA_TOO_FAR_BEHIND);
			assertThat(bad.replicator().lastError()).isNull();
			work(rig, loop, 3, good, bad);
			assertThat(bad.entries(this.temp)).contains(rig.database().committed());
			assertThat(good.entries(this.temp)).contains(rig.database().committed());
			assertThat(rig.generations()).hasSize(2);
		}
	}

	@Test
	void boundHoldsWithinOneIndexToo() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			ReplicationLoop loop = rig.loop(MOST);
			work(rig, loop, 3, feed);
			int reached = rig.database().committed();
			feed.client().fail();
			for (int i = 0; i < 60; i++) {
				work(rig, loop, 1, feed);
				assertThat(rig.shadower().shadowWal().size()).isLessThan(MOST + SLACK);
			}
			assertThat(feed.replicator().isAbandoned()).isTrue();
			assertThat(feed.entries(this.temp)).contains(reached);
			assertThat(rig.generations()).hasSize(1);
			feed.client().heal();
			feed.settle();
			feed.settle();
			work(rig, loop, 1, feed);
			assertThat(rig.generations()).hasSize(2);
			assertThat(feed.entries(this.temp)).contains(rig.database().committed());
		}
	}

	@Test
	void replicaThatCanBeListedButNotWrittenCostsTheOthersOneGenerationNotOneEachTimeTheBufferIsFull()
			throws Exception {
		try (Rig rig = Rig.start(Setup.in(this.temp).rollingAlways())) {
			Feed good = rig.replica("good");
			Feed bad = rig.replica("bad");
			ReplicationLoop loop = rig.loop(MOST);
			work(rig, loop, 3, good, bad);
			bad.client().before((operation) -> {
				if (operation.startsWith("write ")) {
					throw new IOException("read-only");
				}
			});
			int abandoned = 0;
			for (int i = 0; i < 40; i++) {
				work(rig, loop, 3, good);
				abandoned += bad.replicator().isAbandoned() ? 1 : 0;
				bad.ship();
				assertThat(rig.shadower().shadowWal().size()).isLessThan(MOST + SLACK);
			}
			assertThat(abandoned).as("times that it was tried in vain").isGreaterThan(5);
			assertThat(rig.generations()).hasSize(2);
			assertThat(bad.replicator().lastError()).contains("read-only");
			assertThat(good.entries(this.temp)).contains(rig.database().committed());

			bad.client().heal();
			bad.settle();
			bad.settle();
			assertThat(bad.replicator().isAbandoned()).isFalse();
			assertThat(bad.replicator().lastError()).isNull();
			work(rig, loop, 3, good, bad);
			assertThat(rig.generations()).hasSize(2);
			assertThat(bad.entries(this.temp)).contains(rig.database().committed());
		}
	}

	@Test
	void replicaThatHangsIsGivenUpToo() throws Exception {
		CountDownLatch released = new CountDownLatch(1);
		try (Rig rig = Rig.start(Setup.in(this.temp).rollingAlways())) {
			Feed feed = rig.replica("one");
			ReplicationLoop loop = rig.loop(MOST);
			work(rig, loop, 3, feed);
			feed.client().hangUntil(released);
			rig.database().commit();
			loop.step();
			Thread hanging = new Thread(feed::ship);
			hanging.start();
			for (int i = 0; i < 30; i++) {
				work(rig, loop, 3);
				assertThat(rig.shadower().shadowWal().size()).isLessThan(MOST + SLACK);
			}
			assertThat(feed.replicator().isAbandoned()).isTrue();
			feed.client().heal();
			released.countDown();
			hanging.join();
			feed.settle();
			feed.settle();
			assertThat(rig.generations()).hasSize(2);
			assertThat(feed.entries(this.temp)).contains(rig.database().committed());
		}
		finally {
			released.countDown();
		}
	}

	@Test
	void healthyReplicaIsNotGivenUpBecauseOneIndexIsLarge() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			ReplicationLoop loop = rig.loop(MOST);
			for (int i = 0; i < 10; i++) {
				rig.database().commit(50_000);
				loop.step();
				feed.settle();
			}
			assertThat(rig.shadower().shadowWal().size()).isGreaterThan(2 * MOST);
			loop.step();
			assertThat(feed.replicator().isAbandoned()).isFalse();
			assertThat(rig.generations()).hasSize(1);
		}
	}

	@Test
	void commitsAreCopiedInBatchesWhileNoReplicaIsReadyForThem() {
		assertThat(ReplicationLoop.copyIn(0, MILLISECOND / 4, RepeatedWork.WHEN_WOKEN)).isEqualTo(20 * MILLISECOND);
		assertThat(ReplicationLoop.copyIn(0, MILLISECOND / 4, 1000 * MILLISECOND)).isEqualTo(20 * MILLISECOND);
		assertThat(ReplicationLoop.copyIn(15 * MILLISECOND, MILLISECOND / 4, 1000 * MILLISECOND))
			.isEqualTo(5 * MILLISECOND);
		assertThat(ReplicationLoop.copyIn(20 * MILLISECOND, 5 * MILLISECOND, 1000 * MILLISECOND)).isNotPositive();
	}

	@Test
	void commitIsCopiedAsSoonAsAReplicaIsReadyForItUnlessThatWouldTakeMuchOfAProcessor() {
		assertThat(ReplicationLoop.copyIn(4 * MILLISECOND, MILLISECOND / 4, 0)).isNotPositive();
		assertThat(ReplicationLoop.copyIn(4 * MILLISECOND, MILLISECOND / 4, 3 * MILLISECOND))
			.isEqualTo(3 * MILLISECOND);
		assertThat(ReplicationLoop.copyIn(MILLISECOND, MILLISECOND / 4, 0)).isEqualTo(MILLISECOND);
		assertThat(ReplicationLoop.copyIn(0, 3 * MILLISECOND, 0)).isEqualTo(20 * MILLISECOND);
	}

	@Test
	void replicaThatHasShippedEverythingHasTheLoopLookAgainIfCommitsWait() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			ReplicationLoop loop = rig.loop(MOST);
			AtomicInteger woken = new AtomicInteger();
			loop.wakenBy(woken::incrementAndGet);
			work(rig, loop, 1, feed);
			rig.database().commit();
			loop.step();
			assertThat(feed.replicator().readyIn()).isEqualTo(RepeatedWork.WHEN_WOKEN);
			workWhenDue(feed);
			assertThat(feed.replicator().readyIn()).isLessThanOrEqualTo(MILLISECOND);
			assertThat(woken).as("nothing was committed since").hasValue(0);

			rig.database().commit();
			loop.step();
			rig.database().commit();
			loop.changed();
			assertThat(woken).hasValue(1);
			workWhenDue(feed);
			assertThat(woken).hasValue(2);
		}
	}

	/** The interval is a millisecond. */
	private static void workWhenDue(Feed feed) throws InterruptedException {
		for (long left = feed.replicator().dueIn(); left > 0; left = feed.replicator().dueIn()) {
			TimeUnit.NANOSECONDS.sleep(left);
		}
		feed.replicator().work();
	}

	private static void work(Rig rig, ReplicationLoop loop, int commits, Feed... feeds) throws Exception {
		for (int i = 0; i < commits; i++) {
			rig.database().commit();
			loop.step();
			for (Feed feed : feeds) {
				feed.settle();
			}
		}
	}

}
