package org.litestream4j.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * The real Litestream v0.3.13 reads what the application has written.
 */
class RealLitestreamIT {

	private static final String TOOL = ".tools/node_modules/@flydotio/litestream-linux-x64/litestream";

	@TempDir
	Path home;

	@BeforeAll
	static void findTheTool() {
		boolean found = Files.isExecutable(tool());
		if (!found && "true".equals(System.getenv("CI"))) {
			fail("the real litestream is missing: %s, or LITESTREAM_BIN", tool());
		}
		assumeTrue(found,
				"the real litestream is not installed: set LITESTREAM_BIN, or npm install @flydotio/litestream in .tools");
	}

	@Test
	void restoreByTheRealLitestreamGivesTheSameNotes() throws Exception {
		Path replica = this.home.resolve("replica");
		List<String> notes;
		try (SampleProcess sample = SampleProcess.start(this.home, "--litestream.replicas[0].url=" + replica.toUri())) {
			Notes.write(sample, 40);
			sample.post(Notes.DATABASE + "/snapshot", "{}").is(200);
			Notes.write(sample, 10);
			sample.delete("/api/notes/7").is(204);
			Notes.sync(sample);
			notes = Notes.all(sample);
			assertThat(restored(replica, "while-running.db")).isEqualTo(notes).hasSize(49);
			sample.stop();
		}
		assertThat(restored(replica, "after-stop.db")).isEqualTo(notes);
	}

	private List<String> restored(Path replica, String name) throws IOException, InterruptedException, SQLException {
		Path output = this.home.resolve(name);
		Process process = new ProcessBuilder(tool().toString(), "restore", "-o", output.toString(),
				replica.toUri().toString())
			.redirectErrorStream(true)
			.redirectOutput(this.home.resolve(name + ".log").toFile())
			.start();
		assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
		assertThat(process.exitValue()).as(Files.readString(this.home.resolve(name + ".log"))).isZero();
		return Notes.allIn(output);
	}

	private static Path tool() {
		String given = System.getenv("LITESTREAM_BIN");
		return (given != null) ? Path.of(given) : Path.of("").toAbsolutePath().resolveSibling(TOOL);
	}

}
