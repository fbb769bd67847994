package org.litestream4j.shadow;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.database.CheckpointResult;
import org.litestream4j.database.DatabaseSession;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link Cover}; those that lose locks are in {@link LockLossIT}.
 */
class CoverTests {

	private static final WalSync.Result EMPTY = new WalSync.Result(0, false, new CheckpointResult(false, 0, 0));

	private static final WalSync.Result FRAMES = new WalSync.Result(0, false, new CheckpointResult(false, 3, 0));

	@TempDir
	private Path temp;

	private DatabaseSession session;

	private ReaderPair readers;

	private Cover cover;

	@BeforeEach
	void open() throws Exception {
		this.session = DatabaseSession.open(this.temp.resolve("app.db"), Duration.ofSeconds(1), Map.of());
		this.readers = new ReaderPair(this.session.newReadLock(), this.session.newReadLock());
		this.readers.acquire();
		this.cover = new Cover("app", this.session.file(), this.readers);
	}

	@AfterEach
	void close() {
		this.readers.dissolve().close();
		this.session.close();
	}

	@Test
	void atFirstNothingIsKnownOfWhatWasBefore() throws Exception {
		assertThat(this.cover.isLost()).isTrue();
		assertThat(this.cover.isComplete()).isFalse();
	}

	@Test
	void afterAGapAnEmptyWalIsNoProofButFramesAre() throws Exception {
		assertThatExceptionOfType(ContinuityLostException.class).isThrownBy(() -> this.cover.settle(EMPTY, true))
			.withMessageContaining("while no read transaction guarded it");
		assertThat(this.cover.isLost()).isTrue();
		this.cover.settle(FRAMES, true);
		assertThat(this.cover.isComplete()).isTrue();
		this.cover.settle(EMPTY, true);
		assertThat(this.cover.isComplete()).isTrue();
	}

	@Test
	void whereNothingWasCopiedBeforeAnEmptyWalIsNoGap() throws Exception {
		this.cover.settle(EMPTY, false);
		assertThat(this.cover.isComplete()).isTrue();
	}

	@Test
	void withoutAReaderItIsNotComplete() throws Exception {
		this.cover.proven();
		assertThat(this.cover.isComplete()).isTrue();
		this.readers.release();
		assertThat(this.cover.isComplete()).isFalse();
	}

}
