package org.litestream4j;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;
import org.litestream4j.testing.ChildProcess;
import org.litestream4j.testing.EnabledIfSqlite3;
import org.litestream4j.testing.Mount;
import org.litestream4j.testing.Sqlite3;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * Databases that cannot be replicated, as another process or the file system forbids it.
 */
class StartRefusedIT {

	@TempDir
	private Path temp;

	private LitestreamDatabase start(Path database) throws IOException {
		LitestreamOptions options = LitestreamOptions.builder(database)
			.name("app")
			.metaDirectory(this.temp.resolve("meta"))
			.busyTimeout(Duration.ofMillis(300))
			.shutdownSyncTimeout(Duration.ofSeconds(10))
			.minFreeSpace(0)
			.build();
		return LitestreamDatabase.start(options, List.of(new Replica("one",
				new FileStore(this.temp.resolve("one"), SystemDisk.ownerOnly()), Replica.Options.DEFAULTS)),
				LitestreamListener.NONE);
	}

	@Test
	@EnabledIfSqlite3
	void databaseThatAnotherProcessHoldsExclusivelyIsRefusedAndReplicatedOnceItIsFree() throws Exception {
		Path database = this.temp.resolve("app.db");
		try (ChildProcess other = Sqlite3.start(database)) {
			other.send("PRAGMA locking_mode=EXCLUSIVE;");
			other.send("CREATE TABLE mine (id);");
			other.send("BEGIN EXCLUSIVE; SELECT 'held';");
			other.awaitLine((line) -> line.equals("held"));
			assertThatIOException().isThrownBy(() -> start(database))
				.withMessageContaining(database.toString())
				.withMessageContaining("locked");
			other.send("COMMIT;");
			other.closeInput();
			assertThat(other.waitFor()).isZero();
		}
		try (LitestreamDatabase started = start(database)) {
			started.sync(Duration.ofSeconds(60));
		}
		assertThat(Sqlite3.run(database, "PRAGMA journal_mode;")).isEqualTo("wal");
	}

	@Test
	@EnabledIfSqlite3
	void walDatabaseThatAnotherProcessHoldsExclusivelyIsRefused() throws Exception {
		Path database = this.temp.resolve("app.db");
		try (ChildProcess other = Sqlite3.start(database)) {
			other.send("PRAGMA locking_mode=EXCLUSIVE;");
			other.send("PRAGMA journal_mode=WAL;");
			other.send("CREATE TABLE mine (id); SELECT 'held';");
			other.awaitLine((line) -> line.equals("held"));
			assertThatIOException().isThrownBy(() -> start(database))
				.withMessageContaining(database.toString())
				.withMessageContaining("locked");
		}
	}

	@Test
	void readOnlyDatabaseIsRefused() throws Exception {
		Path directory = Files.createDirectory(this.temp.resolve("data"));
		Path database = directory.resolve("app.db");
		try (TestDatabase app = TestDatabase.open(database)) {
			app.execute("PRAGMA journal_mode=WAL");
			app.commit();
		}
		try (Mount mount = Mount.bind(directory)) {
			mount.remount("ro");
			assertThat(Files.isWritable(database)).isFalse();
			assertThatIOException().isThrownBy(() -> start(database))
				.withMessageContaining(database.toString())
				.withMessageContaining("read");
		}
		assertThat(TestDatabase.entriesIn(database)).isEqualTo(1);
	}

	@Test
	void readOnlyDatabaseInAnotherJournalModeIsRefused() throws Exception {
		Path directory = Files.createDirectory(this.temp.resolve("data"));
		Path database = directory.resolve("app.db");
		try (TestDatabase app = TestDatabase.open(database)) {
			app.commit();
		}
		try (Mount mount = Mount.bind(directory)) {
			mount.remount("ro");
			assertThatIOException().isThrownBy(() -> start(database))
				.withMessageContaining(database.toString())
				.withMessageContaining("read");
		}
		assertThat(TestDatabase.entriesIn(database)).isEqualTo(1);
	}

	@Test
	void replicaOnAFileSystemThatFillsUpCatchesUpWhenThereIsRoom() throws Exception {
		Path database = this.temp.resolve("app.db");
		Path replica = Files.createDirectory(this.temp.resolve("one"));
		try (Mount mount = Mount.tmpfs(replica, "1m");
				LitestreamDatabase litestream = start(database);
				TestDatabase app = TestDatabase.open(database)) {
			app.commit();
			litestream.sync(Duration.ofSeconds(60));
			app.commit(3 << 20);
			assertThat(failure(litestream)).contains("it is full; free space there");
			mount.remount("size=50m");
			app.commit();
			litestream.sync(Duration.ofSeconds(60));
			assertThat(litestream.status().state()).isEqualTo(DatabaseStatus.State.REPLICATING);
			mount.remount("ro");
			app.commit();
			assertThat(failure(litestream)).contains("read-only");
			mount.remount("rw");
			litestream.sync(Duration.ofSeconds(60));
			assertThat(org.litestream4j.testing.PlainRestore.entriesIn(replica, this.temp)).contains(4);
		}
	}

	private static String failure(LitestreamDatabase litestream) throws Exception {
		try {
			litestream.sync(Duration.ofSeconds(2));
		}
		catch (java.util.concurrent.TimeoutException ex) {
			return String.valueOf(ex.getMessage());
		}
		throw new AssertionError("it did not fail");
	}

}
