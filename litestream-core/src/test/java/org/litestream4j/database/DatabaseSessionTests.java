package org.litestream4j.database;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.ProgressHandler;

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
			// That it answers at all while the other one writes says that it waits no
			// longer
			assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(200));
			app.execute("ROLLBACK");
			assertThat(session.tryBeginWrite()).isTrue();
			session.endWrite();
			assertThat(session.tryBeginWrite()).isTrue();
			session.endWrite();
		}
	}

	@Test
	void writeLockIsGivenBackAlsoIfSqliteRefusesToRollBack() throws Exception {
		try (DatabaseSession session = open("app.db", Map.of());
				TestDatabase app = TestDatabase.open(this.temp.resolve("app.db"))) {
			assertThat(session.tryBeginWrite()).isTrue();
			Connection writer = writer(session);
			ProgressHandler.setHandler(writer, 1, new ProgressHandler() {
				@Override
				protected int progress() {
					return 1; // whatever the connection does is interrupted
				}
			});
			session.endWrite();
			app.commit();
			assertThat(session.tryBeginWrite()).isTrue();
			assertThat(writer(session)).isNotSameAs(writer);
			session.endWrite();
			app.commit();
		}
	}

	@Test
	void writeLockThatWasBusyCostsNoConnection() throws Exception {
		try (DatabaseSession session = open("app.db", Map.of());
				TestDatabase app = TestDatabase.open(this.temp.resolve("app.db"))) {
			Connection writer = writer(session);
			app.execute("BEGIN IMMEDIATE");
			assertThat(session.tryBeginWrite()).isFalse();
			app.execute("ROLLBACK");
			assertThat(session.tryBeginWrite()).isTrue();
			assertThat(writer(session)).isSameAs(writer);
			session.endWrite();
		}
	}

	private static Connection writer(DatabaseSession session) throws ReflectiveOperationException {
		Field field = DatabaseSession.class.getDeclaredField("writer");
		field.setAccessible(true);
		return (Connection) field.get(session);
	}

	@Test
	void fileThatWasReplacedIsNotOpened() throws Exception {
		Path path = this.temp.resolve("app.db");
		try (DatabaseSession session = open("app.db", Map.of()); TestDatabase app = TestDatabase.open(path)) {
			app.commit();
			Files.move(path, this.temp.resolve("aside.db"));
			assertThatIOException().isThrownBy(session::newReadLock).withMessageContaining("was moved to");
			assertThat(path).doesNotExist();
			Files.createFile(path);
			assertThatIOException().isThrownBy(session::newReadLock).withMessageContaining("was replaced");
			assertThat(path).isEmptyFile();
			assertThat(this.temp.resolve("app.db-wal")).isNotEmptyFile();
		}
	}

	@Test
	void readLockIsHeldFromBeginToEnd() throws Exception {
		try (DatabaseSession session = open("app.db", Map.of());
				TestDatabase app = TestDatabase.open(this.temp.resolve("app.db"));
				ReadLock reader = session.newReadLock()) {
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
	void missingDirectoryIsNamed() {
		assertThatIOException().isThrownBy(() -> open("missing/app.db", Map.of()))
			.withMessageContaining("the directory of database")
			.withMessageContaining("create it");
	}

}
