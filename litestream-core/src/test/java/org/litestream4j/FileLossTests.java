package org.litestream4j;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.DatabaseStatus.State;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;
import org.litestream4j.testing.CapturedLog;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * What becomes of a database whose files are moved, replaced or deleted while it runs.
 */
@Timeout(180)
class FileLossTests {

	private static final Duration PATIENCE = Duration.ofMinutes(2);

	@TempDir
	private Path temp;

	private Path file;

	private Path saved;

	@BeforeEach
	void nameFiles() {
		this.file = this.temp.resolve("data/app.db");
		this.saved = this.temp.resolve("saved/saved.db");
	}

	private final List<String> problems = new CopyOnWriteArrayList<>();

	/** Notes what is wrong, and what is no more. */
	private final LitestreamListener listener = new LitestreamListener() {
		@Override
		public void problemFound(String database, @Nullable String replica, Problem problem, String detail) {
			assertThat(replica).isNull();
			assertThat(problem).isEqualTo(Problem.DATABASE_FILE_REPLACED);
			FileLossTests.this.problems.add(detail);
		}

		@Override
		public void problemSolved(String database, @Nullable String replica, Problem problem) {
			FileLossTests.this.problems.add("solved");
		}
	};

	private LitestreamDatabase start() throws IOException {
		Files.createDirectories(this.file.getParent());
		return LitestreamDatabase.start(LitestreamOptions.of(this.file), List.of(replica()), this.listener);
	}

	private Replica replica() {
		return new Replica("file", new FileStore(this.temp.resolve("replica"), SystemDisk.ownerOnly()),
				Replica.Options.DEFAULTS);
	}

	private BackupReport backup(LitestreamDatabase database) throws IOException {
		return database.backup(this.saved, RestoreProgress.NONE);
	}

	private void deleteFiles() throws IOException {
		for (String suffix : List.of("", "-wal", "-shm")) {
			Files.delete(Path.of(this.file + suffix));
		}
	}

	@Test
	void backupIsWhatWasCommittedAndItsChecksumIsThatOfTheFile() throws Exception {
		try (LitestreamDatabase database = start(); TestDatabase app = TestDatabase.open(this.file)) {
			app.commits(30);
			BackupReport report = backup(database);
			assertThat(TestDatabase.names(this.temp.resolve("saved"))).containsExactly("saved.db");
			byte[] content = Files.readAllBytes(this.saved);
			assertThat(report.outputPath()).isEqualTo(this.saved);
			assertThat(report.bytes()).isEqualTo(content.length);
			assertThat(report.sha256())
				.isEqualTo(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content)));
			assertThat(TestDatabase.entriesIn(this.saved)).isEqualTo(30);
		}
	}

	@Test
	void backupOfDeletedFilesHoldsWhatWasCommittedAfterThat() throws Exception {
		try (LitestreamDatabase database = start(); TestDatabase app = TestDatabase.open(this.file)) {
			app.commits(10);
			database.sync(PATIENCE);
			deleteFiles();
			app.commits(6);
			backup(database);
			assertThat(TestDatabase.entriesIn(this.saved)).isEqualTo(16);
			assertThat(this.file.getParent()).as("nothing was opened by the old name")
				.isDirectoryNotContaining((path) -> path.getFileName().toString().startsWith("app.db"));
		}
	}

	@Test
	void backupOfAReplacedFileIsOfTheOneThatIsOpen() throws Exception {
		try (LitestreamDatabase database = start(); TestDatabase app = TestDatabase.open(this.file)) {
			app.commits(10);
			database.sync(PATIENCE);
			Path other = Files.writeString(this.temp.resolve("other"), "not a database");
			Files.move(other, this.file, StandardCopyOption.REPLACE_EXISTING);
			app.commits(6);
			backup(database);
			assertThat(TestDatabase.entriesIn(this.saved)).isEqualTo(16);
			assertThat(this.file).hasContent("not a database");
		}
	}

	@Test
	void backupBesideAWriterIsOneCommittedState() throws Exception {
		try (LitestreamDatabase database = start(); TestDatabase app = TestDatabase.open(this.file)) {
			app.commits(50);
			AtomicBoolean ended = new AtomicBoolean();
			Thread writer = new Thread(() -> {
				try {
					while (!ended.get()) {
						app.commit(2000);
					}
				}
				catch (java.sql.SQLException ex) {
					throw new IllegalStateException(ex);
				}
			});
			writer.start();
			try {
				for (int i = 0; i < 5; i++) {
					this.saved = this.temp.resolve("saved/saved%d.db".formatted(i));
					backup(database);
					assertThat(TestDatabase.entriesIn(this.saved)).isGreaterThanOrEqualTo(50);
				}
			}
			finally {
				ended.set(true);
				writer.join();
			}
		}
	}

	@Test
	void backupReplacesNothingAndLeavesNothingWhenItFails() throws Exception {
		try (LitestreamDatabase database = start(); TestDatabase app = TestDatabase.open(this.file)) {
			app.commits(3);
			Files.createDirectories(this.saved.getParent());
			Path wal = Files.writeString(Path.of(this.saved + "-wal"), "mine", StandardCharsets.US_ASCII);
			assertThatExceptionOfType(RestoreException.class).isThrownBy(() -> backup(database))
				.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.OUTPUT_EXISTS))
				.withMessageContaining(wal.toString());
			Files.move(wal, this.saved);
			assertThatExceptionOfType(RestoreException.class).isThrownBy(() -> backup(database))
				.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.OUTPUT_EXISTS));
			assertThat(this.saved).hasContent("mine");
			assertThat(TestDatabase.names(this.temp.resolve("saved"))).containsExactly("saved.db");
		}
	}

	@Test
	void engineGoesOnAfterABackup() throws Exception {
		try (LitestreamDatabase database = start(); TestDatabase app = TestDatabase.open(this.file)) {
			app.commits(3);
			backup(database);
			app.commits(3);
			assertThat(database.sync(Duration.ofSeconds(60)).offset()).isPositive();
			assertThat(database.snapshot()).hasSize(1);
			assertThat(database.validate()).allMatch(ValidationReport::valid);
		}
	}

	@Test
	void deletedFilesAreAProblemAtOnceAndWhatIsCommittedIsStillShipped() throws Exception {
		try (LitestreamDatabase database = start(); TestDatabase app = TestDatabase.open(this.file)) {
			app.commits(3);
			database.sync(PATIENCE);
			WalPosition before = database.status().position();
			assertThat(database.status().problem()).isNull();
			deleteFiles();
			String problem = database.status().problem();
			assertThat(problem).contains(this.file + " was deleted", "do not stop it", "POST …/backup", "/proc/");
			assertThat(database.status().state()).isEqualTo(State.FAILING);
			assertThat(this.problems).containsExactly(problem);
			app.commits(6);
			assertThatIOException().isThrownBy(() -> database.sync(PATIENCE)).withMessage(problem);
			DatabaseStatus status = database.status();
			assertThat(status.position()).isNotEqualTo(before);
			assertThat(status.replicas().get("file")).isNotNull()
				.satisfies((replica) -> assertThat(replica.position()).isEqualTo(status.position()))
				.satisfies((replica) -> assertThat(replica.lastError()).isEqualTo(problem));
			assertThat(this.problems).hasSize(1);
		}
		assertThat(restored()).isEqualTo(9);
	}

	/** How many entries the replica restores. */
	private int restored() throws Exception {
		Path output = this.temp.resolve("restored.db");
		new LitestreamRestore("app.db", List.of(replica()), LitestreamListener.NONE)
			.restore(RestoreRequest.latest(output), RestoreProgress.NONE);
		return TestDatabase.entriesIn(output);
	}

	@Test
	void fileThatWasMovedAndIsMovedBackIsNoProblemAnyMore() throws Exception {
		try (LitestreamDatabase database = start(); TestDatabase app = TestDatabase.open(this.file)) {
			app.commits(3);
			Path aside = this.temp.resolve("data/app.db.bak");
			Files.move(this.file, aside);
			assertThat(database.status().problem()).contains("was moved to " + aside);
			app.commits(3);
			Files.move(aside, this.file);
			assertThat(database.status().problem()).isNull();
			assertThat(this.problems).hasSize(2).last().isEqualTo("solved");
			app.commits(3);
			database.sync(PATIENCE);
		}
		assertThat(restored()).isEqualTo(9);
	}

	@Test
	void requestsOpenNothingByTheNameOfAFileThatWasMoved() throws Exception {
		try (LitestreamDatabase database = start(); TestDatabase app = TestDatabase.open(this.file)) {
			app.commits(3);
			database.sync(PATIENCE);
			Files.move(this.file, this.temp.resolve("data/app.db.bak"));
			Path wal = Path.of(this.file + "-wal");
			long size = Files.size(wal);
			assertThatIOException().isThrownBy(() -> database.validate()).withMessageContaining("was moved");
			assertThatIOException().isThrownBy(() -> database.snapshot()).withMessageContaining("was moved");
			assertThat(this.file).doesNotExist();
			assertThat(wal).hasSize(size);
		}
	}

	@Test
	void requestsDoNotLayTheOldWalOverANewFile() throws Exception {
		Path other = this.temp.resolve("other.db");
		try (TestDatabase made = TestDatabase.open(other)) {
			made.commits(100);
		}
		byte[] content = Files.readAllBytes(other);
		try (LitestreamDatabase database = start(); TestDatabase app = TestDatabase.open(this.file)) {
			app.commits(3);
			database.sync(PATIENCE);
			Files.move(other, this.file, StandardCopyOption.REPLACE_EXISTING);
			assertThatIOException().isThrownBy(() -> database.validate()).withMessageContaining("was replaced");
			assertThatIOException().isThrownBy(() -> database.snapshot()).withMessageContaining("was replaced");
			assertThat(Files.readAllBytes(this.file)).isEqualTo(content);
		}
		assertThat(Files.readAllBytes(this.file)).as("not at the stop either").isEqualTo(content);
	}

	@Test
	void stopWarnsOfWhatIsCommittedToADeletedFile() throws Exception {
		try (CapturedLog log = CapturedLog.begin()) {
			LitestreamDatabase database = start();
			TestDatabase app = TestDatabase.open(this.file);
			try (app; database) {
				app.commits(3);
				database.sync(PATIENCE);
				deleteFiles();
				app.commits(3);
				database.close();
			}
			assertThat(log.warnings()).anyMatch((line) -> line.contains("what was committed after that is lost")
					&& line.contains(this.file + " was deleted"));
		}
	}

	@Test
	void walThatAloneWasDeletedIsAProblemAndCanBeBackedUp() throws Exception {
		try (LitestreamDatabase database = start(); TestDatabase app = TestDatabase.open(this.file)) {
			app.commits(3);
			database.sync(PATIENCE);
			Files.delete(Path.of(this.file + "-wal"));
			assertThat(database.status().problem()).contains("app.db-wal was deleted or replaced");
			app.commits(3);
			backup(database);
			assertThat(TestDatabase.entriesIn(this.saved)).isEqualTo(6);
		}
	}

}
