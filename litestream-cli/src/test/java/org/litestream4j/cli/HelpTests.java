package org.litestream4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.restore.RestoreLock;

import static org.assertj.core.api.Assertions.assertThat;

class HelpTests {

	@ParameterizedTest
	@ValueSource(strings = { "restore", "generations", "snapshots", "wal", "validate", "log" })
	void helpNamesTheExitCodes(String command) {
		CliRun help = CliRun.of(command, "-help");
		assertThat(help.code()).isZero();
		assertThat(help.out())
			.containsPattern("Exit codes:\\R +0 +\\w+\\R +1 +not done.*\\R +2 +the command line is wrong");
		assertThat(help.out().contains("  3  ")).isEqualTo(command.equals("validate"));
	}

	@Test
	void helpIsACommandToo() {
		assertThat(CliRun.of("help")).isEqualTo(CliRun.of("-help"));
		assertThat(CliRun.of("help", "restore")).isEqualTo(CliRun.of("restore", "-help"));
		CliRun unknown = CliRun.of("help", "restroe");
		assertThat(unknown.code()).isEqualTo(2);
		assertThat(unknown.err()).startsWith("'restroe' is not a command: one of restore, validate, ");
	}

	@Test
	void withoutAnArgumentTheUsageIsShownAsForABadCommandLine() {
		CliRun run = CliRun.of();
		assertThat(run.code()).isEqualTo(2);
		assertThat(run.out()).isEmpty();
		assertThat(run.err()).isEqualTo(CliRun.of("help").out());
	}

	@Test
	void exitCodesOfTheDocumentAreThoseOfTheHelp() throws IOException {
		String document = Files.readString(Path.of("../docs/operations.md"));
		Matcher codes = Pattern.compile("(?m)^  (\\d)  (.*(?:\\R {5}.*)*)").matcher(CliRun.of("-help").out());
		while (codes.find()) {
			String meaning = codes.group(2)
				.strip()
				.replaceAll("\\s+", " ")
				.replaceAll("\\b(validate|check|status|bisect|diff -exit-code)\\b(?!s)(?=[:, ])", "`$1`");
			assertThat(document).contains("| %s | %s |".formatted(codes.group(1), meaning));
		}
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
