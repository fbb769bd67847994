package org.litestream4j.replication;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.replication.Rig.Feed;
import org.litestream4j.replication.Rig.Setup;
import org.litestream4j.testing.CapturedLog;
import org.litestream4j.testing.StubbornDisk;

import static org.assertj.core.api.Assertions.assertThat;

@Timeout(120)
class ReplicationLoopTests {

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
