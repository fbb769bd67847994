package org.litestream4j.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.FileSystemUtils;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Ends of the application, kind and unkind, and the starts after them.
 */
class RestartIT {

	@TempDir
	Path home;

	@Test
	void cleanStopAndStartGoesOnInTheSameGenerationWithoutASnapshot() {
		JsonNode position;
		JsonNode snapshots;
		List<String> notes;
		try (SampleProcess sample = start()) {
			Notes.write(sample, 20);
			position = Notes.sync(sample);
			snapshots = Notes.snapshots(sample);
			notes = Notes.all(sample);
			assertThat(sample.stop()).isEqualTo(143);
		}
		try (SampleProcess sample = start()) {
			assertThat(Notes.all(sample)).isEqualTo(notes);
			JsonNode again = Notes.sync(sample);
			assertThat(again.get("generation")).isEqualTo(position.get("generation"));
			assertThat(again.get("offset")).isEqualTo(position.get("offset"));
			// Each run has WAL indexes of its own
			assertThat(again.get("index").asInt()).isEqualTo(position.get("index").asInt() + 2);
			assertThat(Notes.snapshots(sample)).isEqualTo(snapshots);
			Notes.write(sample, 1);
			JsonNode next = Notes.sync(sample);
			assertThat(next.get("generation")).isEqualTo(position.get("generation"));
			assertThat(isAfter(next, position)).isTrue();
			assertThat(Notes.snapshots(sample)).isEqualTo(snapshots);
			assertThat(sample.linesWith("new generation")).isEmpty();
		}
	}

	@Test
	void startWithoutTheDatabaseRestoresWhatWasShippedByTheStop() throws IOException {
		List<String> notes;
		try (SampleProcess sample = start()) {
			Notes.write(sample, 30);
			notes = Notes.all(sample);
			sample.stop(); // without a sync: the stop ships what is left
		}
		FileSystemUtils.deleteRecursively(this.home.resolve("data"));

		try (SampleProcess sample = start()) {
			assertThat(Notes.all(sample)).isEqualTo(notes).hasSize(30);
			Notes.write(sample, 1);
			Notes.sync(sample);
		}
	}

	@Test
	void startAfterAKillGoesOnInTheSameGeneration() {
		JsonNode position;
		List<String> notes;
		try (SampleProcess sample = start()) {
			Notes.write(sample, 20);
			position = Notes.sync(sample);
			Notes.write(sample, 5);
			notes = Notes.all(sample);
			sample.kill();
		}
		try (SampleProcess sample = start()) {
			assertThat(Notes.all(sample)).isEqualTo(notes);
			JsonNode next = Notes.sync(sample);
			assertThat(next.get("generation")).isEqualTo(position.get("generation"));
			assertThat(isAfter(next, position)).isTrue();
		}
	}

	@Test
	void killAndLossOfTheDatabaseKeepsWhatWasSynced() throws IOException {
		List<String> synced;
		try (SampleProcess sample = start()) {
			Notes.write(sample, 20);
			Notes.sync(sample);
			synced = Notes.all(sample);
			sample.kill();
		}
		FileSystemUtils.deleteRecursively(this.home.resolve("data"));

		try (SampleProcess sample = start()) {
			assertThat(Notes.all(sample)).isEqualTo(synced);
			assertThat(sample.get("/api/notes/count").json().get("count").asInt()).isEqualTo(20);
		}
	}

	@Test
	void startFailsWhenTheBackupCannotBeRestored() throws IOException {
		try (SampleProcess sample = start()) {
			Notes.write(sample, 3);
			Notes.sync(sample);
			sample.stop();
		}
		FileSystemUtils.deleteRecursively(this.home.resolve("data"));
		damageSnapshots();

		try (SampleProcess sample = SampleProcess.launch(this.home, replica())) {
			assertThat(sample.awaitExit()).isEqualTo(1);
			assertThat(sample.output()).contains("APPLICATION FAILED TO START").contains("Action:");
		}
		assertThat(this.home.resolve("data/notes.db")).doesNotExist();
	}

	@Test
	void startWithAnEmptyReplicaStartsFresh() {
		try (SampleProcess sample = start()) {
			assertThat(Notes.all(sample)).isEmpty();
		}
	}

	private SampleProcess start() {
		return SampleProcess.start(this.home, replica());
	}

	/** Not below the default directory, which some of these tests delete. */
	private String replica() {
		return "--litestream.replicas[0].url=" + this.home.resolve("replica").toUri();
	}

	private void damageSnapshots() throws IOException {
		try (Stream<Path> files = Files.walk(this.home.resolve("replica"))) {
			for (Path file : files.filter((path) -> path.toString().endsWith(".snapshot.lz4")).toList()) {
				Files.write(file, new byte[] { 1, 2, 3 });
			}
		}
	}

	private static boolean isAfter(JsonNode position, JsonNode other) {
		long index = position.get("index").asLong();
		long otherIndex = other.get("index").asLong();
		return index > otherIndex
				|| (index == otherIndex && position.get("offset").asLong() > other.get("offset").asLong());
	}

}
