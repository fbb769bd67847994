package org.litestream4j.boot.actuate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.RestoreException;
import org.litestream4j.format.ReplicaPosition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/** Tests for the {@code diff} of {@link LitestreamEndpoint}. */
class DiffEndpointTests {

	@TempDir
	private Path directory;

	private Path restores = Path.of("");

	@BeforeEach
	void findRealDirectory() throws IOException {
		this.directory = this.directory.toRealPath();
		this.restores = this.directory.resolve("restores");
	}

	@AfterEach
	void nothingIsLeftBehind() throws IOException {
		if (Files.exists(this.restores)) {
			try (Stream<Path> left = Files.list(this.restores)) {
				assertThat(left).isEmpty();
			}
		}
	}

	private void execute(String sql) throws SQLException {
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + this.directory.resolve("app.db"));
				Statement statement = connection.createStatement()) {
			statement.executeUpdate(sql);
		}
	}

	private LitestreamEndpoint endpoint(LitestreamDatabase database) {
		return new LitestreamEndpoint(() -> Map.of("app", database),
				(any) -> new EndpointSettings(this.restores, Duration.ofMinutes(5)));
	}

	private static LitestreamDiffReport diff(LitestreamEndpoint endpoint, @Nullable String from, @Nullable String to,
			@Nullable String timeout) throws Exception {
		Map<String, Object> values = new HashMap<>();
		put(values, "from", from);
		put(values, "to", to);
		put(values, "timeout", timeout);
		return (LitestreamDiffReport) endpoint.run("app", "diff", new EndpointArguments(values));
	}

	private static void put(Map<String, Object> values, String name, @Nullable String value) {
		if (value != null) {
			values.put(name, value);
		}
	}

	@Test
	void diffComparesStatesAndTheLiveDatabase() throws Exception {
		execute("CREATE TABLE notes(id INTEGER PRIMARY KEY, text); INSERT INTO notes VALUES(1, 'a')");
		try (LitestreamDatabase database = Databases.start(this.directory)) {
			ReplicaPosition first = database.sync(Duration.ofMinutes(1));
			execute("INSERT INTO notes VALUES(2, 'b'); CREATE INDEX i ON notes(text)");
			database.sync(Duration.ofMinutes(1));
			LitestreamEndpoint endpoint = endpoint(database);
			LitestreamDiffReport report = diff(endpoint, first.toString(), null, null);
			assertThat(report.equal()).isFalse();
			assertThat(report.schema()).containsExactly(new LitestreamDiffReport.Schema("added", "index", "i"));
			assertThat(report.tables()).filteredOn((table) -> table.table().equals("notes"))
				.singleElement()
				.extracting(LitestreamDiffReport.Table::added, LitestreamDiffReport.Table::removed)
				.containsExactly(1L, 0L);
			assertThat(report.from().replica()).isEqualTo("file");
			LitestreamDiffReport live = diff(endpoint, "latest", "database", null);
			assertThat(live.equal()).as("%s", live).isTrue();
			assertThat(live.to().database()).isEqualTo(this.directory.resolve("app.db").toString());
			assertThat(diff(endpoint, "latest", "now", null).toNote()).isNotNull();
		}
	}

	@Test
	void restoreDirectoryThatCannotBeWrittenIsNamedWithItsProperty() throws Exception {
		execute("CREATE TABLE notes(id INTEGER PRIMARY KEY, text)");
		this.restores = Files.createFile(this.directory.resolve("file")).resolve("restores");
		try (LitestreamDatabase database = Databases.start(this.directory)) {
			database.sync(Duration.ofMinutes(1));
			LitestreamEndpoint endpoint = endpoint(database);
			String sentence = "the restore directory " + this.restores + " cannot be written (";
			assertThatExceptionOfType(IOException.class).isThrownBy(() -> diff(endpoint, "latest", null, null))
				.withMessageStartingWith(sentence)
				.withMessageEndingWith("): make it writable, or set litestream.endpoint.restore-directory");
			assertThatExceptionOfType(IOException.class)
				.isThrownBy(() -> endpoint.list("app", "log", null, null, null, null, null, null, "true"))
				.withMessageStartingWith(sentence);
		}
	}

	@Test
	void diffThatTakesTooLongIsEnded() throws Exception {
		execute("CREATE TABLE notes(id INTEGER PRIMARY KEY, text)");
		try (LitestreamDatabase database = Databases.start(this.directory)) {
			database.sync(Duration.ofMinutes(1));
			LitestreamEndpoint endpoint = endpoint(database);
			assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> diff(endpoint, "latest", null, "1ns"))
				.withMessageContaining("give a longer timeout");
			assertThat(diff(endpoint, "latest", null, null).equal()).isTrue();
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = { "| | from is missing", "nonsense | | from: ", "latest | nonsense | to: " })
	void statesThatMakeNoSenseAreRefused(@Nullable String from, @Nullable String to, String expected) throws Exception {
		try (LitestreamDatabase database = Databases.start(this.directory)) {
			assertThatExceptionOfType(EndpointRequestException.class)
				.isThrownBy(() -> diff(endpoint(database), from, to, null))
				.withMessageStartingWith(expected)
				.satisfies((ex) -> assertThat(ex.status()).isEqualTo(400));
		}
	}

	@Test
	void stateThatIsNotThereIsSaid() throws Exception {
		execute("CREATE TABLE notes(id INTEGER PRIMARY KEY, text)");
		try (LitestreamDatabase database = Databases.start(this.directory)) {
			database.sync(Duration.ofMinutes(1));
			assertThatExceptionOfType(RestoreException.class)
				.isThrownBy(() -> diff(endpoint(database), "2001-01-01T00:00:00Z", null, null));
		}
	}

}
