package org.litestream4j.live;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.WalPosition;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.testing.DelegatingDisk;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ContinuityProof}: starts in a process in which an engine ran before.
 */
class ContinuityProofTests {

	@TempDir
	private Path temp;

	private Path database;

	@BeforeEach
	void nameDatabase() {
		this.database = this.temp.resolve("app.db");
	}

	/** Commits and copies, and stops. */
	private static WalPosition run(Following following, TestDatabase app, int commits) throws Exception {
		try (WalShadower shadower = following.start()) {
			for (int i = 0; i < commits; i++) {
				app.commit();
				shadower.step();
			}
			return shadower.shadowWal().requirePosition();
		}
	}

	private static WalPosition restart(Following following) throws IOException {
		try (WalShadower shadower = following.start()) {
			return shadower.shadowWal().requirePosition();
		}
	}

	@Test
	void stateThatAnotherMetaDirectoryHasGoneOnFromDoesNotGoOn() throws Exception {
		Following first = Following.of(this.database, this.temp.resolve("meta-1")).checkpointingAlways();
		Following second = Following.of(this.database, this.temp.resolve("meta-2")).checkpointingAlways();
		try (TestDatabase app = TestDatabase.open(this.database, "journal_mode", "WAL")) {
			WalPosition end = run(first, app, 3);
			run(second, app, 5);
			assertThat(restart(first).generation()).isNotEqualTo(end.generation());
			assertThat(first.generations()).hasSize(2);
		}
	}

	@Test
	void stateGoesOnIfAnotherMetaDirectoryHasSeenNoCommit() throws Exception {
		Following first = Following.of(this.database, this.temp.resolve("meta-1"));
		Following second = Following.of(this.database, this.temp.resolve("meta-2"));
		try (TestDatabase app = TestDatabase.open(this.database, "journal_mode", "WAL")) {
			WalPosition end = run(first, app, 3);
			restart(second);
			assertThat(restart(first)).isEqualTo(end);
		}
	}

	@Test
	void whatWasCommittedBetweenAStopAndAStartIsTheNextIndex() throws Exception {
		Following following = Following.in(this.temp);
		try (TestDatabase app = TestDatabase.open(this.database, "journal_mode", "WAL")) {
			WalPosition end = run(following, app, 3);
			app.commits(2);
			WalPosition start = restart(following);
			assertThat(start.generation()).isEqualTo(end.generation());
			assertThat(start.index()).isEqualTo(end.index() + 1);
		}
	}

	@Test
	void whatWasCommittedAndCheckpointedBetweenAStopAndAStartIsLost() throws Exception {
		Following following = Following.in(this.temp);
		try (TestDatabase app = TestDatabase.open(this.database, "journal_mode", "WAL")) {
			WalPosition end = run(following, app, 3);
			app.commits(2);
			app.query("PRAGMA wal_checkpoint(RESTART)");
			app.commits(1);
			assertThat(restart(following).generation()).isNotEqualTo(end.generation());
		}
	}

	@Test
	void emptyWalGoesOnIfTheDatabaseHasTheSameBytes() throws Exception {
		Following following = Following.in(this.temp);
		try (TestDatabase app = TestDatabase.open(this.database, "journal_mode", "WAL")) {
			WalPosition end = run(following, app, 3);
			app.query("PRAGMA wal_checkpoint(TRUNCATE)");
			deleteNotes();
			assertThat(restart(following)).isEqualTo(end);
			app.commits(1);
			app.query("PRAGMA wal_checkpoint(TRUNCATE)");
			deleteNotes();
			assertThat(restart(following).generation()).isNotEqualTo(end.generation());
		}
	}

	@Test
	void tailThatWasLostAndWrittenAgainWithOtherContentDoesNotGoOn() throws Exception {
		Following following = Following.in(this.temp);
		Path copy;
		WalPosition end;
		try (WalShadower shadower = following.start(); TestDatabase app = TestDatabase.open(this.database)) {
			app.commit();
			shadower.step();
			copy = app.copyTo(this.temp.resolve("copy"));
			app.commit();
			shadower.step();
			end = shadower.shadowWal().requirePosition();
			// As a kill leaves it
			assertThat(new ProcessBuilder("cp", "-r", this.temp + "/meta", this.temp + "/killed").start().waitFor())
				.isZero();
		}
		try (TestDatabase other = TestDatabase.open(copy)) {
			other.commits(2);
			Following onCopy = Following.of(copy, this.temp.resolve("killed"));
			assertThat(restart(onCopy).generation()).isNotEqualTo(end.generation());
		}
	}

	@Test
	void walWhoseFirstFrameIsDamagedDoesNotGoOnThoughItsHeaderAndItsLastFrameAreThere() throws Exception {
		Path copy;
		WalPosition end;
		try (WalShadower shadower = Following.in(this.temp).start();
				TestDatabase app = TestDatabase.open(this.database)) {
			app.commits(3);
			shadower.step();
			end = shadower.shadowWal().requirePosition();
			copy = app.copyTo(this.temp.resolve("copy"));
		}
		try (RandomAccessFile wal = new RandomAccessFile(copy + "-wal", "rw")) {
			wal.seek(100);
			int value = wal.read();
			wal.seek(100);
			wal.write(value ^ 1);
		}
		Following onCopy = Following.of(copy, this.temp.resolve("meta"));
		assertThat(restart(onCopy).generation()).isNotEqualTo(end.generation());
	}

	@Test
	void whatWasRecordedOfAStopCountsForIndexesThatWereMovedOn() throws Exception {
		Following following = Following.in(this.temp);
		try (TestDatabase app = TestDatabase.open(this.database, "journal_mode", "WAL")) {
			WalPosition end = run(following, app, 3);
			app.query("PRAGMA wal_checkpoint(TRUNCATE)");
			for (boolean stamped : new boolean[] { false, true }) {
				if (!stamped) {
					deleteNotes();
				}
				LocalLog log = LocalLog.read(SystemDisk.ownerOnly(), this.temp.resolve("meta"));
				log.beginRun(stamped ? "00000000000000a2" : "00000000000000a1");
				log.renumber(end.index(), 2);
				end = new WalPosition(end.generation(), end.index() + 2, end.offset());
				assertThat(restart(following)).isEqualTo(end);
			}
			app.commits(1);
			WalPosition next = restart(following);
			assertThat(next.generation()).isEqualTo(end.generation());
			assertThat(next.index()).isEqualTo(end.index() + 1);
		}
	}

	/** So that nothing but the record of the stop can prove anything. */
	private void deleteNotes() throws IOException {
		try (var files = Files.walk(this.temp.resolve("meta"))) {
			for (Path note : files.filter((file) -> file.endsWith("backfilled")).toList()) {
				Files.delete(note);
			}
		}
	}

	@Test
	void stopProvesNothingOfACommitMadeWhileItIsRecorded() throws Exception {
		CommitOnWrite disk = new CommitOnWrite();
		Following following = Following.in(this.temp).disk(disk);
		try (TestDatabase app = TestDatabase.open(this.database, "journal_mode", "WAL")) {
			WalShadower shadower = following.start();
			app.commits(3);
			shadower.step();
			WalPosition end = shadower.shadowWal().requirePosition();
			disk.committer = app;
			shadower.close();
			disk.committer = null;
			app.query("PRAGMA wal_checkpoint(TRUNCATE)");
			assertThat(restart(following).generation()).isNotEqualTo(end.generation());
		}
	}

	@Test
	void applicationCommitsWhileAStartCopiesAndAStopIsRecorded() throws Exception {
		CommitOnWrite disk = new CommitOnWrite();
		Following following = Following.in(this.temp).disk(disk);
		try (TestDatabase app = TestDatabase.open(this.database, "journal_mode", "WAL")) {
			app.commits(20);
			app.execute("PRAGMA busy_timeout=0");
			disk.committer = app;
			WalShadower shadower = following.start();
			assertThat(disk.commits).isGreaterThan(3);
			int atStart = disk.commits;
			shadower.close();
			assertThat(disk.commits).isGreaterThan(atStart);
		}
	}

	/** The application commits whenever the engine writes something. */
	private static final class CommitOnWrite extends DelegatingDisk {

		@Nullable private TestDatabase committer;

		private int commits;

		@Override
		protected void beforeWrite() throws IOException {
			TestDatabase app = this.committer;
			if (app != null) {
				try {
					app.commit();
					this.commits++;
				}
				catch (SQLException ex) {
					throw new AssertionError("the application had to wait", ex);
				}
			}
		}

	}

}
