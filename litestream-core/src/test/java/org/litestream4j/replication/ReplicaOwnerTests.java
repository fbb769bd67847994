package org.litestream4j.replication;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.lease.Answer;
import org.litestream4j.lease.Catalog;
import org.litestream4j.lease.LockFile;
import org.litestream4j.lease.ReplicaLock;
import org.litestream4j.lease.Request;
import org.litestream4j.lease.Run;
import org.litestream4j.lease.Takeover;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class ReplicaOwnerTests {

	private static final Duration DAY = Duration.ofDays(1);

	private static final Generation GENERATION = new Generation("0123456789abcdef");

	private final Run run = Run.begin("host:1");

	private final ReplicaLock mine = new ReplicaLock(3, this.run.id(), "host:1", GENERATION, null, 0, null, false);

	private final List<Request> asked = new ArrayList<>();

	@TempDir
	private Path temp;

	private LockFile lockFile;

	private ReplicaOwner owner;

	@BeforeEach
	void takeOver() throws IOException {
		this.lockFile = new LockFile(new FileStore(this.temp.resolve("replica"), SystemDisk.ownerOnly()), DAY,
				Clock.systemUTC());
		String tag = ((Answer.Stored) this.lockFile.write(null, this.mine)).tag();
		WalPosition end = new WalPosition(GENERATION, 4, 4152);
		Takeover taken = new Takeover.Owned(this.run, this.mine, tag, new Catalog.Log(GENERATION, true, end, false),
				new WalPosition(GENERATION, 6, 0));
		this.owner = ReplicaOwner.of("app", "one", LitestreamListener.NONE, new Store(), taken);
		this.owner.inherits(GENERATION);
	}

	private final class Store implements ReplicaOwner.Claiming {

		@Override
		public @Nullable Takeover claim(@Nullable Generation written) {
			throw new AssertionError("is not to be claimed");
		}

		@Override
		public Answer ask(Request request) throws IOException {
			ReplicaOwnerTests.this.asked.add(request);
			return ReplicaOwnerTests.this.lockFile.answer(request);
		}

	}

	private void overtake() throws IOException {
		Answer.LockIs now = this.lockFile.read();
		ReplicaLock known = Objects.requireNonNull(now.lock());
		this.lockFile.write(now.tag(), new ReplicaLock(known.epoch() + 1, Run.begin("host:2").id(), "host:2",
				known.current(), null, 0, null, false));
	}

	/** An owner of a replica that holds nothing yet. */
	private ReplicaOwner ownerOfNothing() throws IOException {
		ReplicaLock claim = new ReplicaLock(4, this.run.id(), "host:1", null, null, 0, null, false);
		String tag = ((Answer.Stored) this.lockFile.write(this.lockFile.read().tag(), claim)).tag();
		return ReplicaOwner.of("app", "one", LitestreamListener.NONE, new Store(),
				new Takeover.Empty(this.run, claim, tag));
	}

	@Test
	void replicaWithoutAnythingIsKeptAndBegunToo() throws Exception {
		ReplicaOwner empty = ownerOfNothing();
		empty.renew("host:2", null);
		assertThat(this.lockFile.read().lock()).extracting(ReplicaLock::renewals).isEqualTo(1L);
		empty.requireOwned();
		assertThat(empty.require(GENERATION, () -> true)).isEqualTo(this.run.writer(4));
		assertThat(this.lockFile.read().lock()).extracting(ReplicaLock::current).isEqualTo(GENERATION);
	}

	@Test
	void replicaWithoutAnythingThatIsTakenOverIsLostWhenItIsLookedAtOrRenewed() throws Exception {
		ReplicaOwner looking = ownerOfNothing();
		overtake();
		assertThatExceptionOfType(FencedException.class).isThrownBy(looking::requireOwned)
			.satisfies((ex) -> assertThat(ex.owner()).isEqualTo("host:2"));
		assertThat(looking.isLost()).isTrue();
		ReplicaOwner renewing = ownerOfNothing();
		overtake();
		assertThatExceptionOfType(FencedException.class).isThrownBy(() -> renewing.renew("host:2", null));
		assertThat(renewing.isLost()).isTrue();
	}

	@Test
	void firstPutCountsOnlyAfterALookAsARestoreMayHaveTakenLong() throws Exception {
		this.owner.requireStill(DAY);
		this.owner.requireStill(DAY);
		assertThat(this.asked).containsExactly(new Request.ReadLock());
	}

	@Test
	void firstPutOfARunThatWasOvertakenMeanwhileDoesNotCount() throws Exception {
		overtake();
		assertThatExceptionOfType(FencedException.class).isThrownBy(() -> this.owner.requireStill(DAY));
		assertThat(this.owner.isLost()).isTrue();
	}

	@Test
	void latePutDoesNotCountIfAnotherThreadFoundTheLossMeanwhile() throws Exception {
		this.owner.requireStill(DAY);
		this.owner.lost(new FencedException("was taken over"));
		assertThatExceptionOfType(FencedException.class).isThrownBy(() -> this.owner.requireStill(Duration.ofNanos(2)));
	}

}
