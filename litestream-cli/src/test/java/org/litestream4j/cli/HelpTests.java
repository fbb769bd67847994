package org.litestream4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.restore.RestoreLock;

import static org.assertj.core.api.Assertions.assertThat;

class HelpTests {

	@ParameterizedTest
	@ValueSource(strings = { "restore", "generations", "snapshots", "wal", "validate" })
	void helpNamesTheExitCodes(String command) {
		CliRun help = CliRun.of(command, "-help");
		assertThat(help.code()).isZero();
		assertThat(help.out())
			.containsPattern("Exit codes:\\R +0 +\\w+\\R +1 +not done.*\\R +2 +the command line is wrong");
		assertThat(help.out().contains("  3  ")).isEqualTo(command.equals("validate"));
	}

	@Test
	void exitCodesOfTheDocumentAreThoseOfTheHelp() throws IOException {
		String document = Files.readString(Path.of("../docs/operations.md"));
		CliRun.of("-help")
			.out()
			.lines()
			.map(String::strip)
			.filter((line) -> line.matches("\\d  .*"))
			.forEach((line) -> {
				String meaning = line.substring(1).strip().replace("validate", "`validate`");
				assertThat(document).contains("| %s | %s |".formatted(line.charAt(0), meaning));
			});
		assertThat(CliRun.of("-help").out()).contains("  4  ");
	}

	@ParameterizedTest
	@ValueSource(strings = { "restore", "validate" })
	void parallelismSaysHowManySmallObjectsCountAsOne(String command) {
		assertThat(CliRun.of(command, "-help").out().replaceAll("\\s+", " "))
			.contains("up to six small ones count as one");
	}

	@Test
	void whoWaitsForAnotherRestoreIsTold() throws IOException {
		Properties logging = new Properties();
		try (InputStream in = HelpTests.class.getResourceAsStream("/simplelogger.properties")) {
			logging.load(in);
		}
		assertThat(logging).containsEntry("org.slf4j.simpleLogger.log." + RestoreLock.class.getName(), "info");
	}

}
