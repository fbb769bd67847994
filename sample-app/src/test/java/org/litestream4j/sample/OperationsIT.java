package org.litestream4j.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.util.FileSystemUtils;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What an operator watches: health, metrics and the log, in good times and in bad.
 */
class OperationsIT {

	private static final String HEALTH = "/actuator/health/litestream";

	@TempDir
	Path home;

	@Test
	void healthIsUpWhileTheReplicaFollows() {
		try (SampleProcess sample = SampleProcess.start(this.home)) {
			Notes.write(sample, 3);
			Notes.sync(sample);

			JsonNode component = sample.get("/actuator/health").is(200).json().get("components").get("litestream");

			assertThat(component.get("status").asString()).isEqualTo("UP");
			assertThat(component.get("details").toString()).contains("dataSource", "file");
			assertThat(sample.get("/actuator/health/liveness").is(200).text()).doesNotContain("litestream");
		}
	}

	@Test
	void metricsOfTheTableAreExported() {
		try (SampleProcess sample = SampleProcess.start(this.home)) {
			Notes.write(sample, 5);
			Notes.sync(sample);
			sample.post(Notes.DATABASE + "/snapshot", "{}").is(200);
			sample.post(Notes.DATABASE + "/validate", "{}").is(200);
			sample.post(Notes.DATABASE + "/restore", "{\"outputPath\": \"metrics.db\"}").is(200);

			String metrics = sample.get("/actuator/prometheus").is(200).text();

			assertThat(metrics).contains("litestream_database_size_bytes{database=\"dataSource\"",
					"litestream_wal_size_bytes{database=\"dataSource\"",
					"litestream_shadow_wal_size_bytes{database=\"dataSource\"",
					"litestream_wal_bytes_total{database=\"dataSource\"", "litestream_sync_seconds_count{",
					"litestream_generations_total{",
					"litestream_replica_lag_seconds{database=\"dataSource\",replica=\"file\"",
					"litestream_replica_lag_bytes{database=\"dataSource\",replica=\"file\"",
					"litestream_replica_operations_seconds_count{", "litestream_replica_bytes_total{",
					"litestream_snapshot_seconds_count{", "litestream_validation_seconds_count{",
					"litestream_restore_seconds_count{");
			assertThat(metrics).containsPattern("litestream_validation_seconds_count\\{[^}]*outcome=\"ok\"[^}]*} 1");
			assertThat(metrics).containsPattern("litestream_generations_total\\{[^}]*reason=\"[^\"]+\"[^}]*} 1");
			assertThat(sample.get("/actuator/metrics/litestream.replica.lag").is(200).json().get("baseUnit").asString())
				.isEqualTo("seconds");
		}
	}

	@Test
	void logTellsTheStoryInOneLineEach() {
		String output;
		try (SampleProcess sample = SampleProcess.start(this.home)) {
			Notes.write(sample, 5);
			Notes.sync(sample);
			sample.stop();
			output = sample.output();
			assertThat(sample.linesWith(" INFO .*data/notes\\.db\\) is replicated to")).as(output).hasSize(1);
			assertThat(sample.linesWith(" INFO .*new generation [0-9a-f]{16}, as ")).as(output).hasSize(1);
			assertThat(sample.linesWith(" INFO .*snapshot [0-9a-f]{16}/[0-9a-f]{8} written")).as(output).hasSize(1);
			assertThat(sample.linesWith(" INFO .*stopped at position")).as(output).hasSize(1);
			assertThat(sample.linesWith(" (WARN|ERROR) ")).isEmpty();
		}
		assertThat(Pattern.compile("(?i)\\bsync(ed)?\\b").matcher(output).find()).as("no line for each sync").isFalse();
	}

	@Test
	void replicaThatVanishesIsDownInHealthAndRecoversByItself() throws IOException {
		Path away = this.home.resolve("away");
		Path replica = away.resolve("replica");
		try (SampleProcess sample = SampleProcess.start(this.home, "--litestream.replicas[0].url=" + replica.toUri(),
				"--litestream.health.max-lag=1s")) {
			Notes.write(sample, 3);
			Notes.sync(sample);
			blockWithAFile(away);
			Notes.write(sample, 3);

			await().atMost(Duration.ofSeconds(60))
				.pollInterval(Duration.ofMillis(200))
				.untilAsserted(
						() -> assertThat(sample.get(HEALTH).is(503).json().get("status").asString()).isEqualTo("DOWN"));
			JsonNode details = sample.get(HEALTH).json().get("details");
			assertThat(details.toString()).contains("file", "lastError");
			JsonNode state = sample.get(Notes.DATABASE).json();
			assertThat(state.get("state").asString()).isEqualTo("failing");
			assertThat(state.get("replicas").get("file").get("lastError").asString()).isNotBlank();
			assertThat(sample.post(Notes.DATABASE + "/sync", "{\"timeout\": \"500ms\"}").is(504).error())
				.contains("file");
			assertThat(sample.get("/actuator/health/liveness").is(200).json().get("status").asString()).isEqualTo("UP");
			assertThat(sample.linesWith(" WARN .*replica 'file' .*is failing")).hasSize(1);

			Files.delete(away);
			Files.createDirectories(replica);
			await().atMost(Duration.ofSeconds(90))
				.pollInterval(Duration.ofMillis(200))
				.untilAsserted(() -> sample.get(HEALTH).is(200));
			Notes.sync(sample);
			assertThat(sample.linesWith(" INFO .*replica 'file' works again")).hasSize(1);
			assertThat(sample.post(Notes.DATABASE + "/validate", "{}").is(200).json().get("valid").asBoolean())
				.isTrue();
		}
	}

	@Test
	void withoutAReplicaTheApplicationWorksAndSaysSo() {
		try (SampleProcess sample = SampleProcess.start(this.home, "--litestream.replicas=")) {
			Notes.write(sample, 2);

			assertThat(sample.linesWith(" WARN .*(?i)replica")).hasSize(1);
			assertThat(Notes.all(sample)).hasSize(2);
		}
	}

	@Test
	void switchedOffTheStarterDoesNothing() {
		try (SampleProcess sample = SampleProcess.start(this.home, "--litestream.enabled=false",
				"--management.endpoints.web.exposure.include=*")) {
			Notes.write(sample, 2);

			sample.get("/actuator/litestream").is(404);
			assertThat(sample.get("/actuator/health").is(200).text()).doesNotContain("litestream");
			assertThat(this.home.resolve("data/replica")).doesNotExist();
			assertThat(this.home.resolve("data/.notes.db-litestream")).doesNotExist();
			assertThat(sample.get("/actuator/sbom/application").is(200).text()).contains("\"CycloneDX\"",
					"litestream-core", "sqlite-jdbc");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "--litestream.sync-interval=soon", "--litestream.min-checkpoint-page-count=-1",
			"--litestream.replicas[0].url=gopher://hole", "--litestream.health.max-lag=-1s",
			"--litestream.restore.integrity-check=sometimes" })
	void invalidPropertyFailsTheStartWithAnAction(String argument) {
		try (SampleProcess sample = SampleProcess.launch(this.home, argument)) {
			assertThat(sample.awaitExit()).isEqualTo(1);
			assertThat(sample.output()).contains("APPLICATION FAILED TO START", "Description:", "Action:");
			assertThat(this.home.resolve("data/replica")).doesNotExist();
		}
	}

	@Test
	void profileForS3WithoutABucketFailsTheStart() {
		try (SampleProcess sample = SampleProcess.launch(this.home, "--spring.profiles.active=s3",
				"--spring.cloud.aws.region.static=eu-central-1")) {
			assertThat(sample.awaitExit()).isEqualTo(1);
			assertThat(sample.output()).contains("NOTES_BUCKET");
		}
	}

	private static void blockWithAFile(Path directory) throws IOException {
		FileSystemUtils.deleteRecursively(directory);
		Files.writeString(directory, "in the way");
	}

}
