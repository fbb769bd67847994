package org.litestream4j.live;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
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

	@Test
	void viewThatIsOpenWhenReplicationStopsPinsTheWalNoLonger() throws Exception {
		WalShadower shadower = Following.in(this.temp).start();
		try (TestDatabase app = TestDatabase.open(this.database)) {
			app.commits(3);
			shadower.step();
			DatabaseView view = shadower.openView(-1);
			app.commit();
			shadower.close();
			app.commit();
			assertThat(app.query("PRAGMA wal_checkpoint(RESTART)")).as("busy").isEqualTo("0");
			assertThatIOException().isThrownBy(() -> view.writeTo(OutputStream.nullOutputStream()))
				.withMessage("the view of the database was given up, as replication has stopped");
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
	void openWriteTransactionIsSaidToHoldTheIndexBack() throws Exception {
		Following impatient = Following.in(this.temp)
			.with((o) -> new ShadowOptions(o.name(), o.database(), o.metaDirectory(), Duration.ofMillis(20),
					o.checkpointInterval(), o.minCheckpointPageCount(), o.maxCheckpointPageCount(),
					o.truncatePageCount(), o.largestWal(), o.minFreeSpace(), o.creationPragmas()));
		try (WalShadower shadower = impatient.start(); TestDatabase app = TestDatabase.open(this.database)) {
			app.commit();
			shadower.step();
			app.execute("BEGIN IMMEDIATE");
			assertThatExceptionOfType(IndexHeldBackException.class).isThrownBy(() -> shadower.openView(0))
				.withMessageContaining("held back by a write transaction that was open for longer than the busy timeout"
						+ " of 20 ms");
			app.execute("ROLLBACK");
			shadower.openView(0).close();
		}
	}

	@Test
	void walThatCannotBeCopiedAfterASnapshotOfAnEmptyOneIsNotSkipped() throws Exception {
		try (TestDatabase app = TestDatabase.open(this.temp.resolve("app.db"), "journal_mode", "WAL")) {
			app.commits(3);
			app.query("PRAGMA wal_checkpoint(TRUNCATE)");
			Following small = Following.in(this.temp)
				.with((o) -> new ShadowOptions(o.name(), o.database(), o.metaDirectory(), o.busyTimeout(),
						o.checkpointInterval(), 1, 1, o.truncatePageCount(), 100_000, o.minFreeSpace(),
						o.creationPragmas()));
			try (WalShadower shadower = small.start()) {
				try (DatabaseView view = shadower.openView(-1)) {
					view.writeTo(OutputStream.nullOutputStream());
				}
				WalPosition snapshot = shadower.shadowWal().requirePosition();
				assertThat(snapshot.offset()).isZero();
				app.commit(200_000);
				shadower.step();
				assertThat(small.generations()).last().isEqualTo(GenerationReason.WAL_TOO_LARGE);
				assertThat(shadower.shadowWal().requirePosition().generation()).isNotEqualTo(snapshot.generation());
			}
		}
	}

}
