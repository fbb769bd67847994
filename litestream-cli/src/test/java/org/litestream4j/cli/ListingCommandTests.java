package org.litestream4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

class ListingCommandTests {

	@TempDir
	private Path directory;

	private String url = "";

	@BeforeEach
	void copyReplica() throws IOException {
		this.url = Recorded.url(Recorded.copy("gens", this.directory.resolve("replica")));
	}

	@Test
	void generationsAreListedWithTheNewestLast() {
		CliRun run = CliRun.of("generations", this.url);
		assertThat(run.code()).isZero();
		List<String> lines = run.out().lines().toList();
		assertThat(lines.get(0)).matches("name  generation +lag +start +end");
		assertThat(lines).hasSize(3);
		JsonNode newest = CliRun.of("generations", "-json", this.url).json().get("generations").get(1);
		assertThat(lines.get(2)).contains(newest.get("generation").asString())
			.matches("file  [0-9a-f]{16}  (\\d+h)?(\\d+m)?\\d+s +\\S+Z  \\S+Z");
		assertThat(newest.get("walSegments").intValue()).isPositive();
		assertThat(newest.get("updatedAt").asString()).endsWith("Z");
	}

	@Test
	void snapshotsAreListed() {
		List<String> lines = CliRun.of("snapshots", this.url).out().lines().toList();
		assertThat(lines.get(0)).matches("replica  generation +index +size +created");
		assertThat(lines.get(1)).matches("file +1aa6d5e66efb67f7  00000000  440 +\\S+Z");
		assertThat(lines).hasSize(3);
	}

	@Test
	void walSegmentsOfOneGenerationAreListed() {
		CliRun run = CliRun.of("wal", "-generation", "1aa6d5e66efb67f7", this.url);
		List<String> lines = run.out().lines().toList();
		assertThat(lines.get(0)).matches("replica  generation +index +offset +size +created");
		assertThat(lines.get(2)).matches("file +1aa6d5e66efb67f7  00000000  32992 +41587 +\\S+Z");
		assertThat(run.out()).doesNotContain("b8e9afb5e0717645");
		assertThat(CliRun.of("wal", "-json", this.url).json().get("segments").size()).isGreaterThan(lines.size() - 1);
	}

	@Test
	void emptyReplicaIsHintedAt() {
		for (String command : List.of("generations", "snapshots", "wal")) {
			CliRun run = CliRun.of(command, Recorded.url(this.directory.resolve("misspelled")));
			assertThat(run.code()).isZero();
			assertThat(run.err()).contains("misspelled", "check the url");
		}
		CliRun run = CliRun.of("wal", "-json", Recorded.url(this.directory.resolve("misspelled")));
		assertThat(run.json().get("segments").isEmpty()).isTrue();
	}

	@Test
	void misspelledCommandSuggestsTheRightOne() {
		CliRun run = CliRun.of("generation", this.url);
		assertThat(run.code()).isEqualTo(2);
		assertThat(run.err()).contains("generations");
	}

	@Test
	void helpNamesEveryCommand() {
		assertThat(CliRun.of("--help").out()).contains("restore", "validate", "generations", "snapshots", "wal");
		assertThat(CliRun.of("--version").out()).startsWith("litestream-cli ");
	}

}
