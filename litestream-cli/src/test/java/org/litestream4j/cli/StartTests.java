package org.litestream4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.testing.ChildJvm;
import org.litestream4j.testing.ChildProcess;

import static org.assertj.core.api.Assertions.assertThat;

/** What a run loads is most of what it takes to start, and what is looked at here. */
class StartTests {

	/** Only some commands need them, with some replicas. */
	private static final List<String> LARGE = List.of("org.springframework.", "software.amazon.awssdk.",
			"org.apache.sshd.", "org.bouncycastle.", "org.sqlite.", "org.yaml.", "tools.jackson.");

	@TempDir
	private Path directory;

	private Set<String> loaded(int code, String... arguments) throws IOException {
		Path log = this.directory.resolve("classes.log");
		Set<String> classes = new TreeSet<>();
		try (ChildProcess run = ChildJvm.start(List.of("-Xlog:class+load:file=" + log), LitestreamCli.class,
				arguments)) {
			assertThat(run.waitFor()).as("%s", run).isEqualTo(code);
		}
		Matcher matcher = Pattern.compile("(\\S+) source: ").matcher(Files.readString(log));
		while (matcher.find()) {
			classes.add(matcher.group(1));
		}
		assertThat(classes).contains(LitestreamCli.class.getName());
		return classes;
	}

	private static Set<String> commands(Set<String> classes) {
		Set<String> commands = new TreeSet<>();
		classes.stream()
			.filter((name) -> name.startsWith(LitestreamCli.class.getPackageName()) && name.endsWith("Command"))
			.forEach((name) -> commands.add(name.substring(name.lastIndexOf('.') + 1)));
		return commands;
	}

	@Test
	void versionLoadsNoCommandAndNothingLarge() throws IOException {
		Set<String> classes = loaded(0, "-version");
		assertThat(commands(classes)).isEmpty();
		assertThat(classes).noneMatch((name) -> LARGE.stream().anyMatch(name::startsWith));
	}

	@Test
	void statusOfADirectoryLoadsOneCommandAndNothingLarge() throws IOException {
		String url = Recorded.url(Recorded.copy("plain", this.directory.resolve("replica")));
		Set<String> classes = loaded(0, "status", url);
		assertThat(commands(classes)).containsExactly("StatusCommand");
		assertThat(classes).noneMatch((name) -> LARGE.stream().anyMatch(name::startsWith));
	}

}
