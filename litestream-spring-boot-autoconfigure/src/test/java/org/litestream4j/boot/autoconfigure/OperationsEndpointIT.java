package org.litestream4j.boot.autoconfigure;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.Banner;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;

import org.litestream4j.boot.Litestream;

import static org.assertj.core.api.Assertions.assertThat;

/** Runs the commands of {@code docs/operations.md} that need a running application. */
class OperationsEndpointIT {

	private static final Pattern BLOCK = Pattern.compile("(?ms)^```shell app\\R(.*?)^```$");

	@TempDir
	private Path directory;

	@Test
	void commandsWorkInTheOrderOfThePage() throws Exception {
		Path directory = this.directory.toRealPath();
		try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
			.bannerMode(Banner.Mode.OFF)
			.run("--server.port=0", "--spring.datasource.url=" + Contexts.url(directory, "app.db"),
					"--" + Contexts.replica(directory), "--management.endpoints.web.exposure.include=*")) {
			context.getBean(JdbcTemplate.class).execute("CREATE TABLE note(text)");
			assertThat(context.getBean(Litestream.class).awaitReplicated(Duration.ofMinutes(1))).isTrue();
			String port = context.getEnvironment().getRequiredProperty("local.server.port");
			List<String> answers = new ArrayList<>();
			for (String block : blocks()) {
				answers.add(run(block.replace("localhost:8080", "localhost:" + port)));
			}
			assertThat(answers).hasSize(5);
			assertThat(answers.get(0)).contains("\"sha256\"", "\"valid\":true");
			assertThat(answers.get(1)).contains("\"UP\"", "\"replicating\"", "\"walSegments\"");
			assertThat(answers.get(2)).contains("\"valid\":true");
			assertThat(answers.get(3)).contains("\"sha256\"");
			assertThat(answers.get(4)).contains("\"snapshots\"");
			assertThat(Files.exists(directory.resolve(".app.db-litestream/restores/drill.db"))).isTrue();
		}
	}

	private static List<String> blocks() throws IOException {
		List<String> blocks = new ArrayList<>();
		Matcher matcher = BLOCK.matcher(Files.readString(Path.of("../docs/operations.md")));
		while (matcher.find()) {
			blocks.add(matcher.group(1));
		}
		return blocks;
	}

	private static String run(String script) throws IOException, InterruptedException {
		Process process = new ProcessBuilder("bash", "-euo", "pipefail", "-c", script).redirectErrorStream(true)
			.start();
		try {
			String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
			assertThat(process.exitValue()).as("%s%n%s", script, printed).isZero();
			return printed;
		}
		finally {
			process.destroyForcibly();
		}
	}

	@WebTestApplication
	static class Application {

	}

}
