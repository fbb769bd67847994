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
@Timeout(120)
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

}
