package org.litestream4j.shadow;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.WalPosition;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * Tests for {@link DatabaseViews} and {@link DatabaseView}.
 */
class DatabaseViewsTests {

	private static final long LARGEST_WAL = 400_000;

	@TempDir
	private Path temp;

	private Path database;

	private Path wal;

	private Following following;

	@BeforeEach
	void nameFiles() {
		this.database = this.temp.resolve("app.db");
		this.wal = this.temp.resolve("app.db-wal");
		this.following = Following.in(this.temp)
			.with((o) -> new ShadowOptions(o.name(), o.database(), o.metaDirectory(), o.busyTimeout(),
					o.checkpointInterval(), 1, 1, o.truncatePageCount(), LARGEST_WAL, o.minFreeSpace(),
					o.creationPragmas()));
	}

	@Test
	void viewIsGivenUpWhenTheWalHasGrownTooMuchAlsoIfItsReaderHangs() throws Exception {
		try (WalShadower shadower = this.following.start(); TestDatabase app = TestDatabase.open(this.database)) {
			app.commits(3);
			shadower.step();
			DatabaseView view = shadower.openView(-1);
			OutputStream hanging = new OutputStream() {
				@Override
				public void write(int value) throws IOException {
					write(new byte[1], 0, 1);
				}

				@Override
				public void write(byte[] bytes, int offset, int length) throws IOException {
					exceed(app, shadower);
				}
			};
			assertThatIOException().isThrownBy(() -> view.writeTo(hanging))
				.withMessageContaining("the WAL has grown by")
				.withMessageContaining("200000");
			WalPosition pinned = shadower.shadowWal().requirePosition();
			app.commit();
			shadower.step();
			assertThat(shadower.shadowWal().requirePosition().index()).as("the WAL was free to restart")
				.isGreaterThan(pinned.index());
			view.close();
		}
	}

	/** Lets the WAL grow by more than half of the largest. */
	private void exceed(TestDatabase app, WalShadower shadower) throws IOException {
		try {
			long before = Files.size(this.wal);
			while (Files.size(this.wal) <= before + LARGEST_WAL / 2) {
				app.commit(10_000);
			}
			shadower.step();
		}
		catch (java.sql.SQLException ex) {
			throw new IOException(ex);
		}
	}

	@Test
	void walFileThatWasLargeBeforeForbidsNoView() throws Exception {
		// Not checkpointed, so that the file is not cut
		Following calm = this.following.with((o) -> new ShadowOptions(o.name(), o.database(), o.metaDirectory(),
				o.busyTimeout(), o.checkpointInterval(), 1000, 1000, o.truncatePageCount(), o.largestWal(),
				o.minFreeSpace(), o.creationPragmas()));
		try (WalShadower shadower = calm.start(); TestDatabase app = TestDatabase.open(this.database)) {
			while (Files.size(this.wal) < LARGEST_WAL / 4 * 3) {
				app.commit(10_000);
			}
			shadower.step();
			try (DatabaseView view = shadower.openView(-1)) {
				shadower.step();
				ByteArrayOutputStream out = new ByteArrayOutputStream();
				view.writeTo(out);
				assertThat(out.size()).isEqualTo((int) view.size());
			}
		}
	}

	@Test
	void generationThatBeginsAfterAWalThatNoReplicaCanNameGetsItsView() throws Exception {
		try (WalShadower shadower = this.following.start(); TestDatabase app = TestDatabase.open(this.database)) {
			app.commit(2 * (int) LARGEST_WAL);
			assertThatIOException().isThrownBy(shadower::step).withMessageContaining("larger than a replica can name");
			app.commit();
			shadower.step();
			Path copy = this.temp.resolve("copy.db");
			try (DatabaseView view = shadower.openView(-1); OutputStream out = Files.newOutputStream(copy)) {
				view.writeTo(out);
			}
			assertThat(TestDatabase.entriesIn(copy)).isEqualTo(2);
		}
	}

	@Test
	void newestFramesOfHighPagesComeLast() {
		long high = 1L << 31;
		long[] frames = DatabaseView.newestFrames(new long[] { high, 7, high + 1, 7, 0xffff_ffffL, high }, high + 1);
		assertThat(frames).hasSize(3);
		assertThat(DatabaseView.pageOf(frames[0])).isEqualTo(7);
		assertThat(frames[0] & 0xffff_ffffL).isEqualTo(3);
		assertThat(DatabaseView.pageOf(frames[1])).isEqualTo(high);
		assertThat(frames[1] & 0xffff_ffffL).isEqualTo(5);
		assertThat(DatabaseView.pageOf(frames[2])).isEqualTo(high + 1);
		assertThat(frames[2] & 0xffff_ffffL).isEqualTo(2);
	}

}
