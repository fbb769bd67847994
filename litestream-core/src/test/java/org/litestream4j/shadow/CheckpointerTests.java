package org.litestream4j.shadow;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.database.DatabaseSession;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the order in which {@link Checkpointer} does what it does.
 */
class CheckpointerTests {

	@TempDir
	private Path temp;

	private DatabaseSession session;

	private ReaderPair readers;

	private TestDatabase app;

	private TestDatabase other;

	private Checkpointer checkpointer;

	private final List<String> steps = new ArrayList<>();

	@BeforeEach
	void open() throws Exception {
		Path database = this.temp.resolve("app.db");
		this.session = DatabaseSession.open(database, Duration.ofMillis(50), Map.of());
		this.readers = new ReaderPair(this.session.newReadLock(), this.session.newReadLock());
		this.readers.acquire();
		this.readers.beforeBeginning(() -> note("begin"));
		this.app = TestDatabase.open(database);
		this.other = TestDatabase.open(database);
		this.other.execute("PRAGMA busy_timeout=0");
		this.checkpointer = new Checkpointer(this.session, this.readers, () -> note("copy"), () -> note("force"));
		this.app.commits(3);
	}

	@AfterEach
	void close() throws Exception {
		this.app.close();
		this.other.close();
		this.readers.dissolve().close();
		this.session.close();
	}

	/** Notes a step, how much is in the database file by then, and who guards. */
	private void note(String step) {
		try {
			boolean all = this.session.published().isComplete();
			this.steps.add(step + (all ? " all" : " before") + (this.readers.isHeld() ? "" : " without reader")
					+ (isLocked() ? " locked" : ""));
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private boolean isLocked() {
		try {
			this.other.execute("BEGIN IMMEDIATE");
			this.other.execute("ROLLBACK");
			return false;
		}
		catch (SQLException ex) {
			return true;
		}
	}

	@Test
	void gentleOneForcesWhatWasCopiedBeforeItChangesTheDatabaseFile() throws Exception {
		assertThat(this.checkpointer.gentle()).isEqualTo(Checkpointer.Result.COMPLETE);
		assertThat(this.steps).containsExactly("begin before", "copy before", "force before", "begin all", "copy all");
	}

	@Test
	void firmOneKeepsTheWriteLockUntilAReaderGuardsTheWalAgain() throws Exception {
		assertThat(this.checkpointer.firm((reached) -> {
		})).isEqualTo(Checkpointer.Result.COMPLETE);
		assertThat(this.steps).containsExactly("begin before", "copy before", "force before", "copy all locked",
				"force all locked", "begin all without reader locked");
		assertThat(this.readers.isHeld()).isTrue();
		assertThat(isLocked()).isFalse();
	}

	@Test
	void firmOneDoesNotTakeTheWriteLockWhileAReaderPinsTheBulk() throws Exception {
		try (TestDatabase reader = TestDatabase.open(this.app.path())) {
			reader.execute("BEGIN");
			reader.query("SELECT count(*) FROM ledger");
			this.app.commit();
			assertThat(this.checkpointer.firm((reached) -> {
			})).isEqualTo(Checkpointer.Result.HELD_BY_READER);
		}
		assertThat(this.steps).containsExactly("begin before", "copy before", "force before");
	}

	@Test
	void firmOneGivesUpWhereAWriterDoesNotEnd() throws Exception {
		this.app.execute("BEGIN IMMEDIATE");
		assertThat(this.checkpointer.firm((reached) -> {
		})).isEqualTo(Checkpointer.Result.HELD_BY_WRITER);
		assertThat(this.readers.isHeld()).isTrue();
	}

}
