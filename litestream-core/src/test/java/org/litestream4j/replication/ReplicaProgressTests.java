package org.litestream4j.replication;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.live.ShadowWal;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.observe.LitestreamListener;

import static org.assertj.core.api.Assertions.assertThat;

class ReplicaProgressTests {

	@TempDir
	private Path temp;

	/** What is known refuses to be changed without the lock. */
	@Test
	void whatIsKnownIsForgottenUnderTheLockAndWhatIsShownStays() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			ShadowWal shadow = rig.shadower().shadowWal();
			ReplicaProgress progress = new ReplicaProgress(shadow, health(),
					ReplicaOwner.open("app", "one", LitestreamListener.NONE));
			WalPosition position = shadow.requirePosition();
			Snapshot snapshot = new Snapshot(position.generation(), position.index(), 1, Instant.EPOCH);
			progress.found(position, snapshot);
			assertThat(progress.position()).isEqualTo(position);
			assertThat(progress.newestSnapshot()).isEqualTo(snapshot);
			progress.forget();
			assertThat(progress.position()).isNull();
			assertThat(progress.newestSnapshot()).isNull();
			assertThat(progress.lastPosition()).isEqualTo(position);
			assertThat(progress.lastSnapshot()).isEqualTo(snapshot);
		}
	}

	/** Its snapshot was taken after all that was copied in the one before. */
	@Test
	void aNewerGenerationsSnapshotHoldsWhatWasInTheOneBefore() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			ShadowWal shadow = rig.shadower().shadowWal();
			ReplicaProgress progress = new ReplicaProgress(shadow, health(),
					ReplicaOwner.open("app", "one", LitestreamListener.NONE));
			WalPosition wanted = shadow.requirePosition();
			progress.found(wanted, null);
			assertThat(progress.holds(wanted)).as("without a snapshot").isFalse();
			rig.shadower().startGeneration(GenerationReason.REQUESTED, "a test wants one");
			assertThat(progress.holds(wanted)).as("of a generation that was left").isFalse();
			WalPosition newer = new WalPosition(shadow.requirePosition().generation(), 0, 0);
			progress.found(newer, null);
			assertThat(progress.holds(wanted)).as("without a snapshot of the new one").isFalse();
			progress.snapshotStored(new Snapshot(newer.generation(), 0, 1, Instant.EPOCH));
			assertThat(progress.holds(wanted)).isTrue();
		}
	}

	private static ReplicaHealth health() {
		return new ReplicaHealth("app", "one", "file:///backup", LitestreamListener.NONE, new ReplicaHealth.Look() {
			@Override
			public boolean isAway() {
				return false;
			}

			@Override
			public Optional<String> waiting() {
				return Optional.empty();
			}
		});
	}

}
