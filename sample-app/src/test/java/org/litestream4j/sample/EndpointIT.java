package org.litestream4j.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * Every request to {@code /actuator/litestream}, and what is refused.
 */
@TestInstance(Lifecycle.PER_CLASS)
class EndpointIT {

	private static final String ALL = "/actuator/litestream";

	private Path home;

	private Path restores;

	private SampleProcess sample;

	@BeforeAll
	void start(@TempDir Path home) throws IOException {
		this.home = home.toRealPath();
		this.restores = this.home.resolve("data/.notes.db-litestream/restores");
		this.sample = SampleProcess.start(this.home);
		Notes.write(this.sample, 25);
		Notes.sync(this.sample);
	}

	@AfterAll
	void stop() {
		this.sample.close();
	}

	@Test
	void statusNamesTheDatabaseItsPositionAndItsReplicas() {
		JsonNode position = Notes.sync(this.sample);

		JsonNode database = this.sample.get(ALL).is(200).json().get("databases").get("dataSource");

		assertThat(database.get("path").asString()).isEqualTo(this.home.resolve("data/notes.db").toString());
		assertThat(database.get("state").asString()).isEqualTo("replicating");
		assertThat(database.get("position").get("generation").asString()).matches("[0-9a-f]{16}")
			.isEqualTo(position.get("generation").asString());
		assertThat(database.get("position").get("index").isIntegralNumber()).isTrue();
		assertThat(database.get("position").get("offset").isIntegralNumber()).isTrue();
		assertThat(database.get("databaseSize").asLong()).isPositive();
		assertThat(database.get("walSize").asLong()).isPositive();
		assertThat(database.get("shadowWalSize").isIntegralNumber()).isTrue();
		assertThat(database.get("operations").isArray()).isTrue();
		assertReplica(database.get("replicas").get("file"), position);
	}

	private void assertReplica(JsonNode replica, JsonNode position) {
		assertThat(replica.get("url").asString()).startsWith("file:").contains("data/replica");
		assertThat(replica.get("state").asString()).isEqualTo("replicating");
		assertThat(replica.get("position")).isEqualTo(position);
		assertThat(replica.get("lagBytes").asLong()).isZero();
		assertThat(replica.get("lagSeconds").asDouble()).isZero();
		assertRecent(replica.get("lastSyncAt"));
		assertRecent(replica.get("lastSnapshotAt"));
		assertThat(replica.path("lastError").isMissingNode() || replica.get("lastError").isNull()).isTrue();
	}

	@Test
	void statusOfOneDatabaseIsTheSame() {
		JsonNode all = this.sample.get(ALL).is(200).json().get("databases").get("dataSource");
		JsonNode one = this.sample.get(Notes.DATABASE).is(200).json();

		assertThat(one.get("path")).isEqualTo(all.get("path"));
		assertThat(one.propertyNames()).isEqualTo(all.propertyNames());
	}

	@Test
	void generationsNameTheCurrentOne() {
		JsonNode generations = this.sample.get(Notes.DATABASE + "/generations").is(200).json().get("generations");

		assertThat(generations.size()).isEqualTo(1);
		JsonNode generation = generations.get(0);
		assertThat(generation.get("replica").asString()).isEqualTo("file");
		assertThat(generation.get("generation")).isEqualTo(Notes.sync(this.sample).get("generation"));
		assertRecent(generation.get("createdAt"));
		assertRecent(generation.get("updatedAt"));
		assertThat(generation.get("snapshots").asInt()).isPositive();
		assertThat(generation.get("walSegments").asInt()).isPositive();
		assertThat(generation.get("bytes").asLong()).isPositive();
	}

	@Test
	void walNamesEverySegmentUpToThePosition() {
		JsonNode position = Notes.sync(this.sample);

		JsonNode segments = this.sample.get(Notes.DATABASE + "/wal").is(200).json().get("segments");

		JsonNode newest = segments.get(0);
		assertThat(newest.get("generation")).isEqualTo(position.get("generation"));
		assertThat(newest.get("index").asInt()).isLessThanOrEqualTo(position.get("index").asInt());
		JsonNode first = segments.get(segments.size() - 1);
		assertThat(first.get("replica").asString()).isEqualTo("file");
		assertThat(first.get("generation")).isEqualTo(position.get("generation"));
		assertThat(first.get("index").asInt()).isZero();
		assertThat(first.get("offset").asLong()).isZero();
		assertThat(first.get("size").asLong()).isPositive();
		assertRecent(first.get("createdAt"));
	}

	@Test
	void snapshotIsTakenAndListed() {
		int before = Notes.snapshots(this.sample).size();
		Notes.write(this.sample, 1);

		JsonNode taken = this.sample.post(Notes.DATABASE + "/snapshot", "{\"replica\": \"file\"}")
			.is(200)
			.json()
			.get("snapshots");

		assertThat(taken.size()).isEqualTo(1);
		assertThat(taken.get(0).get("replica").asString()).isEqualTo("file");
		assertThat(taken.get(0).get("size").asLong()).isPositive();
		assertRecent(taken.get(0).get("createdAt"));
		assertThat(Notes.snapshots(this.sample).size()).isGreaterThanOrEqualTo(Math.max(1, before));
		assertThat(Notes.snapshots(this.sample)).contains(taken.get(0));
	}

	@Test
	void syncWithATimeoutShipsWhatWasCommitted() {
		Notes.write(this.sample, 1);

		JsonNode position = this.sample.post(Notes.DATABASE + "/sync", "{\"timeout\": \"30s\"}")
			.is(200)
			.json()
			.get("position");

		assertThat(this.sample.get(Notes.DATABASE).json().get("replicas").get("file").get("position"))
			.isEqualTo(position);
	}

	@Test
	void restoreGivesTheNotesAndTheirChecksum() throws Exception {
		Notes.sync(this.sample);
		List<String> notes = Notes.all(this.sample);

		JsonNode report = this.sample.post(Notes.DATABASE + "/restore", "{\"outputPath\": \"newest.db\"}")
			.is(200)
			.json();

		Path file = this.restores.resolve("newest.db");
		assertThat(report.get("outputPath").asString()).isEqualTo(file.toString());
		assertThat(report.get("replica").asString()).isEqualTo("file");
		assertThat(report.get("generation").asString()).matches("[0-9a-f]{16}");
		assertThat(report.get("bytes").asLong()).isEqualTo(Files.size(file));
		assertThat(report.get("sha256").asString()).isEqualTo(sha256(Files.readAllBytes(file)));
		assertThat(report.get("durationMillis").asLong()).isNotNegative();
		assertThat(report.get("segments").asInt()).isNotNegative();
		assertRecent(report.get("createdAt"));
		assertThat(Notes.allIn(file)).isEqualTo(notes);
	}

	@Test
	void restoreOfATimeGivesTheStateOfThatTime() throws Exception {
		Notes.sync(this.sample);
		List<String> earlier = Notes.all(this.sample);
		String time = newestSegment();
		Notes.write(this.sample, 5);
		Notes.sync(this.sample);

		this.sample
			.post(Notes.DATABASE + "/restore",
					"{\"outputPath\": \"earlier.db\", \"timestamp\": \"%s\"}".formatted(time))
			.is(200);

		assertThat(Notes.allIn(this.restores.resolve("earlier.db"))).isEqualTo(earlier);
	}

	@Test
	void dryRunAnswersThePlanAndWritesNothing() {
		JsonNode plan = this.sample.post(Notes.DATABASE + "/restore", "{\"outputPath\": \"plan.db\", \"dryRun\": true}")
			.is(200)
			.json();

		assertThat(plan.get("replica").asString()).isEqualTo("file");
		assertThat(plan.get("generation").asString()).matches("[0-9a-f]{16}");
		assertThat(plan.get("segments").isIntegralNumber()).isTrue();
		assertThat(this.restores.resolve("plan.db")).doesNotExist();
	}

	@Test
	void restoredFileCanBeListedDownloadedAndRemoved() throws Exception {
		JsonNode report = this.sample.post(Notes.DATABASE + "/restore", "{\"outputPath\": \"download.db\"}")
			.is(200)
			.json();

		String files = Notes.DATABASE + "/restored";
		assertThat(this.sample.get(files).is(200).json().findValuesAsString("name")).contains("download.db");
		byte[] content = this.sample.download(files + "/download.db");
		assertThat(sha256(content)).isEqualTo(report.get("sha256").asString());
		this.sample.delete(files + "/download.db").is(204);
		assertThat(this.restores.resolve("download.db")).doesNotExist();
		this.sample.get(files + "/download.db").is(404).error();
	}

	@Test
	void validationFindsTheReplicaIdentical() {
		Notes.write(this.sample, 3);

		JsonNode report = this.sample.post(Notes.DATABASE + "/validate", "{}").is(200).json();

		assertThat(report.get("valid").asBoolean()).isTrue();
		JsonNode result = report.get("results").get(0);
		assertThat(result.get("replica").asString()).isEqualTo("file");
		assertThat(result.get("valid").asBoolean()).isTrue();
		assertThat(result.get("databaseChecksum")).isEqualTo(result.get("replicaChecksum"));
		assertThat(result.get("position").get("generation").asString()).matches("[0-9a-f]{16}");
		JsonNode replica = this.sample.get(Notes.DATABASE).json().get("replicas").get("file");
		assertThat(replica.get("lastValidationOk").asBoolean()).isTrue();
		assertRecent(replica.get("lastValidationAt"));
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "/nobody", "/nobody/generations", "/nobody/snapshots", "/nobody/wal", "/dataSource/nothing" })
	void readOfSomethingUnknownIsNotFound(String path) {
		this.sample.get(ALL + path).is(404);
	}

	@ParameterizedTest
	@ValueSource(strings = { "/nobody/sync", "/nobody/restore", "/dataSource/nothing" })
	void operationOnSomethingUnknownIsNotFound(String path) {
		this.sample.post(ALL + path, "{\"outputPath\": \"x.db\"}").is(404);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "restore|{}", "restore|{\"outputPath\": \"\"}", "restore|{\"outputPath\": \"../escape.db\"}",
					"restore|{\"outputPath\": \"a/../../escape.db\"}", "restore|{\"outputPath\": \"/tmp/escape.db\"}",
					"restore|{\"outputPath\": \"nul\\u0000.db\"}", "restore|{\"outputPath\": \"link/escape.db\"}",
					"restore|{\"outputPath\": \"bad.db\", \"timestamp\": \"yesterday\"}",
					"restore|{\"outputPath\": \"bad.db\", \"timestamp\": \"2001-01-01T00:00:00Z\"}",
					"restore|{\"outputPath\": \"bad.db\", \"generation\": \"xyz\"}",
					"restore|{\"outputPath\": \"bad.db\", \"generation\": \"0123456789abcdef\"}",
					"restore|{\"outputPath\": \"bad.db\", \"replica\": \"nobody\"}",
					"restore|{\"outputPath\": \"bad.db\", \"index\": 1}",
					"restore|{\"outputPath\": \"bad.db\", \"index\": \"one\"}",
					"restore|{\"outputPath\": \"bad.db\", \"dryRun\": \"perhaps\"}", "sync|{\"timeout\": \"soon\"}",
					"sync|{\"timeout\": \"-1s\"}", "snapshot|{\"replica\": \"nobody\"}",
					"validate|{\"replica\": \"nobody\"}" })
	void badInputIsRefusedWithASentence(String operation, String body) throws IOException {
		Files.createDirectories(this.restores);
		Path link = this.restores.resolve("link");
		if (!Files.isSymbolicLink(link)) {
			Files.createSymbolicLink(link, this.home);
		}

		this.sample.post(Notes.DATABASE + "/" + operation, body).is(400).error();

		assertThat(this.restores.resolve("bad.db")).doesNotExist();
		assertThat(this.home.resolve("escape.db")).doesNotExist();
		assertThat(Path.of("/tmp/escape.db")).doesNotExist();
	}

	@Test
	void restoreNeverOverwrites() throws IOException {
		Files.createDirectories(this.restores);
		Path mine = Files.writeString(this.restores.resolve("mine.db"), "mine");

		this.sample.post(Notes.DATABASE + "/restore", "{\"outputPath\": \"mine.db\"}").is(409).error();

		assertThat(mine).hasContent("mine");
	}

	@Test
	void sameOperationAtTheSameTimeIsRefused() {
		String text = "\"%s\"".formatted("z".repeat(90_000));
		IntStream.range(0, 60).forEach((i) -> this.sample.post("/api/notes", "{\"text\": %s}".formatted(text)).is(201));
		boolean refused = false;
		for (int round = 0; round < 20 && !refused; round++) {
			List<CompletableFuture<Answer>> answers = IntStream.range(0, 4)
				.mapToObj((i) -> CompletableFuture
					.supplyAsync(() -> this.sample.post(Notes.DATABASE + "/validate", "{}")))
				.toList();
			List<Answer> all = answers.stream().map(CompletableFuture::join).toList();
			assertThat(all).extracting(Answer::status).contains(200).isSubsetOf(200, 409);
			refused = all.stream().anyMatch((answer) -> answer.status() == 409 && !answer.error().isEmpty());
		}
		assertThat(refused).as("one of several validations at a time was refused").isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "[", "{\"timeout\":", "[1, 2]", "{\"timeout\": {\"seconds\": 1}}" })
	void bodyThatIsNoJsonObjectIsRefusedWithASentence(String body) {
		assertThat(this.sample.post(Notes.DATABASE + "/sync", body).is(400).error()).contains("a JSON object");
	}

	private String newestSegment() {
		JsonNode segments = this.sample.get(Notes.DATABASE + "/wal").is(200).json().get("segments");
		return segments.findValuesAsString("createdAt")
			.stream()
			.map(Instant::parse)
			.max(Instant::compareTo)
			.orElseThrow()
			.toString();
	}

	private static void assertRecent(JsonNode time) {
		assertThat(time.asString()).endsWith("Z");
		assertThat(Instant.parse(time.asString())).isCloseTo(Instant.now(), within(Duration.ofMinutes(5)));
	}

	private static String sha256(byte[] content) throws Exception {
		return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
	}

}
