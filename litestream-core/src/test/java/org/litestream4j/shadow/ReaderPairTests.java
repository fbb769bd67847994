package org.litestream4j.shadow;

import java.io.IOException;
import java.time.Duration;
import java.nio.file.Path;
import java.util.Map;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.database.CheckpointMode;
import org.litestream4j.database.DatabaseSession;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * Tests for {@link ReaderPair}: whether the WAL is guarded is asked of SQLite, by an
 * attempt to cut it.
 */
class ReaderPairTests {

	@TempDir
	private Path temp;

	private DatabaseSession session;

	private ReaderPair readers;

	private TestDatabase app;

	@BeforeEach
	void open() throws Exception {
		this.session = DatabaseSession.open(this.temp.resolve("app.db"), Duration.ofMillis(50), Map.of());
		this.app = TestDatabase.open(this.temp.resolve("app.db"));
		this.readers = new ReaderPair(this.session.newReadLock(), this.session.newReadLock());
		this.readers.acquire();
		this.app.commit();
	}

	@AfterEach
	void close() throws Exception {
		this.app.close();
		this.readers.dissolve().close();
		this.session.close();
	}

	private boolean isGuarded() throws IOException {
		return this.session.checkpoint(CheckpointMode.TRUNCATE).busy();
	}

	@Test
	void walIsGuardedWhileTheGuardIsHandedOver() throws Exception {
		this.readers.handOver(() -> assertThat(isGuarded()).isTrue());
		assertThat(this.readers.isHeld()).isTrue();
		assertThat(isGuarded()).isTrue();
	}

	@Test
	void guardStaysWithTheOlderReaderWhenCopyingFails() throws Exception {
		assertThatIOException().isThrownBy(() -> this.readers.handOver(() -> {
			throw new IOException("no room");
		})).withMessage("no room");
		assertThat(this.readers.isHeld()).isTrue();
		assertThat(isGuarded()).isTrue();
		this.readers.release();
		assertThat(isGuarded()).as("the younger one was let go").isFalse();
		this.readers.acquire();
	}

}
