package org.litestream4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.io.DirectoryLock;
import org.litestream4j.testing.ChildProcess;
import org.litestream4j.testing.EnabledIfSqlite3;
import org.litestream4j.testing.Sqlite3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Restores to where no restore should go. */
@Timeout(180)
class RestorePlacesTests {

	@TempDir
	private Path directory;

	private Path output = Path.of("");

	private String url = "";

	@BeforeEach
	void copyReplica() throws IOException {
		this.output = this.directory.resolve("app.db");
		this.url = Recorded.url(Recorded.copy("plain", this.directory.resolve("replica")));
	}

	private CliRun restore(String... options) {
		return CliRun
			.of(Stream.of(Stream.of("restore"), Stream.of(options), Stream.of("-o", this.output.toString(), this.url))
				.flatMap((part) -> part)
				.toArray(String[]::new));
	}

	private void assertRefusedAsSpecial() throws IOException {
		List<String> before = files();
		for (String option : List.of("-parallelism=2", "-if-db-not-exists")) {
			CliRun run = restore(option);
			assertThat(run.code()).as("%s", run).isEqualTo(1);
			assertThat(run.isOneSentence()).isTrue();
			assertThat(run.err()).contains("this is not a regular file", "restore to another path");
		}
		assertThat(files()).isEqualTo(before);
	}

	@Test
	void pipeIsRefused() throws Exception {
		assumeTrue(new ProcessBuilder("mkfifo", this.output.toString()).start().waitFor() == 0);
		assertRefusedAsSpecial();
	}

	@Test
	void linkToNothingIsRefused() throws IOException {
		Files.createSymbolicLink(this.output, this.directory.resolve("nowhere"));
		assertRefusedAsSpecial();
	}

	@Test
	void directoryIsRefused() throws IOException {
		Files.createDirectory(this.output);
		assertRefusedAsSpecial();
	}

	@ParameterizedTest
	@ValueSource(strings = { "/dev/null", "/dev/stdout" })
	void deviceIsRefusedWithoutAdviceToMoveItAway(Path device) {
		assumeTrue(Files.exists(device, LinkOption.NOFOLLOW_LINKS));
		this.output = device;
		CliRun run = restore();
		assertThat(run.code()).isEqualTo(1);
		assertThat(run.err()).contains("this is not a regular file").doesNotContain("move it away");
	}

	@Test
	void emptyFileAtTheEndOfALinkIsAMissingDatabaseThere() throws IOException {
		Path real = Files.createFile(Files.createDirectory(this.directory.resolve("disk")).resolve("real.db"));
		Files.createSymbolicLink(this.output, real);
		assertThat(restore("-if-db-not-exists").code()).isZero();
		assertThat(this.output).isSymbolicLink();
		assertThat(real).hasSize(327_680);
	}

	@Test
	void databaseAtTheEndOfALinkIsThere() throws IOException {
		Files.createSymbolicLink(this.output, Files.writeString(this.directory.resolve("real.db"), "precious"));
		CliRun run = restore("-if-db-not-exists");
		assertThat(run.code()).isZero();
		assertThat(run.err()).contains("nothing to do");
		assertThat(this.output).hasContent("precious");
	}

	@ParameterizedTest
	@ValueSource(strings = { "-parallelism=2", "-if-db-not-exists" })
	void databaseWhoseApplicationRunsIsRefusedThoughItsFileIsGone(String option) throws IOException {
		Path meta = Files.createDirectories(this.output.resolveSibling(".app.db-litestream"));
		try (DirectoryLock engine = DirectoryLock.acquire(meta)) {
			assertThat(engine).isNotNull();
			CliRun run = restore(option);
			assertThat(run.code()).as("%s", run).isEqualTo(1);
			assertThat(run.isOneSentence()).isTrue();
			assertThat(run.err()).contains("is in use", "stop the application").doesNotContain("meta-directory");
		}
		assertThat(files()).containsExactly(".app.db-litestream", "replica");
		assertThat(restore(option).code()).isZero();
		assertThat(files()).containsExactly(".app.db-litestream", "app.db", "replica");
	}

	@Test
	@EnabledIfSqlite3
	void databaseThatIsOpenAndEmptyIsNotMovedAside() throws IOException {
		try (ChildProcess shell = Sqlite3.start(this.output)) {
			shell.send("pragma journal_mode=wal; select 'tables', count(*) from sqlite_master;");
			shell.awaitLine((line) -> line.startsWith("tables"));
			List<String> before = files();
			CliRun run = restore("-if-db-not-exists");
			assertThat(run.code()).as("%s", run).isEqualTo(1);
			assertThat(run.err()).contains("open in another process", "before it is restored").hasLineCount(1);
			assertThat(files()).isEqualTo(before);
		}
	}

	private List<String> files() throws IOException {
		try (Stream<Path> files = Files.list(this.directory)) {
			return files.map((file) -> file.getFileName().toString()).sorted().toList();
		}
	}

	/** As a name that the locale cannot encode is, wherever Java was started. */
	@Test
	void outputThatIsNotAPathIsNamedWithoutJavasWords() {
		CliRun run = CliRun.of("restore", "-o", "app\0.db", this.url);
		assertThat(run.code()).isEqualTo(2);
		assertThat(run.err()).contains("-o", "is not a path: Nul character not allowed")
			.doesNotContain("Exception", "java.");
	}

}
