package org.litestream4j.stress;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.DatabaseStatus;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.database.DatabaseFile;
import org.litestream4j.database.DatabaseFileLocks;
import org.litestream4j.testing.ChildProcess;
import org.litestream4j.testing.EnabledIfSqlite3;
import org.litestream4j.testing.Sqlite3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * SQLite's locks belong to the process, and so anybody in it can lose them.
 */
@EnabledIfSqlite3
class EngineLocksIT {

	private static final Duration PATIENCE = Duration.ofMinutes(2);

	@TempDir
	Path temp;

	private final Engine engine = new Engine();

	private Path database;

	private LitestreamDatabase litestream;

	private Connection application;

	private Restores restores;

	private int committed;

	@BeforeEach
	void start() throws Exception {
		this.database = this.temp.resolve("app.db");
		Path replica = this.temp.resolve("replica");
		this.restores = new Restores(replica, this.temp.resolve("restored"));
		Sqlite3.run(this.database, "PRAGMA journal_mode=WAL;", Ledger.SCHEMA);
		this.litestream = Engine.start(this.database, Engine.files(replica), Engine.Thresholds.LOW, this.engine);
		this.application = StressWriter.connect(this.database, "NORMAL", 0);
		commit();
		this.litestream.sync(PATIENCE);
	}

	@AfterEach
	void stop() throws Exception {
		this.application.close();
		this.litestream.close();
	}

	@Test
	void interruptsKeepTheLocksAndReplicationGoesOn() throws Exception {
		List<Thread> threads = new ArrayList<>();
		for (int writer = 2; writer < 5; writer++) {
			int number = writer;
			threads.add(new Thread(() -> writeInterrupted(number)));
		}
		threads.forEach(Thread::start);
		List<Thread> all = new ArrayList<>(threads);
		Thread.getAllStackTraces().keySet().stream().filter(EngineLocksIT::isWorker).forEach(all::add);
		assertThat(all).hasSizeGreaterThanOrEqualTo(6);
		while (threads.stream().anyMatch(Thread::isAlive)) {
			all.forEach(Thread::interrupt);
			Thread.onSpinWait();
		}
		assertLocked();
		commit();
		this.litestream.changed();
		this.litestream.sync(PATIENCE);
		this.litestream.snapshot();
		assertThat(all.stream().filter(EngineLocksIT::isWorker)).anyMatch(Thread::isAlive);
		Sqlite3.run(this.database, "SELECT count(*) FROM ledger;"); // opens and closes
		assertNothingIsLost();
		assertThat(this.engine.generations()).hasSize(1);
	}

	private static boolean isWorker(Thread thread) {
		return thread.getName().startsWith("litestream-");
	}

	private void writeInterrupted(int writer) {
		try (Connection connection = StressWriter.connect(this.database, "NORMAL", 0)) {
			for (int seq = 1; seq <= 100; seq++) {
				commit(connection, writer, seq);
				Thread.interrupted();
			}
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "-shm" })
	void lostLocksAreTakenAgain(String suffix) throws Exception {
		Files.readAllBytes(Path.of(this.database + suffix)); // and so they are lost
		assertThat(DatabaseFile.of(this.database).locks().state().complete()).isFalse();
		long end = System.nanoTime() + PATIENCE.toNanos();
		while (!DatabaseFile.of(this.database).locks().state().complete() && System.nanoTime() < end) {
			commit();
		}
		assertLocked();
		// Does not see itself as the last
		Sqlite3.run(this.database, "SELECT count(*) FROM ledger;");
		assertThat(Path.of(this.database + "-wal")).exists();
		commit();
		this.litestream.sync(PATIENCE);
		assertNothingIsLost();
	}

	@Test
	void restartAfterTheLocksWereLostTakesNothingForGuarded() throws Exception {
		this.litestream.close();
		Files.readAllBytes(this.database);
		Files.readAllBytes(Path.of(this.database + "-shm"));
		try (ChildProcess other = Sqlite3.start(this.database)) {
			other.send("BEGIN IMMEDIATE;");
			other.send(Ledger.record(1000, 1));
			other.send("COMMIT; PRAGMA wal_checkpoint(RESTART); BEGIN IMMEDIATE;");
			other.send(Ledger.record(1000, 2));
			other.send("COMMIT; SELECT 'committed';");
			other.awaitLine("committed"::equals);
			this.litestream = Engine.start(this.database, Engine.files(this.temp.resolve("replica")),
					Engine.Thresholds.LOW, this.engine);
			assertLocked();
		}
		this.litestream.sync(PATIENCE);
		assertThat(this.engine.generations()).hasSize(2);
		assertNothingIsLost();
	}

	@Test
	void locksThatOthersTakeAndReleaseHideNone() throws Exception {
		AtomicBoolean done = new AtomicBoolean();
		List<RandomAccessFile> others = new ArrayList<>();
		Thread busy = new Thread(() -> takeAndRelease(done));
		try {
			busy.start();
			// What is hidden is what begins a page: each lock has its turn
			for (int i = 0; i < 120; i++) {
				RandomAccessFile other = new RandomAccessFile(this.temp.resolve("other-" + i).toFile(), "rw");
				others.add(other);
				other.getChannel().lock();
				for (int look = 0; look < 100; look++) {
					assertThat(DatabaseFile.of(this.database).locks().state()).as("%d other locks", i)
						.isEqualTo(new DatabaseFileLocks.State(true, true));
				}
			}
		}
		finally {
			done.set(true);
			busy.join();
			for (RandomAccessFile other : others) {
				other.close();
			}
		}
		assertThat(this.engine.generations()).hasSize(1);
	}

	private void takeAndRelease(AtomicBoolean done) {
		try (RandomAccessFile file = new RandomAccessFile(this.temp.resolve("busy").toFile(), "rw")) {
			List<FileLock> taken = new ArrayList<>();
			while (!done.get()) {
				for (int i = 0; i < 20; i++) {
					taken.add(file.getChannel().lock(2L * i, 1, false));
				}
				for (FileLock lock : taken) {
					lock.release();
				}
				taken.clear();
			}
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	void aWalThatWasDeletedBecauseLocksWereLostIsAnAlarm() throws Exception {
		try (ChildProcess other = Sqlite3.start(this.database)) {
			other.send("BEGIN IMMEDIATE;");
			other.send(Ledger.record(1000, 1));
			other.send("COMMIT; SELECT 'committed';");
			other.awaitLine("committed"::equals);
			Files.readAllBytes(Path.of(this.database + "-shm"));
			Files.readAllBytes(this.database);
			other.closeInput(); // takes itself for the last, unless the engine is faster
			assertThat(other.waitFor()).isZero();
		}
		if (Files.exists(Path.of(this.database + "-wal"))) {
			assertNothingIsLost();
			return;
		}
		// This process goes on with a file that has no name any more
		assertThatIOException().isThrownBy(() -> this.litestream.sync(PATIENCE))
			.withMessageContaining("restart the application");
		assertThat(this.litestream.status().state()).isEqualTo(DatabaseStatus.State.FAILING);
		this.committed++;
	}

	private void assertLocked() throws IOException {
		assertThat(DatabaseFile.of(this.database).locks().state().complete()).isTrue();
	}

	private void assertNothingIsLost() throws Exception {
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + this.database)) {
			int newest = Ledger.newest(connection);
			assertThat(newest).isGreaterThanOrEqualTo(this.committed);
			this.litestream.sync(PATIENCE);
			assertThat(Restores.check(this.restores.restore()).newest()).isEqualTo(newest);
		}
		Path image = this.temp.resolve("image.db");
		LiveImage.write(this.database, image);
		Restores.requireSame(this.restores.restore(), image);
	}

	private void commit() throws Exception {
		this.committed++;
		commit(this.application, 1, this.committed);
	}

	private static void commit(Connection connection, int writer, int seq) throws Exception {
		StressWriter.execute(connection, "BEGIN IMMEDIATE");
		StressWriter.execute(connection, Ledger.insert(5, seq, 100));
		StressWriter.execute(connection, Ledger.record(writer, seq));
		StressWriter.execute(connection, "COMMIT");
	}

}
