package org.litestream4j;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.replica.FileReplicaClient;
import org.litestream4j.restore.RestoreException;
import org.litestream4j.restore.RestoreException.Kind;
import org.litestream4j.restore.RestoreProgress;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What becomes of a database whose files are moved, replaced or deleted while it runs.
 */
@Timeout(180)
class FileLossTests {

	@TempDir
	private Path temp;

	private Path file;

	private Path saved;

	@BeforeEach
	void nameFiles() {
		this.file = this.temp.resolve("data/app.db");
		this.saved = this.temp.resolve("saved/saved.db");
	}

	private LitestreamDatabase start() throws IOException {
		Files.createDirectories(this.file.getParent());
		Replica replica = new Replica("file",
				new FileReplicaClient(this.temp.resolve("replica"), SystemDisk.ownerOnly()), Replica.Options.DEFAULTS);
		return LitestreamDatabase.start(LitestreamOptions.of(this.file), List.of(replica), LitestreamListener.NONE);
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
			Path other = Files.writeString(this.temp.resolve("other"), "not a database");
			Files.move(other, this.file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
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
			assertThat(database.snapshot(null)).hasSize(1);
			assertThat(database.validate(null)).allMatch(ValidationReport::valid);
		}
	}

}
