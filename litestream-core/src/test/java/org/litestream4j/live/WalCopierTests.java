package org.litestream4j.live;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.WalPosition;
import org.litestream4j.sqlite.WalChecksum;
import org.litestream4j.testing.DelegatingDisk;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * Tests for {@link WalCopier}, with a WAL file that changes under it. That file carries
 * no locks, so a test may open it.
 */
class WalCopierTests {

	private static final int FRAME = 24 + 4096;

	@TempDir
	private Path temp;

	private Path database;

	private Path wal;

	@BeforeEach
	void nameFiles() {
		this.database = this.temp.resolve("app.db");
		this.wal = this.temp.resolve("app.db-wal");
	}

	@Test
	void framesOfAWalWhoseHeaderChangesWhileTheyAreCopiedAreTakenBack() throws Exception {
		HeaderChange disk = new HeaderChange();
		try (WalShadower shadower = Following.in(this.temp).disk(disk).start();
				TestDatabase app = TestDatabase.open(this.database)) {
			app.commit();
			shadower.step();
			WalPosition before = shadower.shadowWal().requirePosition();
			app.commit();
			disk.wal = this.wal;
			assertThatIOException().isThrownBy(shadower::step).withMessageContaining("changed 20 times");
			assertThat(shadower.shadowWal().requirePosition()).isEqualTo(before);
			flipHeader(this.wal);
			shadower.step();
			assertThat(shadower.shadowWal().requirePosition().offset()).isGreaterThan(before.offset());
		}
	}

	/** Changes the WAL's header when the first frames are written. */
	private static final class HeaderChange extends DelegatingDisk {

		@Nullable private Path wal;

		@Override
		protected void beforeWrite() throws IOException {
			Path changed = this.wal;
			if (changed != null) {
				this.wal = null;
				flipHeader(changed);
			}
		}

	}

	private static void flipHeader(Path wal) throws IOException {
		try (RandomAccessFile file = new RandomAccessFile(wal.toFile(), "rw")) {
			file.seek(17);
			int value = file.read();
			file.seek(17);
			file.write(value ^ 1);
		}
	}

	@Test
	void framesThatDoNotEndWithACommitAreNotCopied() throws Exception {
		try (WalShadower shadower = Following.in(this.temp).start();
				TestDatabase app = TestDatabase.open(this.database)) {
			app.commit();
			shadower.step();
			WalPosition before = shadower.shadowWal().requirePosition();
			app.commit();
			makeLastFrameNoCommit();
			assertThatIOException().isThrownBy(shadower::step).withMessageContaining("changed 20 times");
			assertThat(shadower.shadowWal().requirePosition()).isEqualTo(before);
		}
	}

	private void makeLastFrameNoCommit() throws IOException {
		try (RandomAccessFile file = new RandomAccessFile(this.wal.toFile(), "rw")) {
			byte[] frames = new byte[2 * FRAME];
			file.seek(file.length() - frames.length);
			file.readFully(frames);
			ByteBuffer buffer = ByteBuffer.wrap(frames);
			buffer.putInt(FRAME + 4, 0);
			boolean bigEndian = false;
			long sum = WalChecksum.update(bigEndian, buffer.getLong(16), frames, FRAME, 8);
			buffer.putLong(FRAME + 16, WalChecksum.update(bigEndian, sum, frames, FRAME + 24, 4096));
			file.seek(file.length() - FRAME);
			file.write(frames, FRAME, FRAME);
		}
	}

}
