package org.litestream4j.live;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.WalPosition;
import org.litestream4j.live.CheckpointPolicy.Pin;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.testing.DelegatingDisk;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the order in which {@link Checkpointer} does what it does.
 */
class CheckpointerOrderTests {

	@TempDir
	private Path temp;

	private LiveDatabase live;

	private ShadowWal shadow;

	private WalCopier copier;

	private TestDatabase app;

	private TestDatabase other;

	private Checkpointer checkpointer;

	/** What happens in this process while the proof is written. */
	private Runnable duringProof = () -> {
	};

	/** Null while nothing is noted. */
	@Nullable private List<String> steps;

	@BeforeEach
	void open() throws Exception {
		Path database = this.temp.resolve("app.db");
		Path meta = this.temp.resolve("meta");
		ShadowOptions options = new ShadowOptions("app", database, meta, Duration.ofMillis(50), Duration.ofMinutes(1),
				1000, 10_000, 121_359, WalPosition.MAX_OFFSET, 0, Map.of());
		ProtocolLock lock = new ProtocolLock();
		lock.lock();
		this.live = LiveDatabase.open(options, lock);
		this.shadow = ShadowWal.open(new NotingDisk(), meta, lock);
		RestartProof restartProof = new RestartProof(this.live, this.shadow);
		LitestreamListener listener = new LitestreamListener() {
			@Override
			public void synced(String name, long bytes, Duration duration, Outcome outcome) {
				note("copy");
			}
		};
		this.copier = new WalCopier(options, this.live, this.shadow, restartProof, listener, Clock.systemUTC(), () -> {
		});
		this.copier.startGeneration();
		this.checkpointer = new Checkpointer(options, this.live, this.shadow, this.copier, restartProof, listener);
		this.app = TestDatabase.open(database);
		this.other = TestDatabase.open(database);
		this.other.execute("PRAGMA busy_timeout=0");
		this.app.commits(3);
		this.copier.sync();
		this.steps = new ArrayList<>();
	}

	@AfterEach
	void close() throws Exception {
		this.steps = null;
		this.app.close();
		this.other.close();
		this.copier.close();
		this.shadow.close();
		this.live.close();
	}

	/** Notes what is copied and forced, and when the proof for a start is noted. */
	private final class NotingDisk extends DelegatingDisk {

		@Override
		protected void beforeForce() {
			note("force");
		}

		@Override
		public DiskFile open(Path file) throws IOException {
			noteProof(file);
			return super.open(file);
		}

		@Override
		public DiskFile create(Path file) throws IOException {
			noteProof(file);
			return super.create(file);
		}

		private void noteProof(Path file) {
			if (file.endsWith("clock")) {
				note("proof");
				CheckpointerOrderTests.this.duringProof.run();
			}
		}

	}

	/** Notes a step, how much is in the database file by then, and who guards. */
	private void note(String step) {
		List<String> noted = this.steps;
		if (noted == null) {
			return;
		}
		try {
			boolean all = this.live.session().published().isComplete();
			String line = step + (all ? " all" : " before") + (this.live.guard().isHeld() ? "" : " without reader")
					+ (isLocked() ? " locked" : "");
			// The clock may be looked at twice
			if (noted.isEmpty() || !noted.get(noted.size() - 1).equals(line)) {
				noted.add(line);
			}
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
		assertThat(this.checkpointer.gentle(Pin.NONE)).isEqualTo(new CheckpointEnd.Complete());
		assertThat(this.steps).containsExactly("copy before", "force before", "proof all", "copy all");
	}

	@Test
	void firmOneKeepsTheWriteLockUntilAReaderGuardsTheWalAgain() throws Exception {
		assertThat(this.checkpointer.firm(Pin.NONE)).isEqualTo(new CheckpointEnd.Complete());
		assertThat(this.steps).containsExactly("copy before", "force before", "copy all", "copy all locked",
				"force all locked", "proof all without reader locked", "copy all");
		assertThat(this.live.guard().isHeld()).isTrue();
		assertThat(isLocked()).isFalse();
	}

	@Test
	void firmOneTakesTheWriteLockAtOnceWhereTheWalIsNearlyTooLarge() throws Exception {
		assertThat(this.checkpointer.firm(Pin.NONE)).isEqualTo(new CheckpointEnd.Complete());
		this.app.execute("CREATE TABLE large AS SELECT zeroblob(37000000) AS v");
		assertThat(this.checkpointer.firm(Pin.NONE)).isEqualTo(new CheckpointEnd.Complete());
		// Without the lock nothing was copied back
		assertThat(this.steps).contains("copy before locked", "force before locked");
	}

	@Test
	void firmOneThatBeginsAsLateAsItMayCopiesItsBulkWithoutTheWriteLock() throws Exception {
		assertThat(this.checkpointer.firm(Pin.NONE)).isEqualTo(new CheckpointEnd.Complete());
		// More than three quarters of the limit, at which it begins then
		this.app.execute("CREATE TABLE large AS SELECT zeroblob(32000000) AS v");
		assertThat(this.live.session().published().log()).isBetween(7_500, 8_750);
		assertThat(this.checkpointer.firm(Pin.NONE)).isEqualTo(new CheckpointEnd.Complete());
		assertThat(this.steps).contains("copy all locked").doesNotContain("copy before locked");
	}

	@Test
	void walIsGuardedAgainWhereNoReaderCouldBeginUnderTheWriteLock() throws Exception {
		assertThat(this.live.session().tryBeginWrite()).isTrue();
		this.live.guard().release();
		assertThat(isLocked()).isTrue();
		this.copier.syncAndHandOver();
		assertThat(this.steps).endsWith("copy before");
		assertThat(this.live.guard().isHeld()).isTrue();
		assertThat(isLocked()).isFalse();
	}

	@Test
	void firmOneProvesHowFarTheDatabaseFileIs() throws Exception {
		this.checkpointer.firm(Pin.NONE);
		assertThat(this.shadow.readBackfilled()).isNotBlank();
	}

	@Test
	void proofIsWithdrawnIfTheLocksWereLostMeanwhile() throws Exception {
		this.duringProof = () -> {
			try (InputStream careless = Files.newInputStream(this.app.path())) {
				assertThat(careless).isNotNull();
			}
			catch (IOException ex) {
				throw new IllegalStateException(ex);
			}
		};
		this.checkpointer.firm(Pin.NONE);
		assertThat(this.shadow.readBackfilled()).isBlank();
	}

	@Test
	void firmOneDoesNotTakeTheWriteLockWhileAReaderPinsTheBulk() throws Exception {
		try (TestDatabase reader = TestDatabase.open(this.app.path())) {
			reader.execute("BEGIN");
			reader.query("SELECT count(*) FROM ledger");
			this.app.commit();
			assertThat(this.checkpointer.firm(Pin.NONE)).isEqualTo(new CheckpointEnd.HeldByReader());
		}
		assertThat(this.steps).containsExactly("copy before", "force before");
	}

	@Test
	void firmOneGivesUpWhereAWriterDoesNotEnd() throws Exception {
		this.app.execute("BEGIN IMMEDIATE");
		assertThat(this.checkpointer.firm(Pin.NONE)).isEqualTo(new CheckpointEnd.HeldByWriter(Duration.ofMillis(50)));
		assertThat(this.live.guard().isHeld()).isTrue();
	}

	@Test
	void readerOfTheEngineItselfIsNotTakenForAnother() throws Exception {
		try (TestDatabase reader = TestDatabase.open(this.app.path())) {
			reader.execute("BEGIN");
			reader.query("SELECT count(*) FROM ledger");
			this.app.commit();
			assertThat(this.checkpointer.gentle(Pin.OWN_VIEW)).isEqualTo(new CheckpointEnd.HeldByOwnView());
			assertThat(this.checkpointer.gentle(Pin.NONE)).isEqualTo(new CheckpointEnd.HeldByReader());
		}
	}

	@Test
	void indexThatIsNotClosedSaysWhetherByAReaderOrByAWriter() throws Exception {
		try (TestDatabase reader = TestDatabase.open(this.app.path())) {
			reader.execute("BEGIN");
			reader.query("SELECT count(*) FROM ledger");
			// All of the WAL is in the database file, but it cannot be restarted
			assertThat(this.checkpointer.closeIndex(1, Pin.NONE)).isEqualTo(new CheckpointEnd.HeldByReader());
		}
		this.app.execute("BEGIN IMMEDIATE");
		assertThat(this.checkpointer.closeIndex(1, Pin.NONE))
			.isEqualTo(new CheckpointEnd.HeldByWriter(Duration.ofMillis(50)));
		this.app.execute("ROLLBACK");
		assertThat(this.checkpointer.closeIndex(1, Pin.NONE)).isEqualTo(new CheckpointEnd.Complete());
		assertThat(this.shadow.isClosedIndex()).isTrue();
	}

}
