package org.litestream4j.replication;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.replication.Rig.Feed;
import org.litestream4j.replication.Rig.Setup;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What happens at the worst moment to what ships.
 */
@Timeout(180)
class ReplicatorFaultTests {

	@TempDir
	private Path temp;

	@Test
	void snapshotThatIsStoredWhileTheListingIsReadIsNotForgotten() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndCopy(2);
			Snapshot stored = new Snapshot(rig.position().generation(), 0, 1, Instant.now());
			feed.client().before((operation) -> {
				if (operation.equals("list segments")) {
					feed.replicator().snapshotStored(stored);
				}
			});
			feed.ship();
			assertThat(feed.replicator().position()).isEqualTo(rig.position());
			assertThat(feed.replicator().newestSnapshot()).isEqualTo(stored);
		}
	}

	@Test
	void snapshotThatIsGoneIsForgottenWhenTheListingIsRead() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.replicator().snapshotStored(new Snapshot(rig.position().generation(), 0, 1, Instant.now()));
			assertThat(feed.replicator().newestSnapshot()).isNotNull();
			feed.client().failNth(1);
			rig.commitAndShip(1);
			feed.ship();
			assertThat(feed.replicator().position()).isEqualTo(rig.position());
			assertThat(feed.replicator().newestSnapshot()).isNull();
		}
	}

	@Test
	void errorIsAFailureAndShippingGoesOn() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndCopy(2);
			feed.client().before((operation) -> {
				throw new NoClassDefFoundError("software/amazon/Missing");
			});
			Repeater.during(feed.replicator(), () -> {
				await(() -> feed.replicator().lastError() != null);
				assertThat(feed.replicator().lastError()).contains("software/amazon/Missing");
				feed.client().heal();
				feed.replicator().hurry();
				await(() -> rig.position().equals(feed.replicator().position()));
			});
		}
	}

	@Test
	void errorOfMaintenanceIsAFailure() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.client().before((operation) -> {
				throw new NoClassDefFoundError("snapshots/Missing");
			});
			feed.maintenance().round();
			assertThat(feed.replicator().lastError()).contains("snapshots/Missing");
			feed.client().heal();
			feed.maintenance().round();
			assertThat(feed.replicator().lastError()).isNull();
			assertThat(feed.replicator().newestSnapshot()).isNotNull();
		}
	}

	@Test
	void errorWhileTheWalIsCopiedIsAFailureAndTheLoopGoesOn() throws Exception {
		AtomicBoolean broken = new AtomicBoolean();
		Clock clock = new Clock() {
			@Override
			public Instant instant() {
				if (broken.getAndSet(false)) {
					throw new NoClassDefFoundError("clock/Missing");
				}
				return Instant.now();
			}

			@Override
			public ZoneId getZone() {
				return ZoneOffset.UTC;
			}

			@Override
			public Clock withZone(ZoneId zone) {
				throw new UnsupportedOperationException();
			}
		};
		try (Rig rig = Rig.start(Setup.in(this.temp).clock(clock))) {
			ReplicationLoop loop = new ReplicationLoop("app", rig.shadower(), java.util.List.of(),
					Duration.ofMillis(20), 1L << 30, clock);
			broken.set(true);
			rig.database().commit();
			Repeater.during(loop, () -> {
				await(() -> !broken.get());
				rig.database().commit();
				long size = Path.of(rig.database().path() + "-wal").toFile().length();
				await(() -> rig.position().offset() == size);
				await(() -> loop.lastError() == null);
			});
		}
	}

	@Test
	void abandoningAGenerationThatIsLeftAlreadyDoesNotHarmTheNextOne() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(1);
			Generation seen = rig.position().generation();
			rig.shadower().startGeneration(GenerationReason.REQUESTED, "somebody asked");
			feed.replicator().abandon(seen);
			assertThat(feed.replicator().isAbandoned()).isFalse();
			feed.settle();
			assertThat(rig.generations()).hasSize(2);
			assertThat(feed.replicator().position()).isEqualTo(rig.position());
		}
	}

	private static void await(BooleanSupplier condition) throws InterruptedException {
		while (!condition.getAsBoolean()) {
			TimeUnit.MILLISECONDS.sleep(5);
		}
	}

}
