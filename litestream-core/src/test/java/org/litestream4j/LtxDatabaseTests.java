package org.litestream4j;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import ch.qos.logback.classic.Level;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.Snapshot;
import org.litestream4j.format.TransactionId;
import org.litestream4j.format.ltx.PlainLtxRestore;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;
import org.litestream4j.testing.CapturedLog;
import org.litestream4j.testing.PlainRestore;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;

/** A database whose replica is in the LTX format, with all its threads. */
@Timeout(180)
class LtxDatabaseTests {

	private static final Duration PATIENCE = Duration.ofMinutes(2);

	@TempDir
	private Path temp;

	/** Of the database that was started last. */
	private CountDownLatch snapshotTaken = new CountDownLatch(1);

	private LitestreamDatabase start(BackupFormat format) throws Exception {
		LitestreamOptions options = LitestreamOptions.builder(this.temp.resolve("app.db"))
			.monitorInterval(Duration.ofMillis(50))
			.minFreeSpace(0)
			.build();
		Replica replica = new Replica("one", new FileStore(this.temp.resolve("replica"), SystemDisk.ownerOnly()),
				Replica.Options.builder().syncInterval(Duration.ofMillis(5)).format(format).build());
		CountDownLatch taken = new CountDownLatch(1);
		this.snapshotTaken = taken;
		LitestreamListener listener = new LitestreamListener() {
			@Override
			public void snapshotTaken(String name, String to, @Nullable Snapshot snapshot, Duration duration,
					Outcome outcome) {
				taken.countDown();
			}
		};
		return LitestreamDatabase.start(options, List.of(replica), listener, java.util.Optional::empty);
	}

	/** A stop would end it. */
	private void awaitSnapshot() throws InterruptedException {
		assertThat(this.snapshotTaken.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
	}

	private void commit(LitestreamDatabase database, int commits) throws Exception {
		try (TestDatabase application = TestDatabase.open(database.options().database())) {
			for (int i = 0; i < commits; i++) {
				application.commits(1);
				database.sync(PATIENCE);
			}
		}
	}

	private long wholeFiles() throws Exception {
		try (Stream<Path> found = Files.list(this.temp.resolve("replica/ltx/9"))) {
			return found.count();
		}
	}

	@Test
	void restartsGoOnWithoutTheWholeDatabase() throws Exception {
		for (int run = 1; run <= 3; run++) {
			try (LitestreamDatabase database = start(BackupFormat.LTX)) {
				commit(database, 3);
				TransactionId txid = Objects.requireNonNull(database.status().replicas().get("one")).txid();
				assertThat(txid).isNotNull();
				assertThat(database.validate("one").valid()).isTrue();
				if (run == 1) {
					awaitSnapshot();
				}
			}
			assertThat(PlainLtxRestore.entriesIn(this.temp.resolve("replica"), this.temp)).contains(3 * run);
		}
		assertThat(wholeFiles()).isEqualTo(1);
	}

	@Test
	void formatIsChangedInPlaceAndBack() throws Exception {
		try (LitestreamDatabase database = start(BackupFormat.V3)) {
			commit(database, 2);
		}
		for (int run = 1; run <= 2; run++) {
			try (LitestreamDatabase database = start(BackupFormat.LTX)) {
				commit(database, 2);
				if (run == 1) {
					awaitSnapshot();
				}
			}
		}
		assertThat(PlainLtxRestore.entriesIn(this.temp.resolve("replica"), this.temp)).contains(6);
		assertThat(wholeFiles()).isEqualTo(1);
		assertThat(PlainRestore.entriesIn(this.temp.resolve("replica"), this.temp)).as("what was before").contains(2);
		try (LitestreamDatabase database = start(BackupFormat.V3)) {
			commit(database, 2);
		}
		assertThat(PlainRestore.entriesIn(this.temp.resolve("replica"), this.temp)).contains(8);
		try (LitestreamDatabase database = start(BackupFormat.LTX)) {
			commit(database, 2);
		}
		assertThat(PlainLtxRestore.entriesIn(this.temp.resolve("replica"), this.temp)).contains(10);
	}

	@Test
	void whatIsLeftInTheOtherFormatIsSaidOnceAtEachStart() throws Exception {
		try (CapturedLog log = CapturedLog.begin()) {
			try (LitestreamDatabase database = start(BackupFormat.V3)) {
				commit(database, 2);
				awaitSnapshot();
			}
			assertThat(log.messages(Level.INFO)).noneMatch((line) -> line.contains(" lies beside "));
		}
		expectLeftover(BackupFormat.LTX,
				" is written in LTX, and a backup in the format of v0.3 lies beside that in generations/: nothing writes to that any more and nothing deletes it, restores still find its states, and generations/ may be deleted by hand once none of them is needed");
		expectLeftover(BackupFormat.V3,
				" is written in the format of v0.3, and a backup in LTX lies beside that in ltx/: ");
		expectLeftover(BackupFormat.V3, ", and ltx/ may be deleted by hand");
	}

	private void expectLeftover(BackupFormat format, String expected) throws Exception {
		try (CapturedLog log = CapturedLog.begin()) {
			try (LitestreamDatabase database = start(format)) {
				commit(database, 2);
				assertThat(log.await(Level.INFO, " lies beside ")).startsWith("Database 'app.db': replica 'one' (file:")
					.contains(expected);
				database.validate("one");
			}
			assertThat(log.messages(Level.INFO)).filteredOn((line) -> line.contains(" lies beside ")).hasSize(1);
		}
	}

	@Test
	void snapshotIsMadeOnRequest() throws Exception {
		try (LitestreamDatabase database = start(BackupFormat.LTX)) {
			commit(database, 5);
			awaitSnapshot();
			database.snapshot("one");
		}
		assertThat(wholeFiles()).isEqualTo(2);
		assertThat(PlainLtxRestore.entriesIn(this.temp.resolve("replica"), this.temp)).contains(5);
	}

}
