package org.litestream4j.live;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.database.DatabaseFile;
import org.litestream4j.database.DatabaseSession;
import org.litestream4j.database.LeftOpen;
import org.litestream4j.database.ReadLock;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link WalTender}.
 */
class WalTenderTests {

	private static final int MOST_PAGES = 100;

	@TempDir
	private Path temp;

	@Test
	void walOfAnApplicationThatGoesOnWritingStaysSmall() throws Exception {
		Path path = this.temp.resolve("app.db");
		try (TestDatabase app = TestDatabase.open(path, "journal_mode", "WAL")) {
			WalTender tender = tender(path, left(path));
			app.commits(100);
			for (int round = 0; round < 20; round++) {
				app.commits(50);
				assertThat(tender.tend()).isTrue();
			}
			assertThat(Files.size(Path.of(path + "-wal"))).isLessThan(4096L * 1000);
		}
	}

	@Test
	void smallWalIsLeftAsTheNextStartNeedsIt() throws Exception {
		Path path = this.temp.resolve("app.db");
		try (TestDatabase app = TestDatabase.open(path, "journal_mode", "WAL")) {
			WalTender tender = tender(path, left(path));
			app.commits(10);
			assertThat(tender.tend()).isTrue();
			assertThat(backfilled(path)).isZero();
		}
	}

	@Test
	void readTransactionThatWasLeftOpenIsEnded() throws Exception {
		Path path = this.temp.resolve("app.db");
		try (TestDatabase app = TestDatabase.open(path, "journal_mode", "WAL")) {
			app.commits(1);
			DatabaseSession session = DatabaseSession.open(path, Duration.ofSeconds(1), Map.of());
			ReadLock reader = session.newReadLock();
			reader.begin();
			LeftOpen left = new LeftOpen(session, reader);
			session.file().retain(left);
			assertThat(tender(path, left).tend()).isTrue();
			assertThat(reader.isHeld()).isFalse();
		}
	}

	@Test
	void endsWhenAnEngineHasTakenTheConnection() throws Exception {
		Path path = this.temp.resolve("app.db");
		try (TestDatabase app = TestDatabase.open(path, "journal_mode", "WAL")) {
			app.commits(1);
			LeftOpen left = left(path);
			WalTender tender = tender(path, left);
			DatabaseFile.of(path.toRealPath()).takeRetained();
			assertThat(tender.tend()).isFalse();
			left.close();
		}
	}

	@Test
	@Timeout(180)
	void endsAndClosesWhenTheApplicationHasClosedAndKeepsTheWal() throws Exception {
		Path path = this.temp.resolve("app.db");
		Thread thread;
		try (TestDatabase app = TestDatabase.open(path, "journal_mode", "WAL")) {
			app.commits(3);
			thread = new Thread(tender(path, left(path)));
			thread.start();
		}
		thread.join();
		assertThat(DatabaseFile.of(path.toRealPath()).takeRetained()).isNull();
		assertThat(Path.of(path + "-wal")).isNotEmptyFile();
		assertThat(TestDatabase.entriesIn(path)).isEqualTo(3);
	}

	private static LeftOpen left(Path path) throws Exception {
		DatabaseSession session = DatabaseSession.open(path, Duration.ofSeconds(1), Map.of());
		LeftOpen left = new LeftOpen(session, session.newReadLock());
		session.file().retain(left);
		return left;
	}

	private static WalTender tender(Path path, LeftOpen left) throws Exception {
		return new WalTender(DatabaseFile.of(path.toRealPath()), left, MOST_PAGES);
	}

	private static int backfilled(Path path) throws Exception {
		try (DatabaseSession session = DatabaseSession.open(path, Duration.ofSeconds(1), Map.of())) {
			return session.published().backfilled();
		}
	}

}
