package org.litestream4j.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.testing.CapturedLog;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

class DatabaseSessionTests {

	@TempDir
	private Path temp;

	private DatabaseSession open(String name, Map<String, String> pragmas) throws IOException {
		return DatabaseSession.open(this.temp.resolve(name), Duration.ofMillis(200), pragmas);
	}

	@Test
	void versionWithoutTheWalResetFixIsWarnedOfInOneLine() {
		Path database = this.temp.resolve("app.db");
		try (CapturedLog log = CapturedLog.begin()) {
			DatabaseSession.warnIfOutdated(database, new SqliteVersion(3, 51, 3));
			DatabaseSession.warnIfOutdated(database, new SqliteVersion(3, 53, 4));
			assertThat(log.warnings()).isEmpty();
			DatabaseSession.warnIfOutdated(database, new SqliteVersion(3, 51, 2));
			assertThat(log.warnings()).singleElement()
				.asString()
				.contains(database.toString(), "3.51.2", "org.xerial:sqlite-jdbc", "3.51.3.0")
				.doesNotContain("\n");
		}
	}

	@Test
	void openingWarnsIfAndOnlyIfTheDriverIsOld() throws Exception {
		try (CapturedLog log = CapturedLog.begin(); DatabaseSession session = open("app.db", Map.of())) {
			assertThat(log.warnings()).hasSize(session.version().hasWalResetFix() ? 0 : 1);
		}
	}

	@Test
	void zeroBytesAreADatabaseThatIsCreated() throws Exception {
		Files.createFile(this.temp.resolve("empty.db"));
		try (DatabaseSession session = open("empty.db", Map.of("page_size", "8192"));
				TestDatabase app = TestDatabase.open(this.temp.resolve("empty.db"))) {
			assertThat(session.version().hasNoopCheckpoint()).isTrue();
			assertThat(app.query("PRAGMA page_size")).isEqualTo("8192");
		}
	}

	@Test
	void pathMayHoldWhatMeansSomethingInAUri() throws Exception {
		String name = "a b?mode=memory&c#d%20'e.db";
		try (DatabaseSession session = open(name, Map.of())) {
			assertThat(session.published().log()).isZero();
		}
		assertThat(TestDatabase.names(this.temp)).contains(name);
	}

	@Test
	void writeLockIsNotWaitedForLongerThanTheBusyTimeout() throws Exception {
		try (DatabaseSession session = open("app.db", Map.of());
				TestDatabase app = TestDatabase.open(this.temp.resolve("app.db"))) {
			app.execute("BEGIN IMMEDIATE");
			long start = System.nanoTime();
			assertThat(session.tryBeginWrite()).isFalse();
			assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(Duration.ofMillis(200),
					Duration.ofSeconds(20));
			app.execute("ROLLBACK");
			assertThat(session.tryBeginWrite()).isTrue();
			session.endWrite();
			assertThat(session.tryBeginWrite()).isTrue();
			session.endWrite();
		}
	}

	@Test
	void readLockIsHeldFromBeginToEnd() throws Exception {
		try (DatabaseSession session = open("app.db", Map.of());
				TestDatabase app = TestDatabase.open(this.temp.resolve("app.db"));
				ReadLock reader = session.newReadLock(DatabaseFile.of(this.temp.resolve("app.db")))) {
			app.commit();
			reader.begin();
			assertThat(reader.isHeld()).isTrue();
			app.commit();
			assertThat(session.checkpoint(CheckpointMode.PASSIVE).isComplete()).isFalse();
			reader.end();
			reader.end();
			assertThat(reader.isHeld()).isFalse();
			assertThat(session.checkpoint(CheckpointMode.PASSIVE).isComplete()).isTrue();
			assertThat(session.published().isComplete()).isTrue();
		}
	}

	@Test
	void missingFolderIsNamed() {
		assertThatIOException().isThrownBy(() -> open("missing/app.db", Map.of()))
			.withMessageContaining("the folder of database")
			.withMessageContaining("create it");
	}

}
