package org.litestream4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.litestream4j.testing.ChildProcess;

import static org.assertj.core.api.Assertions.assertThat;

class CompletionCommandTests {

	@TempDir
	private Path directory;

	@ParameterizedTest
	@CsvSource({ "bash,resto,restore", "bash,stat,status", "bash,restore -integ,-integrity-check",
			"bash,restore -integrity-check q,quick", "bash,completion z,zsh", "zsh,resto,restore",
			"zsh,restore -integ,-integrity-check", "zsh,restore -integrity-check q,quick", "zsh,diff -fr,-from" })
	void shellCompletesCommandsAndOptionsAndValues(String shell, String begun, String expected) throws IOException {
		Assumptions.assumeTrue(shell.equals("bash") || Files.isExecutable(Path.of("/usr/bin/zsh")),
				"zsh is not installed");
		CliRun run = CliRun.of("completion", shell);
		assertThat(run.code()).isZero();
		Path script = Files.writeString(this.directory.resolve("completion"), run.out());
		String emulate = shell.equals("zsh") ? "emulate sh; " : ""; // as bashcompinit
																	// does
		String ask = "source %s; %sCOMP_WORDS=(litestream-cli %s); COMP_CWORD=%d; _complete_litestream-cli; echo \"${COMPREPLY[@]}\""
			.formatted(script, emulate, begun, begun.split(" ").length);
		ProcessBuilder builder = new ProcessBuilder(shell, "-c", ask).directory(this.directory.toFile());
		try (ChildProcess process = ChildProcess.start(shell, builder, Duration.ofMinutes(1))) {
			assertThat(process.waitFor()).as("%s", process).isZero();
			List<String> lines = process.remainingLines();
			List<String> offered = List.of(lines.get(lines.size() - 1).split(" "));
			assertThat(offered).contains(expected);
			if (shell.equals("bash")) { // zsh itself leaves out what does not begin so
				assertThat(offered).hasSize(1);
			}
		}
	}

	@Test
	void otherShellIsRefused() {
		CliRun run = CliRun.of("completion", "fish");
		assertThat(run.code()).isEqualTo(2);
		assertThat(run.err()).contains("bash, zsh");
	}

}
