package org.litestream4j.replication;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.BackupFormat;
import org.litestream4j.LitestreamRestore;
import org.litestream4j.LtxOptions;
import org.litestream4j.Replica;
import org.litestream4j.RestoreRequest;
import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.ltx.LtxFormat;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.lease.Answer;
import org.litestream4j.lease.LockFile;
import org.litestream4j.lease.ReplicaLock;
import org.litestream4j.lease.Request;
import org.litestream4j.lease.Run;
import org.litestream4j.lease.Takeover;
import org.litestream4j.live.DatabaseView;
import org.litestream4j.live.LocalLog;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoredObject;
import org.litestream4j.testing.DelegatingStore;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * What may happen around the file with which an LTX replica begins, or begins again: it
 * is stored by another thread than all that follows it.
 */
@Timeout(value = 1, unit = TimeUnit.MINUTES)
class LtxBeginningTests {

	private static final Duration LONG = Duration.ofHours(24);

	@TempDir
	private Path directory;

	private final LtxFormat format = LtxFormat.of(LtxOptions.DEFAULTS);

	private final Run run = Run.begin("host:1");

	private boolean lockFileIsAway;

	private Rig.Feed feed(Rig rig) {
		return rig.replica("replica", LONG, (store) -> store, this.format);
	}

	private int restored(Path replica) throws Exception {
		Path output = this.directory.resolve("restored-" + System.nanoTime());
		new LitestreamRestore("app",
				List.of(new Replica("replica", new FileStore(replica, SystemDisk.ownerOnly()),
						Replica.Options.builder().format(BackupFormat.LTX).build())),
				LitestreamListener.NONE)
			.restore(RestoreRequest.latest(output));
		return TestDatabase.entriesIn(output);
	}

	@Test
	void requestThatFailsBeforeTheReplicaBeginsIsTriedAgain() throws Exception {
		try (Rig rig = Rig.start(this.directory)) {
			Owned owned = owned(rig, (store) -> store);
			this.lockFileIsAway = true; // after the listing was read
			rig.commitAndCopy(3);
			owned.replicator().round();
			assertThat(owned.replicator().lastError()).contains("503");
			this.lockFileIsAway = false;
			rig.commitAndCopy(1);
			owned.replicator().round();
			assertThat(owned.replicator().position()).isNotNull();
			owned.snapshots().takeFirst();
			owned.replicator().round();
			assertThat(owned.replicator().position()).isEqualTo(rig.position());
		}
		assertThat(restored(this.directory.resolve("replica"))).isEqualTo(4);
	}

	@Test
	void generationThatIsLeftBeforeTheReplicaBeginsIsNotWaitedFor() throws Exception {
		try (Rig rig = Rig.start(this.directory)) {
			Rig.Feed feed = feed(rig);
			rig.commitAndCopy(3);
			feed.ship();
			leaveGeneration(rig);
			feed.ship();
			feed.maintenance().round();
			feed.settle();
			assertThat(feed.replicator().position()).isEqualTo(rig.position());
		}
	}

	private static void leaveGeneration(Rig rig) throws Exception {
		rig.shadower().leaveGeneration(rig.position().generation(), GenerationReason.REPLICA_DIVERGED, "a test");
		rig.commitAndCopy(1);
	}

	@Test
	void nothingIsShippedBusilyBeforeTheReplicaBegins() throws Exception {
		try (Rig rig = Rig.start(this.directory)) {
			Rig.Feed feed = feed(rig);
			rig.commitAndCopy(3);
			assertThat(feed.replicator().dueIn()).isLessThanOrEqualTo(0);
			feed.ship();
			assertThat(feed.replicator().dueIn()).isEqualTo(RepeatedWork.WHEN_WOKEN);
			feed.maintenance().round();
			assertThat(feed.replicator().dueIn()).isNotEqualTo(RepeatedWork.WHEN_WOKEN);
			feed.settle();
			assertThat(feed.replicator().position()).isEqualTo(rig.position());
		}
	}

	@Test
	void replicaThatBeginsInALaterGenerationThanItWasListedForIsOfThat() throws Exception {
		try (Rig rig = Rig.start(this.directory)) {
			Rig.Feed feed = feed(rig);
			rig.commitAndCopy(3);
			feed.ship();
			leaveGeneration(rig);
			try (DatabaseView view = rig.shadower().openView(-1)) {
				feed.replicator().begin(view, new Unwatched());
			}
			rig.commitAndShip(1);
			assertThat(feed.replicator().position()).isEqualTo(rig.position());
			assertThat(feed.replicator().log().generation()).isEqualTo(rig.position().generation());
		}
	}

	/** No restore comes to the file that begins it again but through its snapshot. */
	@Test
	void whatFollowsAHoleIsHeldOnlyOnceItsSnapshotIsThere() throws Exception {
		try (Rig rig = Rig.start(this.directory)) {
			Rig.Feed feed = feed(rig);
			rig.commitAndCopy(1);
			feed.settle();
			rig.commitAndShip(1);
			rig.commitAndShip(1);
		}
		Files.delete(this.directory.resolve("replica/ltx/0/0000000000000002-0000000000000002.ltx"));
		try (Rig rig = Rig.start(this.directory)) {
			Rig.Feed feed = feed(rig);
			boolean[] full = { true };
			feed.client().before((operation) -> {
				if (full[0] && operation.contains("ltx/9/") && operation.startsWith("write")) {
					throw new IOException("503");
				}
			});
			rig.commitAndCopy(1);
			WalPosition committed = rig.position();
			feed.ship();
			feed.maintenance().round();
			feed.ship();
			assertThat(feed.replicator().holds(committed)).isFalse();
			assertThat(feed.replicator().lastError()).contains("503");
			full[0] = false;
			feed.ship();
			new SnapshotTaker(feed.replicator(), rig.shadower(), LitestreamListener.NONE).takeFirst();
			feed.ship();
			assertThat(feed.replicator().holds(committed)).isTrue();
			assertThat(restored(feed.directory())).isEqualTo(4);
		}
	}

	/** Its own file is nobody else's, whatever it holds. */
	@Test
	void beginningWhoseAnswerIsLostAndThatTakesEffectLateIsGoneOnFrom() throws Exception {
		Late[] late = new Late[1];
		Path meta = Files.createDirectories(this.directory.resolve("meta"));
		LocalLog.read(SystemDisk.ownerOnly(), meta).beginRun(this.run.id());
		try (Rig rig = Rig.start(this.directory)) {
			Owned owned = owned(rig, (store) -> late[0] = new Late(store));
			rig.commitAndCopy(3);
			owned.replicator().round();
			assertThatIOException().isThrownBy(owned.snapshots()::takeFirst).withMessageContaining("no answer");
			rig.commitAndCopy(2);
			owned.replicator().round(); // lists a replica that lacks it
			assertThat(owned.replicator().lastError()).isNull();
			late[0].takeEffect();
			assertThatIOException().isThrownBy(owned.snapshots()::takeFirst)
				.withMessageContaining("was stored by an earlier request");
			assertThat(owned.replicator().owner().isLost()).isFalse();
			owned.replicator().round();
			assertThat(owned.replicator().lastError()).isNull();
			owned.snapshots().takeFirst();
			rig.commitAndCopy(1);
			owned.replicator().round();
			assertThat(owned.replicator().position()).isEqualTo(rig.position());
		}
		assertThat(restored(this.directory.resolve("replica"))).isEqualTo(6);
	}

	/** A replica that has one writer at a time. */
	private record Owned(Replicator replicator, SnapshotTaker snapshots) {
	}

	private Owned owned(Rig rig, UnaryOperator<ObjectStore> wrapped) throws IOException {
		FileStore files = new FileStore(this.directory.resolve("replica"), SystemDisk.ownerOnly());
		ObjectStore store = wrapped.apply(files);
		LockFile lockFile = new LockFile(files, Duration.ofDays(1), Clock.systemUTC());
		ReplicaLock claim = new ReplicaLock(1, this.run.id(), "host:1", null, null, 0, null, false);
		String tag = ((Answer.Stored) lockFile.write(null, claim)).tag();
		ReplicaOwner owner = ReplicaOwner.of("app", "replica", LitestreamListener.NONE, new ReplicaOwner.Claiming() {

			@Override
			public @Nullable Takeover claim(@Nullable Generation written) {
				throw new AssertionError("it is claimed");
			}

			@Override
			public Answer ask(Request request) throws IOException {
				if (LtxBeginningTests.this.lockFileIsAway && request instanceof Request.ReadLock) {
					throw new IOException("503");
				}
				return lockFile.answer(request);
			}

		}, new Takeover.Empty(this.run, claim, tag));
		ReplicatorOptions options = new ReplicatorOptions("app", "replica", Duration.ofMillis(1), LONG, LONG,
				Duration.ofHours(1));
		Clock clock = Clock.systemUTC();
		Replicator replicator = new Replicator(
				options, store, this.format, rig.shadower(), LitestreamListener.NONE, clock, clock, ReplicaNotes
					.of(SystemDisk.ownerOnly(), this.directory.resolve("meta"), "replica", store.url(), this.run.id()),
				owner);
		return new Owned(replicator, new SnapshotTaker(replicator, rig.shadower(), LitestreamListener.NONE));
	}

	private static final class Unwatched implements ReplicaLog.SnapshotWatch {

		@Override
		public OutputStream watch(OutputStream out) {
			return out;
		}

		@Override
		public void requireStillWanted() {
			// always
		}

	}

	/** Carries its first request out when it is told to, and does not answer it. */
	private static final class Late extends DelegatingStore {

		@Nullable private NewObject object;

		private byte[] content = {};

		Late(ObjectStore store) {
			super(store);
		}

		@Override
		public StoredObject put(NewObject wanted, ObjectContent written) throws IOException {
			if (this.object != null) {
				return super.put(wanted, written);
			}
			this.object = wanted;
			ByteArrayOutputStream bytes = new ByteArrayOutputStream();
			written.writeTo(bytes);
			this.content = bytes.toByteArray();
			throw new IOException("no answer");
		}

		void takeEffect() throws IOException {
			super.put(Objects.requireNonNull(this.object), (out) -> out.write(this.content));
		}

	}

}
