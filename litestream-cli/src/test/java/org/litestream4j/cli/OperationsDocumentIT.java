package org.litestream4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.testing.ChildProcess;
import org.litestream4j.testing.EnabledIfRealLitestream;
import org.litestream4j.testing.EnabledIfSqlite3;
import org.litestream4j.testing.RealLitestream;

import static org.assertj.core.api.Assertions.assertThat;

/** Runs the commands of {@code docs/operations.md} that need no application. */
class OperationsDocumentIT {

	private static final Pattern BLOCK = Pattern.compile("(?ms)^```shell\\R(.*?)^```$");

	@TempDir
	private Path directory;

	@Test
	@EnabledIfRealLitestream
	@EnabledIfSqlite3
	void commandsWorkInTheOrderOfThePage() throws IOException {
		Files.createDirectories(this.directory.resolve("data"));
		Files.createDirectories(this.directory.resolve("backups"));
		Path replica = Recorded.copy("plain", this.directory.resolve("backups/app"));
		Path database = this.directory.resolve("data/app.db");
		assertThat(CliRun.of("restore", "-o", database.toString(), Recorded.url(replica)).code()).isZero();
		String before = Recorded.sha256(database);
		List<String> blocks = blocks();
		assertThat(blocks).hasSizeGreaterThanOrEqualTo(7);
		for (String block : blocks) {
			try (ChildProcess bash = run(here(block))) {
				assertThat(bash.waitFor()).as("%s%n%s", block, bash).isZero();
			}
		}
		assertThat(Recorded.sha256(this.directory.resolve("data/new/app.db"))).isEqualTo(before);
		assertThat(this.directory.resolve("data/damaged/app.db")).exists();
		assertThat(this.directory.resolve("tmp-drill")).doesNotExist();
	}

	private static List<String> blocks() throws IOException {
		List<String> blocks = new ArrayList<>();
		Matcher matcher = BLOCK.matcher(Files.readString(Path.of("../docs/operations.md")));
		while (matcher.find()) {
			blocks.add(matcher.group(1));
		}
		return blocks;
	}

	/** The page's paths, below this test's directory. */
	private String here(String block) {
		return block.replace("/var/backups/app", this.directory.resolve("backups/app").toString())
			.replace("/data/", this.directory.resolve("data") + "/")
			.replace("/tmp/drill", this.directory.resolve("tmp-drill").toString())
			.replace("litestream-cli.jar", Objects.requireNonNull(System.getProperty("cli.jar")));
	}

	private ChildProcess run(String script) throws IOException {
		Path java = Path.of(System.getProperty("java.home"), "bin");
		Path litestream = Objects.requireNonNull(RealLitestream.find().orElseThrow().getParent());
		ProcessBuilder builder = new ProcessBuilder("bash", "-euo", "pipefail", "-c", script)
			.directory(this.directory.toFile());
		builder.environment().merge("PATH", java + ":" + litestream, (path, ours) -> ours + ":" + path);
		return ChildProcess.start("bash", builder, Duration.ofMinutes(3));
	}

}
