package org.litestream4j.sample;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Reading and writing notes, through the application and in database files that nobody
 * uses.
 */
final class Notes {

	static final String DATABASE = "/actuator/litestream/dataSource";

	private Notes() {
	}

	static void write(SampleProcess sample, int count) {
		for (int i = 1; i <= count; i++) {
			sample.post("/api/notes", "{\"text\": \"note %d, %s\"}".formatted(i, "x".repeat(i * 7 % 300))).is(201);
		}
	}

	/** Id and text of every note, newest first. */
	static List<String> all(SampleProcess sample) {
		List<String> notes = new ArrayList<>();
		for (JsonNode note : sample.get("/api/notes?limit=10000").is(200).json()) {
			notes.add(note.get("id").asLong() + " " + note.get("text").asString());
		}
		return notes;
	}

	/** The same of a restored file, which is also checked. */
	static List<String> allIn(Path database) throws SQLException {
		List<String> notes = new ArrayList<>();
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
				Statement statement = connection.createStatement()) {
			try (ResultSet rows = statement.executeQuery("pragma integrity_check")) {
				assertThat(rows.next()).isTrue();
				assertThat(rows.getString(1)).isEqualTo("ok");
			}
			try (ResultSet rows = statement.executeQuery("select id, text from notes order by id desc")) {
				while (rows.next()) {
					notes.add(rows.getLong(1) + " " + rows.getString(2));
				}
			}
		}
		return notes;
	}

	static JsonNode sync(SampleProcess sample) {
		return sample.post(DATABASE + "/sync", "{}").is(200).json().get("position");
	}

	static JsonNode snapshots(SampleProcess sample) {
		return sample.get(DATABASE + "/snapshots").is(200).json().get("snapshots");
	}

}
