package org.litestream4j.sample;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

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
 * The notes over HTTP, with every default.
 */
@TestInstance(Lifecycle.PER_CLASS)
class NotesApiIT {

	private Path home;

	private SampleProcess sample;

	@BeforeAll
	void start(@TempDir Path home) {
		this.home = home;
		this.sample = SampleProcess.start(home);
	}

	@AfterAll
	void stop() {
		this.sample.close();
	}

	@Test
	void startCreatesTheDatabaseInTheDefaultDirectory() {
		assertThat(this.home.resolve("data/notes.db")).exists();
	}

	@Test
	void startReplicatesToTheDefaultDirectory() {
		Notes.sync(this.sample);

		assertThat(this.home.resolve("data/replica/generations")).isNotEmptyDirectory();
	}

	@ParameterizedTest
	@ValueSource(strings = { "GET /", "GET /api/notes", "POST /api/notes", "GET /actuator/health",
			"GET /actuator/litestream", "POST /actuator/litestream/dataSource/sync" })
	void requestForAnotherHostIsRefused(String request) throws IOException {
		String answer = raw("evil.example:" + this.sample.url("/").getPort(), request);

		assertThat(answer).startsWith("HTTP/1.1 421").contains("This server does not answer under that name");
	}

	@Test
	void requestByAddressIsAnswered() throws IOException {
		assertThat(raw("127.0.0.1", "GET /api/notes/count")).startsWith("HTTP/1.1 200");
	}

	/** As a browser sends it whose page has made its own name resolve to this machine. */
	private String raw(String host, String request) throws IOException {
		try (Socket socket = new Socket("localhost", this.sample.url("/").getPort())) {
			socket.getOutputStream()
				.write((request + " HTTP/1.1\r\nHost: " + host + "\r\nX-Forwarded-Host: localhost\r\n"
						+ "Content-Type: application/json\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
					.getBytes(StandardCharsets.US_ASCII));
			return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		}
	}

	@Test
	void addAnswersTheNote() {
		Instant before = Instant.now();

		JsonNode note = this.sample.post("/api/notes", "{\"text\": \"Grüße, <b>€</b> 🛶\"}").is(201).json();

		assertThat(note.get("text").asString()).isEqualTo("Grüße, <b>€</b> 🛶");
		assertThat(note.get("id").isIntegralNumber()).isTrue();
		assertThat(Instant.parse(note.get("createdAt").asString())).isCloseTo(before, within(Duration.ofMinutes(1)));
	}

	@Test
	void listAnswersTheNewestFirst() {
		this.sample.post("/api/notes", "{\"text\": \"older\"}").is(201);
		this.sample.post("/api/notes", "{\"text\": \"newer\"}").is(201);

		JsonNode notes = this.sample.get("/api/notes?limit=2").is(200).json();

		assertThat(notes.size()).isEqualTo(2);
		assertThat(notes.get(0).get("text").asString()).isEqualTo("newer");
		assertThat(notes.get(1).get("text").asString()).isEqualTo("older");
	}

	@Test
	void countFollowsAddAndDelete() {
		long before = count();
		long id = this.sample.post("/api/notes", "{\"text\": \"short-lived\"}").is(201).json().get("id").asLong();
		assertThat(count()).isEqualTo(before + 1);

		assertThat(this.sample.delete("/api/notes/" + id).is(204).text()).isEmpty();

		assertThat(count()).isEqualTo(before);
		assertThat(this.sample.delete("/api/notes/" + id).is(404).error())
			.isEqualTo("There is no note %d.".formatted(id));
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "{}", "{\"text\": null}", "{\"text\": \" \\n\"}", "{\"text\"", "[]", "", "{\"text\": {}}" })
	void addOfNoTextIsRefusedWithASentence(String body) {
		long before = count();

		this.sample.post("/api/notes", body).is(400).error();

		assertThat(count()).isEqualTo(before);
	}

	@Test
	void addOfTooLongATextNamesTheLimit() {
		String text = "x".repeat(NoteController.MAX_TEXT_LENGTH + 1);

		assertThat(this.sample.post("/api/notes", "{\"text\": \"%s\"}".formatted(text)).is(400).error())
			.contains("at most 100,000");
	}

	@ParameterizedTest
	@CsvSource({ "/api/notes?limit=0, 1 or more", "/api/notes?limit=-3, 1 or more",
			"/api/notes?limit=all, whole number" })
	void listWithABadLimitSaysWhatIsAllowed(String path, String expected) {
		assertThat(this.sample.get(path).is(400).error()).contains(expected);
	}

	@Test
	void listWithAHugeLimitAnswersWhatThereIs() {
		assertThat(this.sample.get("/api/notes?limit=2000000000").is(200).json().size()).isEqualTo((int) count());
	}

	@Test
	void deleteOfSomethingElseThanANumberIsRefused() {
		assertThat(this.sample.delete("/api/notes/first").is(400).error()).contains("whole number");
	}

	@Test
	void pageIsServedWithItsParts() {
		assertThat(this.sample.get("/").is(200).text()).contains("<title>Notes</title>");
		assertThat(this.sample.get("/js/main.js").is(200).contentType()).contains("javascript");
		assertThat(this.sample.get("/css/page.css").is(200).contentType()).contains("text/css");
	}

	@Test
	void startWithoutAwsSettingsAsksAwsForNothing() {
		assertThat(this.sample.linesWith("(?i)amazon|aws|imds|region|WARN|ERROR")).isEmpty();
	}

	private long count() {
		return this.sample.get("/api/notes/count").is(200).json().get("count").asLong();
	}

}
