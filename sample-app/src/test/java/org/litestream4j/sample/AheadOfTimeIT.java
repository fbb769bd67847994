package org.litestream4j.sample;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.FileSystemUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The application with the beans that were decided on when it was built.
 */
class AheadOfTimeIT {

	@TempDir
	Path home;

	@Test
	void notesAreReplicatedAndRestored() throws IOException {
		List<String> notes;
		try (SampleProcess sample = SampleProcess.startAheadOfTime(this.home, replica())) {
			assertThat(sample.linesWith("Starting AOT-processed SampleApplication")).hasSize(1);
			Notes.write(sample, 10);
			Notes.sync(sample);
			notes = Notes.all(sample);
			assertThat(sample.get("/actuator/health/litestream").json().get("status").asString()).isEqualTo("UP");
			assertThat(sample.get("/actuator/prometheus").text()).contains("litestream_replica_lag_seconds");
			assertThat(sample.stop()).isEqualTo(143);
		}
		FileSystemUtils.deleteRecursively(this.home.resolve("data"));

		try (SampleProcess sample = SampleProcess.startAheadOfTime(this.home, replica())) {
			assertThat(Notes.all(sample)).isEqualTo(notes).hasSize(10);
			Notes.write(sample, 1);
			Notes.sync(sample);
		}
	}

	@Test
	void whatIsDecidedAtRunTimeStaysSo() {
		try (SampleProcess sample = SampleProcess.startAheadOfTime(this.home, replica(),
				"--litestream.enabled=false")) {
			Notes.write(sample, 1);
			assertThat(this.home.resolve("data/notes.db")).exists();
			assertThat(this.home.resolve("replica")).doesNotExist();
		}
	}

	private String replica() {
		return "--litestream.replicas[0].url=" + this.home.resolve("replica").toUri();
	}

}
