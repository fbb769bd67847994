package org.litestream4j.cli;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

@Timeout(180)
class DatabaseAtRestTests {

	@TempDir
	private Path directory;

	private Path database = Path.of("");

	@BeforeEach
	void restore() throws IOException {
		this.database = this.directory.resolve("app.db");
		String url = Recorded.url(Recorded.copy("plain", this.directory.resolve("replica")));
		assertThat(CliRun.of("restore", "-o", this.database.toString(), url).code()).isZero();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "-wal", "-shm", "-journal" })
	void pipeIsNotWaitedFor(String suffix) throws Exception {
		Path pipe = this.directory.resolve("app.db" + suffix);
		Files.deleteIfExists(pipe);
		assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0);
		assertThatIOException().isThrownBy(() -> DatabaseAtRest.of(this.database))
			.withMessageContaining(pipe.getFileName() + " is a directory, link, pipe or device");
	}

	@ParameterizedTest
	@ValueSource(strings = { "-wal", "-shm", "-journal" })
	void linkThatSqliteWouldNotFollowIsNotFollowed(String suffix) throws IOException {
		Path elsewhere = Files.writeString(this.directory.resolve("elsewhere"), "of somebody else");
		Files.createSymbolicLink(this.directory.resolve("app.db" + suffix), elsewhere);
		assertThatIOException().isThrownBy(() -> DatabaseAtRest.of(this.database))
			.withMessageContaining("app.db" + suffix + " is a directory, link, pipe or device");
		assertThat(elsewhere).hasContent("of somebody else");
	}

	@Test
	void directoryIsNoDatabase() {
		assertThatIOException().isThrownBy(() -> DatabaseAtRest.of(this.directory))
			.withMessageContaining("give the path of a database");
	}

	@Test
	void linkToADatabaseLeadsToWhatLiesBesideIt() throws IOException {
		Path link = Files.createSymbolicLink(this.directory.resolve("link.db"), this.database);
		DatabaseAtRest atRest = DatabaseAtRest.of(link);
		assertThat(atRest.path()).isEqualTo(this.database.toRealPath());
		assertThat(atRest.wal()).isEqualTo(this.database.toRealPath().resolveSibling("app.db-wal"));
		assertThat(atRest.pageSize()).isEqualTo(4096);
	}

	@ParameterizedTest
	@CsvSource({ "0,0", "0,3", "1,1", "1,0", "48,0", "255,255" })
	void headerWithAnImpossiblePageSizeIsNoDatabase(int high, int low) throws IOException {
		try (RandomAccessFile file = new RandomAccessFile(this.database.toFile(), "rw")) {
			file.seek(16);
			file.write(high);
			file.write(low);
		}
		CliRun run = CliRun.of("validate", "-temp-directory", this.directory.toString(), "-db",
				this.database.toString(), Recorded.url(this.directory.resolve("replica")));
		assertThat(run.code()).as("%s", run).isEqualTo(1);
		assertThat(run.err()).contains("is not a SQLite database", "a power of two from 512 to 65536").hasLineCount(1);
	}

}
