package org.litestream4j.live;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.database.CheckpointMode;
import org.litestream4j.database.CheckpointResult;
import org.litestream4j.database.DatabaseSession;
import org.litestream4j.live.WalGuard.Before;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * Tests for {@link WalGuard}: whether the WAL is guarded is asked of SQLite, by an
 * attempt to cut it. Those that lose locks are in {@link LockLossIT}.
 */
class WalGuardTests {

	private static final WalCopier.Result EMPTY = WalCopier.Result.nothing(new CheckpointResult(false, 0, 0));

	private static final WalCopier.Result FRAMES = WalCopier.Result.nothing(new CheckpointResult(false, 3, 0));

	@TempDir
	private Path temp;

	private DatabaseSession session;

	private WalGuard guard;

	private TestDatabase app;

	@BeforeEach
	void open() throws Exception {
		ProtocolLock lock = new ProtocolLock();
		lock.lock();
		this.session = DatabaseSession.open(this.temp.resolve("app.db"), Duration.ofMillis(50), Map.of());
		this.app = TestDatabase.open(this.temp.resolve("app.db"));
		this.guard = new WalGuard(lock, "app", this.session);
		this.guard.acquire();
		this.app.commit();
	}

	@AfterEach
	void close() throws Exception {
		this.app.close();
		this.guard.dissolve().close();
		this.session.close();
	}

	private boolean isGuarded() throws IOException {
		return this.session.checkpoint(CheckpointMode.TRUNCATE).busy();
	}

	@Test
	void walIsGuardedWhileTheGuardIsHandedOver() throws Exception {
		this.guard.handOver(() -> assertThat(isGuarded()).isTrue());
		assertThat(this.guard.isHeld()).isTrue();
		assertThat(isGuarded()).isTrue();
	}

	@Test
	void guardStaysWithTheOlderReaderWhenCopyingFails() throws Exception {
		assertThatIOException().isThrownBy(() -> this.guard.handOver(() -> {
			throw new IOException("no room");
		})).withMessage("no room");
		assertThat(this.guard.isHeld()).isTrue();
		assertThat(isGuarded()).isTrue();
		this.guard.release();
		assertThat(isGuarded()).as("the younger one was let go").isFalse();
		this.guard.acquire();
	}

	@Test
	void atFirstNothingIsKnownOfWhatWasBefore() throws Exception {
		assertThat(this.guard.isLost()).isTrue();
		assertThat(this.guard.isComplete()).isFalse();
	}

	@Test
	void afterAGapAnEmptyWalIsNoProofButFramesAre() throws Exception {
		assertThatExceptionOfType(ContinuityLostException.class)
			.isThrownBy(() -> this.guard.settle(EMPTY, Before.COPIED))
			.withMessageContaining("while no read transaction guarded it");
		assertThat(this.guard.isLost()).isTrue();
		this.guard.settle(FRAMES, Before.COPIED);
		assertThat(this.guard.isComplete()).isTrue();
		this.guard.settle(EMPTY, Before.COPIED);
		assertThat(this.guard.isComplete()).isTrue();
	}

	@Test
	void whereNothingWasCopiedBeforeAnEmptyWalIsNoGap() throws Exception {
		this.guard.settle(EMPTY, Before.NOTHING);
		assertThat(this.guard.isComplete()).isTrue();
	}

	@Test
	void withoutAReaderItIsNotComplete() throws Exception {
		this.guard.proven();
		assertThat(this.guard.isComplete()).isTrue();
		this.guard.release();
		assertThat(this.guard.isComplete()).isFalse();
	}

	@Test
	void writeLockIsKeptUntilAReaderCanBeginAgain() throws Exception {
		this.guard.proven();
		assertThat(this.session.tryBeginWrite()).isTrue();
		this.guard.release();
		assertThat(this.session.hasWriteLock()).isTrue();
		this.guard.renew(() -> {
		});
		assertThat(this.guard.isComplete()).isTrue();
		assertThat(isGuarded()).isTrue();
		assertThat(this.session.hasWriteLock()).isFalse();
		this.app.commit();
	}

	@Test
	void readerThatGuardsIsLeftAloneWhereTheWriteLockIsFree() throws Exception {
		this.guard.release();
		this.guard.resume();
		assertThat(this.guard.isHeld()).isFalse();
		this.guard.acquire();
		this.guard.resume();
		assertThat(this.guard.isHeld()).isTrue();
	}

	@Test
	void threadThatDoesNotHoldTheLockIsRefused() {
		assertThatExceptionOfType(ExecutionException.class)
			.isThrownBy(() -> CompletableFuture.supplyAsync(this.guard::isHeld).get())
			.withMessageContaining("the protocol's lock is not held by thread '");
	}

}
