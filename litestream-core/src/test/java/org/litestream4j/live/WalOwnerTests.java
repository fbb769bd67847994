package org.litestream4j.live;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.sql.SQLException;
import java.util.List;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.database.DatabaseFile;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * What is put in the place of a database between two starts. Copies of the directory
 * stand for other processes' files: in this one the last engine may have some open still.
 */
class WalOwnerTests {

	@TempDir
	private Path temp;

	private Path home;

	private Path database;

	private Path other;

	@BeforeEach
	void nameFiles() throws IOException {
		this.home = Files.createDirectory(this.temp.resolve("home"));
		this.database = this.home.resolve("app.db");
		this.other = this.temp.resolve("other.db");
	}

	/** As a clean stop leaves the files, or as a kill does. */
	private void leave(boolean kill) throws Exception {
		Path source = Files.createDirectory(this.temp.resolve("source"));
		WalShadower shadower = Following.in(source).start();
		try (TestDatabase app = TestDatabase.open(source.resolve("app.db"))) {
			app.commits(20);
			shadower.step();
			if (!kill) {
				shadower.close();
			}
			for (String name : List.of("app.db", "app.db-wal", "meta")) {
				cp(source.resolve(name), this.home.resolve(name));
			}
			shadower.close(); // safe to call again
		}
	}

	/** Not through this process, which has them open. */
	private static void cp(Path from, Path to) throws IOException, InterruptedException {
		Process process = new ProcessBuilder("cp", "-rp", from.toString(), to.toString()).inheritIO().start();
		assertThat(process.waitFor()).isZero();
	}

	private byte[] makeOther(int commits) throws SQLException, IOException {
		try (TestDatabase made = TestDatabase.open(this.other)) {
			made.commits(commits);
		}
		return Files.readAllBytes(this.other);
	}

	private Following restart() throws IOException {
		Following following = Following.in(this.home);
		following.start().close();
		return following;
	}

	private void assertRefused(byte[] content) throws IOException {
		byte[] wal = Files.readAllBytes(Path.of(this.database + "-wal"));
		assertThatIOException().isThrownBy(this::restart)
			.withMessageContaining(this.database + " is not the database that app.db-wal belongs to")
			.withMessageContaining("move " + this.database + "-wal and its -shm away");
		assertThat(Files.readAllBytes(this.database)).isEqualTo(content);
		assertThat(Files.readAllBytes(Path.of(this.database + "-wal"))).isEqualTo(wal);
	}

	@Test
	void filesAsTheyWereLeftAreGoneOnWith() throws Exception {
		leave(false);
		assertThat(restart().generations()).as("copied files have other stamps, and the same pages").isEmpty();
	}

	@Test
	void filesAsAKillLeftThemAreGoneOnWith() throws Exception {
		leave(true);
		assertThat(restart().generations()).isEmpty();
	}

	private WalPosition moveOn() throws IOException {
		LocalLog log = LocalLog.read(SystemDisk.ownerOnly(), this.home.resolve("meta"));
		log.beginRun("00000000000000a1");
		log.renumber(0, 3);
		return log.end().orElseThrow();
	}

	@Test
	void filesAreGoneOnWithWhenTheirIndexesWereMovedOn() throws Exception {
		leave(true);
		WalPosition moved = moveOn();
		assertThat(moved.index()).isGreaterThanOrEqualTo(3);
		Following following = Following.in(this.home);
		try (WalShadower shadower = following.start()) {
			assertThat(shadower.shadowWal().position()).isEqualTo(moved);
		}
		assertThat(following.generations()).isEmpty();
	}

	@Test
	void anotherDatabaseIsRefusedAlsoWhenIndexesWereMovedOn() throws Exception {
		leave(false);
		moveOn();
		byte[] content = makeOther(100);
		Files.move(this.other, this.database, StandardCopyOption.REPLACE_EXISTING);
		assertRefused(content);
	}

	@Test
	void anotherDatabaseInThePlaceOfAStoppedOneIsRefused() throws Exception {
		leave(false);
		byte[] content = makeOther(100);
		Files.move(this.other, this.database, StandardCopyOption.REPLACE_EXISTING);
		assertRefused(content);
		assertRefused(content);
	}

	@Test
	void anotherDatabaseThatWasCopiedOverAStoppedOneIsRefused() throws Exception {
		leave(false);
		byte[] content = makeOther(100);
		Files.write(this.database, content);
		assertRefused(content);
	}

	@Test
	void anotherDatabaseStartsAGenerationOnceTheWalIsAway() throws Exception {
		leave(false);
		makeOther(100);
		Files.move(this.other, this.database, StandardCopyOption.REPLACE_EXISTING);
		Files.move(Path.of(this.database + "-wal"), this.temp.resolve("aside"));
		assertThat(restart().generations()).containsExactly(GenerationReason.WAL_DOES_NOT_CONTINUE);
		assertThat(TestDatabase.entriesIn(this.database)).isEqualTo(100);
	}

	@Test
	void anotherDatabaseInThePlaceOfAKilledOneIsRefusedByItsInode() throws Exception {
		leave(true);
		new WalOwner(SystemDisk.ownerOnly(), this.home.resolve("meta"))
			.note(DatabaseFile.of(this.database.toRealPath()));
		Files.deleteIfExists(generation().resolve("backfilled"));
		byte[] content = makeOther(100);
		Files.move(this.other, this.database, StandardCopyOption.REPLACE_EXISTING);
		assertRefused(content);
	}

	private Path generation() throws IOException {
		try (var generations = Files.list(this.home.resolve("meta/generations"))) {
			return generations.findFirst().orElseThrow();
		}
	}

	@Test
	void touchedDatabaseIsGoneOnWith() throws Exception {
		leave(false);
		Files.setLastModifiedTime(this.database, FileTime.fromMillis(0));
		assertThat(restart().generations()).isEmpty();
	}

	@Test
	void databaseThatOthersCommittedToAndCheckpointedIsNotRefused() throws Exception {
		leave(false);
		// One that is not the last to close leaves the WAL, however far it has come
		try (TestDatabase keeps = TestDatabase.open(this.database);
				TestDatabase foreign = TestDatabase.open(this.database)) {
			foreign.commits(5);
			foreign.execute("PRAGMA wal_checkpoint(PASSIVE)");
			foreign.execute("VACUUM");
			assertThat(keeps.query("SELECT count(*) FROM ledger")).isEqualTo("25");
			Path copy = Files.createDirectory(this.temp.resolve("copy"));
			for (String name : List.of("app.db", "app.db-wal")) {
				cp(this.home.resolve(name), copy.resolve(name));
			}
			cp(this.home.resolve("meta"), copy.resolve("meta"));
			this.home = copy;
		}
		this.database = this.home.resolve("app.db");
		restart();
		assertThat(TestDatabase.entriesIn(this.database)).isEqualTo(25);
	}

	@Test
	void olderCopyOfBothFilesStartsAGenerationAndKeepsWhatIsInItsWal() throws Exception {
		Path source = Files.createDirectory(this.temp.resolve("source"));
		Path older = Files.createDirectory(this.temp.resolve("older"));
		WalShadower shadower = Following.in(source).start();
		try (TestDatabase app = TestDatabase.open(source.resolve("app.db"))) {
			app.commits(20);
			shadower.step();
			for (String name : List.of("app.db", "app.db-wal")) {
				cp(source.resolve(name), older.resolve(name));
			}
			shadower.close(); // checkpoints
			shadower = Following.in(source).start();
			shadower.openView(shadower.shadowWal().requirePosition().index()).close();
			app.commits(5);
			shadower.step();
			cp(source.resolve("meta"), this.home.resolve("meta"));
			shadower.close();
		}
		for (String name : List.of("app.db", "app.db-wal")) {
			cp(older.resolve(name), this.home.resolve(name));
		}
		assertThat(restart().generations()).containsExactly(GenerationReason.WAL_DOES_NOT_CONTINUE);
		assertThat(TestDatabase.entriesIn(this.database)).isEqualTo(20);
	}

}
