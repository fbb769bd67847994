package org.litestream4j.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.testing.ChildJvm;
import org.litestream4j.testing.ChildProcess;

import static org.assertj.core.api.Assertions.assertThat;

/** The command line in a process of its own: killed, and with variables. */
class CommandProcessIT {

	/** Runs until its process ends. */
	private static final String ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

	@TempDir
	private Path directory;

	private String url = "";

	private Path scratch = Path.of("");

	@BeforeEach
	void copyReplica() throws IOException {
		Files.createDirectory(this.directory.resolve("replica"));
		this.url = Recorded.url(Recorded.copy("incremental", this.directory.resolve("replica/orders")));
		this.scratch = Files.createDirectory(this.directory.resolve("scratch"));
	}

	private ChildProcess startEndless(String command) throws IOException {
		ChildProcess process = ChildJvm.start(LitestreamCli.class, command, "-temp-directory", this.scratch.toString(),
				this.url, ENDLESS);
		while (process.isAlive() && !isThere(this.scratch)) {
			Thread.onSpinWait();
		}
		assertThat(process.isAlive()).as("%s", process).isTrue();
		return process;
	}

	/** Whether a database was restored to a directory in it. */
	private static boolean isThere(Path scratch) throws IOException {
		try (Stream<Path> files = Files.find(scratch, 2, (file, attributes) -> attributes.isRegularFile())) {
			return files.findAny().isPresent();
		}
		catch (UncheckedIOException ex) {
			return false; // made and gone while it was listed
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "query", "bisect" })
	void commandThatIsToldToEndLeavesNothing(String command) throws IOException {
		try (ChildProcess process = startEndless(command)) {
			assertThat(process.terminate()).isEqualTo(143);
		}
		assertThat(this.scratch).isEmptyDirectory();
	}

	@ParameterizedTest
	@ValueSource(strings = { "query", "bisect" })
	void nextOneDeletesWhatAKilledOneLeft(String command) throws IOException {
		try (ChildProcess process = startEndless(command)) {
			process.kill();
			process.waitFor();
		}
		List<Path> left = new ArrayList<>();
		try (Stream<Path> paths = Files.list(this.scratch)) {
			paths.forEach(left::add);
		}
		assertThat(left).hasSize(1);
		Files.setLastModifiedTime(left.get(0), FileTime.from(Instant.now().minus(Duration.ofHours(1))));
		CliRun next = CliRun.of(command, "-temp-directory", this.scratch.toString(), this.url, "SELECT 1");
		assertThat(next.code()).as("%s", next).isIn(0, 3);
		assertThat(this.scratch).isEmptyDirectory();
	}

	/** A redirected script must not look whole when the disk was full. */
	@Test
	void outputThatCannotBeWrittenIsAFailure() throws IOException {
		Assumptions.assumeTrue(Files.exists(Path.of("/dev/full")), "there is no /dev/full");
		ProcessBuilder builder = command("log", this.url)
			.redirectOutput(ProcessBuilder.Redirect.to(Path.of("/dev/full").toFile()));
		Process process = builder.redirectError(this.directory.resolve("err").toFile()).start();
		try {
			assertThat(process.onExit().join().exitValue()).isEqualTo(1);
			assertThat(this.directory.resolve("err")).content()
				.endsWith("Standard output cannot be written: No space left on device\n");
		}
		finally {
			process.destroyForcibly();
		}
	}

	private static ProcessBuilder command(String... arguments) {
		List<String> line = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(),
				LitestreamCli.class.getName()));
		line.addAll(List.of(arguments));
		ProcessBuilder builder = new ProcessBuilder(line);
		builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
		return builder;
	}

	@Test
	void variablesInTheNamesOfTheApplicationReachItsConfiguration() throws IOException {
		Path file = Files.writeString(this.directory.resolve("application.yml"), "spring.application.name: x\n");
		Map<String, String> all = Map.of("LITESTREAM_REPLICAS_0_URL",
				this.directory.resolve("replica").toUri() + "{database}");
		Map<String, String> one = Map.of("LITESTREAM_DATABASES_ORDERS_REPLICAS_0_URL", this.url,
				"LITESTREAM_REPLICAS_0_URL", "file:///nowhere");
		for (Map<String, String> variables : List.of(all, one)) {
			ProcessBuilder builder = command("status", "-config", file.toString(), "orders");
			builder.environment().putAll(variables);
			try (ChildProcess run = ChildProcess.start("status", builder, Duration.ofMinutes(2))) {
				assertThat(run.remainingLines()).singleElement().asString().contains("replica/orders", "newest state");
				assertThat(run.waitFor()).as("%s", run).isZero();
			}
		}
	}

}
