package org.litestream4j.live;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.database.DatabaseSession;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.testing.EnabledIfSqlite3;
import org.litestream4j.testing.Sqlite3;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * A reader whose mark was lost guards nothing until it has begun anew, with its lock.
 * Steps are taken by hand, other processes are the sqlite3 shell.
 */
@EnabledIfSqlite3
class LockLossIT {

	@TempDir
	private Path temp;

	private Path database;

	private final List<WalPosition> generations = new ArrayList<>();

	@BeforeEach
	void nameFiles() {
		this.database = this.temp.resolve("app.db");
	}

	private WalShadower start() throws IOException {
		ShadowOptions options = new ShadowOptions("app", this.database, this.temp.resolve("meta"),
				Duration.ofMillis(100), Duration.ofMinutes(1), 1000, 10_000, 121_359, WalPosition.MAX_OFFSET, 0,
				Map.of());
		return WalShadower.start(options, SystemDisk.ownerOnly(), new LitestreamListener() {
			@Override
			public void generationStarted(String name, WalPosition position, GenerationReason reason, String detail) {
				LockLossIT.this.generations.add(position);
			}
		}, Clock.systemUTC(), () -> {
		});
	}

	/** Whether another process could restart the WAL, and has. */
	private boolean truncate() throws IOException {
		String printed = Sqlite3.run(this.database, ".timeout 0", "PRAGMA wal_checkpoint(TRUNCATE);");
		return printed.lines().reduce((first, last) -> last).orElseThrow().startsWith("0|");
	}

	/** Any code of the process may do that. */
	private void loseLocks() throws IOException {
		Files.readAllBytes(Path.of(this.database + "-shm"));
	}

	@Test
	void markIsLockedAgainAlsoWhereTheApplicationReadsAtTheSameOne() throws Exception {
		try (WalShadower shadower = start();
				TestDatabase app = TestDatabase.open(this.database);
				Connection reader = DriverManager.getConnection("jdbc:sqlite:" + this.database);
				Statement statement = reader.createStatement()) {
			app.commits(3);
			shadower.step();
			assertThat(truncate()).as("it is guarded").isFalse();
			statement.execute("BEGIN");
			statement.executeQuery("SELECT count(*) FROM ledger").close();
			loseLocks();
			shadower.checkLocks();
			assertThat(truncate()).as("it is guarded again").isFalse();
			statement.execute("ROLLBACK");
			assertThat(truncate()).as("without the other reader too").isFalse();
			app.commit();
			shadower.step();
			assertThat(this.generations).hasSize(1);
		}
	}

	@Test
	void readerThatCouldNotBeginAnewIsNoGuard() throws Exception {
		try (WalShadower shadower = start(); TestDatabase app = TestDatabase.open(this.database)) {
			app.commits(3);
			shadower.step();
			app.execute("BEGIN IMMEDIATE"); // so the write lock cannot be obtained
			loseLocks();
			shadower.checkLocks();
			shadower.step();
			app.execute("ROLLBACK");
			assertThat(truncate()).as("nothing guards it").isTrue();
			app.commit();
			shadower.step();
			assertThat(this.generations).as("as frames may have been missed").hasSize(2);
			assertThat(truncate()).as("it is guarded again").isFalse();
		}
	}

	@Test
	void readerBeginsAnewAsSoonAsTheWriteLockIsFree() throws Exception {
		try (WalShadower shadower = start(); TestDatabase app = TestDatabase.open(this.database)) {
			app.commits(3);
			shadower.step();
			app.execute("BEGIN IMMEDIATE");
			loseLocks();
			shadower.checkLocks();
			app.execute("ROLLBACK");
			shadower.step();
			assertThat(truncate()).as("it is guarded").isFalse();
			app.commit();
			shadower.step();
			assertThat(this.generations).hasSize(1);
		}
	}

	@Test
	void walThatWasRestartedBeforeTheLossIsNoticedStartsAGeneration() throws Exception {
		try (WalShadower shadower = start(); TestDatabase app = TestDatabase.open(this.database)) {
			app.commits(3);
			shadower.step();
			loseLocks();
			assertThat(truncate()).as("nothing guards it").isTrue();
			app.commit();
			shadower.step();
			assertThat(this.generations).hasSize(2);
		}
	}

	@Test
	void generationOfWhichASnapshotIsAllDoesNotGoOnEitherWithoutAGuard() throws Exception {
		try (TestDatabase app = TestDatabase.open(this.database, "journal_mode", "WAL")) {
			app.commits(3);
			assertThat(truncate()).as("the WAL is empty").isTrue();
			try (WalShadower shadower = start()) {
				try (DatabaseView view = shadower.openView(-1)) {
					view.writeTo(OutputStream.nullOutputStream());
				}
				assertThat(shadower.shadowWal().requirePosition().offset()).isZero();
				loseLocks();
				app.commit();
				assertThat(truncate()).as("nothing guards it").isTrue();
				app.commit();
				shadower.step();
				assertThat(this.generations).hasSize(2);
			}
		}
	}

	@Test
	void takingTheLocksOfTheDatabaseFileAgainDoesNotUndoTheGap() throws Exception {
		try (DatabaseSession session = DatabaseSession.open(this.database, Duration.ofSeconds(1), Map.of())) {
			WalGuard guard = new WalGuard(ShadowScript.heldLock(), "app", session);
			guard.acquire();
			guard.beginAnew();
			assertThat(guard.isComplete()).isTrue();
			Files.readAllBytes(this.database);
			assertThat(guard.isComplete()).as("they are lost").isFalse();
			guard.repairLocks(() -> {
			});
			assertThat(guard.locksAreLost()).isFalse();
			assertThat(guard.isLost()).isTrue();
			guard.dissolve().close();
		}
	}

	@Test
	void viewDuringWhichLocksWereLostIsWorthlessWhetherThatWasNoticedOrNot() throws Exception {
		try (WalShadower shadower = start(); TestDatabase app = TestDatabase.open(this.database)) {
			app.commits(3);
			shadower.step();
			for (boolean noticed : new boolean[] { false, true }) {
				try (DatabaseView view = shadower.openView(-1)) {
					loseLocks();
					if (noticed) {
						shadower.checkLocks();
					}
					assertThatIOException().isThrownBy(() -> view.writeTo(OutputStream.nullOutputStream()))
						.withMessageContaining("locks were lost");
				}
				shadower.checkLocks();
			}
			try (DatabaseView view = shadower.openView(-1)) {
				view.writeTo(OutputStream.nullOutputStream());
			}
		}
	}

}
