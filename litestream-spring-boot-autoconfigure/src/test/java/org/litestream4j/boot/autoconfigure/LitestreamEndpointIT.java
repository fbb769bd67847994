package org.litestream4j.boot.autoconfigure;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import javax.management.MBeanServer;
import javax.management.ObjectName;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.Banner;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.event.EventListener;
import org.springframework.jdbc.core.JdbcTemplate;

import org.litestream4j.boot.event.SnapshotTakenEvent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.MAP;

/**
 * The endpoint, health and metrics as one sees them from outside: through HTTP and JMX.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LitestreamEndpointIT {

	private static final String DATABASE = "/actuator/litestream/dataSource";

	private final JsonMapper json = JsonMapper.shared();

	private final HttpClient http = HttpClient.newHttpClient();

	private Path directory = Path.of("unset");

	private @Nullable ConfigurableApplicationContext context;

	private String base = "unset";

	@BeforeAll
	void start(@TempDir Path directory) throws Exception {
		this.directory = directory.toRealPath();
		this.context = new SpringApplicationBuilder(Application.class).bannerMode(Banner.Mode.OFF)
			.run("--server.port=0", "--spring.datasource.url=" + Contexts.url(this.directory, "app.db"),
					"--" + Contexts.replica(this.directory), "--litestream.replicas[1].type=file",
					"--litestream.replicas[1].name=second",
					"--litestream.replicas[1].path=" + this.directory + "/second",
					"--litestream.replicas[1].access-key-id=PLANTED1",
					"--litestream.replicas[1].secret-access-key=PLANTED2", "--spring.jmx.enabled=true",
					"--management.endpoints.web.exposure.include=*", "--management.endpoints.jmx.exposure.include=*",
					"--management.endpoint.health.show-details=always",
					"--management.endpoint.configprops.show-values=always",
					"--management.endpoint.env.show-values=always");
		this.base = "http://localhost:" + this.context.getEnvironment().getProperty("local.server.port");
		this.context.getBean(JdbcTemplate.class).execute("CREATE TABLE note(text)");
		Answer answer = post(DATABASE + "/sync", "");
		assertThat(answer.status()).as(answer.error()).isEqualTo(200);
		assertThat(this.context.getBean(FirstSnapshots.class).latch.await(2, TimeUnit.MINUTES)).isTrue();
	}

	@AfterAll
	void stop() {
		if (this.context != null) {
			this.context.close();
		}
	}

	record Answer(int status, JsonNode body) {

		String error() {
			return this.body.path("error").asString();
		}

	}

	private Answer get(String path) throws IOException, InterruptedException {
		return send(HttpRequest.newBuilder(URI.create(this.base + path)).build());
	}

	private Answer post(String path, String body) throws IOException, InterruptedException {
		return post(path, "application/json", body);
	}

	private Answer post(String path, @Nullable String contentType, String body)
			throws IOException, InterruptedException {
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(this.base + path))
			.POST(body.isEmpty() ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
		return send((contentType != null) ? request.header("Content-Type", contentType).build() : request.build());
	}

	private Answer send(HttpRequest request) throws IOException, InterruptedException {
		var response = this.http.send(request, BodyHandlers.ofString());
		return new Answer(response.statusCode(),
				this.json.readTree(response.body().isEmpty() ? "{}" : response.body()));
	}

	@Test
	void statusTellsOfEveryDatabase() throws Exception {
		Answer answer = get("/actuator/litestream");
		assertThat(answer.status()).isEqualTo(200);
		JsonNode database = answer.body().at("/databases/dataSource");
		assertThat(database.get("path").asString()).isEqualTo(this.directory.resolve("app.db").toString());
		assertThat(database.get("state").asString()).isIn("starting", "replicating", "behind");
		assertThat(database.at("/position/generation").asString()).matches("[0-9a-f]{16}");
		assertThat(database.at("/position/index").isIntegralNumber()).isTrue();
		assertThat(database.at("/position/offset").isIntegralNumber()).isTrue();
		assertThat(database.get("databaseSize").asLong()).isPositive();
		assertThat(database.get("walSize").isIntegralNumber()).isTrue();
		assertThat(database.get("shadowWalSize").isIntegralNumber()).isTrue();
		assertThat(database.get("operations").isArray()).isTrue();
		JsonNode replica = database.at("/replicas/file");
		assertThat(replica.get("url").asString()).isEqualTo("file://" + this.directory.resolve("replica"));
		assertThat(replica.get("lagSeconds").isNumber()).isTrue();
		assertThat(replica.get("lagBytes").isIntegralNumber()).isTrue();
		assertThat(Instant.parse(replica.get("lastSyncAt").asString())).isBefore(Instant.now());
		assertThat(replica.get("lastSnapshotAt").asString()).endsWith("Z");
		assertThat(database.at("/replicas/second/state").isString()).isTrue();
		assertThat(get(DATABASE).body().get("path")).isEqualTo(database.get("path"));
	}

	@Test
	void statusIsPagedAndAFewDatabasesHaveTheShapeOfOne() throws Exception {
		assertThat(get("/actuator/litestream").body().propertyNames()).containsExactly("databases");
		assertThat(get("/actuator/litestream?limit=1").body().propertyNames()).containsExactly("databases");
		assertThat(get("/actuator/litestream?after=dataSource").body().get("databases")).isEmpty();
		Answer answer = get("/actuator/litestream?limit=0");
		assertThat(answer.status()).isEqualTo(400);
		assertThat(answer.error()).isEqualTo("limit is '0': a number from 1 to 10000 is expected");
	}

	@Test
	void listingsTellWhatTheReplicasHold() throws Exception {
		JsonNode generations = get(DATABASE + "/generations").body().get("generations");
		assertThat(generations).hasSize(2);
		assertThat(generations.get(0).propertyNames()).contains("replica", "generation", "createdAt", "updatedAt",
				"snapshots", "walSegments", "bytes");
		JsonNode snapshots = get(DATABASE + "/snapshots").body().get("snapshots");
		assertThat(snapshots.size()).isGreaterThanOrEqualTo(2);
		assertThat(snapshots.get(0).propertyNames()).contains("replica", "generation", "index", "size", "createdAt");
		JsonNode segments = get(DATABASE + "/wal").body().get("segments");
		assertThat(segments.size()).isPositive();
		assertThat(segments.get(0).propertyNames()).contains("replica", "generation", "index", "offset", "size",
				"createdAt");
	}

	@Test
	void segmentsArePagedNewestFirst() throws Exception {
		JdbcTemplate jdbc = Objects.requireNonNull(this.context).getBean(JdbcTemplate.class);
		for (int i = 0; i < 5; i++) {
			jdbc.update("INSERT INTO note VALUES ('page')");
			post(DATABASE + "/sync", "");
		}
		List<String> seen = new ArrayList<>();
		String query = "?limit=2";
		while (!query.isEmpty()) {
			Answer page = get(DATABASE + "/wal" + query);
			assertThat(page.status()).as(page.error()).isEqualTo(200);
			assertThat(page.body().get("segments")).hasSizeLessThanOrEqualTo(2);
			page.body().get("segments").forEach((segment) -> seen.add(segment.toString()));
			String next = page.body().path("next").asString("");
			query = next.isEmpty() ? "" : "?limit=2&before=" + next;
		}
		List<String> all = new ArrayList<>();
		Answer whole = get(DATABASE + "/wal");
		whole.body().get("segments").forEach((segment) -> all.add(segment.toString()));
		assertThat(whole.body().get("next").isNull()).isTrue();
		assertThat(seen).hasSizeGreaterThan(8).containsExactlyElementsOf(all);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			wal?limit=0                                           | limit is '0': a number from 1 to 10000
			wal?limit=10001                                       | limit is '10001': a number from 1 to 10000
			wal?limit=many                                        | limit is 'many': a number from 1 to 10000
			wal?before=yesterday                                  | before is 'yesterday': a position such as
			wal?before=0123456789abcdef/00000000:00000000         | a position in a generation that a replica of
			generations?limit=3                                   | generations does not take 'limit'
			snapshots?before=0123456789abcdef/00000000:00000000   | snapshots does not take 'before'
			""")
	void badQueryIsAnsweredWithOneSentence(String query, String sentence) throws Exception {
		Answer answer = get(DATABASE + "/" + query);
		assertThat(answer.status()).isEqualTo(400);
		assertThat(answer.error()).contains(sentence).doesNotContain("Exception", "\n");
	}

	@Test
	void unknownNamesAreNotFound() throws Exception {
		assertThat(get("/actuator/litestream/nope")).satisfies((answer) -> assertThat(answer.status()).isEqualTo(404),
				(answer) -> assertThat(answer.error()).contains("no database 'nope'", "dataSource"));
		assertThat(get(DATABASE + "/nope").status()).isEqualTo(404);
		assertThat(post(DATABASE + "/nope", "").status()).isEqualTo(404);
		assertThat(post(DATABASE + "/nope", "{}").status()).isEqualTo(404);
		assertThat(post("/actuator/litestream/nope/sync", "").error()).contains("no database 'nope'");
		String unknown = "{\"timestmp\": \"5m\"}";
		assertThat(post(DATABASE + "/nope", unknown).error()).contains("'nope' is not an operation");
		assertThat(post("/actuator/litestream/nope/sync", unknown).error()).contains("no database 'nope'");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded",
			"multipart/form-data; boundary=x", "*/*", "application/*", "nonsense", "text/xml" })
	void requestThatAnyWebPageCouldSendIsRefused(String contentType) throws Exception {
		for (String operation : List.of("sync", "snapshot", "validate", "restore", "nope")) {
			for (String body : List.of("", "{}")) {
				Answer answer = post(DATABASE + "/" + operation, contentType.isEmpty() ? null : contentType, body);
				assertThat(answer.status()).as("%s %s", operation, body).isEqualTo(415);
				assertThat(answer.error()).contains("Content-Type: application/json").doesNotContain("\n");
			}
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "application/json", "application/json;charset=UTF-8",
			"application/vnd.spring-boot.actuator.v3+json" })
	void jsonIsAcceptedWithAndWithoutABody(String contentType) throws Exception {
		assertThat(post(DATABASE + "/sync", contentType, "").status()).isEqualTo(200);
		assertThat(post(DATABASE + "/sync", contentType, "{}").status()).isEqualTo(200);
	}

	@Test
	void syncAnswersThePosition() throws Exception {
		Answer answer = post(DATABASE + "/sync", "{\"timeout\": \"20s\"}");
		assertThat(answer.status()).isEqualTo(200);
		assertThat(answer.body().at("/position/generation").asString()).matches("[0-9a-f]{16}");
	}

	@Test
	void snapshotOfOneReplica() throws Exception {
		Answer answer = post(DATABASE + "/snapshot", "{\"replica\": \"second\"}");
		assertThat(answer.status()).as(answer.error()).isEqualTo(200);
		assertThat(answer.body().get("snapshots")).hasSize(1);
		assertThat(answer.body().at("/snapshots/0/replica").asString()).isEqualTo("second");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`',
			textBlock = """
					sync     | {"timeout": "soon"}                                  | 400 | timeout is 'soon': a duration
					sync     | {"timeout": "-1s"}                                   | 400 | timeout is '-1s': a duration
					sync     | {"timeout": "365d"}                                  | 400 | of at most 5 min (litestream.
					sync     | {"timeout": "301s"}                                  | 400 | of at most 5 min (litestream.
					sync     | {"replica": "file"}                                  | 400 | sync does not take 'replica'
					snapshot | {"replica": "nope"}                                  | 400 | one of file, second is expected
					validate | {"replica": "nope"}                                  | 400 | one of file, second is expected
					restore  | {}                                                   | 400 | outputPath is missing
					restore  | {"outputPath": "../x.db"}                            | 400 | a file below
					restore  | {"outputPath": "/tmp/x.db"}                          | 400 | a file below
					backup   | {}                                                   | 400 | outputPath is missing
					backup   | {"outputPath": "../x.db"}                            | 400 | a file below
					backup   | {"outputPath": "x.db-wal"}                           | 400 | -wal, -shm or -journal
					backup   | {"outputPath": "x.db\\n2026 ERROR"}                  | 400 | without control characters
					backup   | {"outputPath": "x.db", "replica": "file"}            | 400 | backup does not take 'replica'
					restore  | {"outputPath": "x.db", "timestamp": "yesterday"}     | 400 | is no time: allowed are 5m
					restore  | {"outputPath": "x.db", "generation": "zz"}           | 400 | 16 lower-case hexadecimal digits
					restore  | {"outputPath": "x.db", "index": 3}                   | 400 | index is given without generation
					restore  | {"outputPath": "x.db", "index": "three"}             | 400 | index is 'three': a number
					restore  | {"outputPath": "x.db", "replica": "nope"}            | 400 | one of file, second is expected
					restore  | {"outputPath": "x.db", "dryRun": "maybe"}            | 400 | true or false is expected
					restore  | {"outputPath": "x.db", "timestmp": "5m"}             | 400 | restore does not take 'timestmp': allowed are dryRun
					restore  | {"timestmp": null}                                   | 400 | restore does not take 'timestmp'
					sync     | {"timout": 5}                                        | 400 | sync does not take 'timout': allowed are
					backup   | {"outputpath": "x.db"}                               | 400 | backup does not take 'outputpath'
					snapshot | {"line\\nfeed": 1}                                   | 400 | snapshot does not take 'line?feed': allowed
					validate?replca=file | {}                                       | 400 | validate does not take 'replca': allowed
					sync     | {"timeout": "20s"                                    | 400 | a JSON object with single values
					sync     | ["20s"]                                              | 400 | a JSON object with single values
					sync     | "20s"                                                | 400 | a JSON object with single values
					restore  | {"outputPath": {"file": "x.db"}}                     | 400 | a JSON object with single values
					""")
	void badInputIsAnsweredWithOneSentence(String operation, String body, int status, String sentence)
			throws Exception {
		Answer answer = post(DATABASE + "/" + operation, body);
		assertThat(answer.status()).isEqualTo(status);
		assertThat(answer.error()).contains(sentence).doesNotContain("Exception", "\n");
	}

	@Test
	void restoreWritesADatabaseBelowTheRestoreDirectory() throws Exception {
		post(DATABASE + "/sync", "");
		Answer dryRun = post(DATABASE + "/restore", "{\"outputPath\": \"copy.db\", \"dryRun\": true}");
		assertThat(dryRun.status()).as(dryRun.error()).isEqualTo(200);
		Path file = this.directory.resolve(".app.db-litestream/restores/copy.db");
		assertThat(file).doesNotExist();
		Answer answer = post(DATABASE + "/restore", "{\"outputPath\": \"copy.db\", \"replica\": \"second\"}");
		assertThat(answer.status()).as(answer.error()).isEqualTo(200);
		assertThat(answer.body().get("outputPath").asString()).isEqualTo(file.toString());
		assertThat(answer.body().get("bytes").asLong()).isEqualTo(Files.size(file));
		assertThat(answer.body().get("sha256").asString()).matches("[0-9a-f]{64}");
		assertThat(answer.body().propertyNames()).contains("replica", "generation", "index", "offset", "createdAt",
				"durationMillis", "segments");
		Answer again = post(DATABASE + "/restore", "{\"outputPath\": \"copy.db\"}");
		assertThat(again.status()).isEqualTo(409);
		assertThat(again.error()).contains("exists: nothing is overwritten");
	}

	@Test
	void backupCopiesTheLiveDatabase() throws Exception {
		Answer answer = post(DATABASE + "/backup", "{\"outputPath\": \"saved/live.db\"}");
		assertThat(answer.status()).as(answer.error()).isEqualTo(200);
		Path file = this.directory.resolve(".app.db-litestream/restores/saved/live.db");
		assertThat(answer.body().get("outputPath").asString()).isEqualTo(file.toString());
		assertThat(answer.body().get("bytes").asLong()).isEqualTo(Files.size(file));
		assertThat(answer.body().get("sha256").asString())
			.isEqualTo(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file))));
		Answer again = post(DATABASE + "/backup", "{\"outputPath\": \"saved/live.db\"}");
		assertThat(again.status()).isEqualTo(409);
		assertThat(again.error()).contains("exists: nothing is overwritten");
	}

	@Test
	void restoreOfATimeBeforeTheBackupNamesTheWindow() throws Exception {
		Answer answer = post(DATABASE + "/restore",
				"{\"outputPath\": \"sub/old.db\", \"timestamp\": \"2001-01-01T00:00:00Z\"}");
		assertThat(answer.status()).isEqualTo(400);
		assertThat(answer.error()).isNotEmpty();
		assertThat(this.directory.resolve(".app.db-litestream/restores/sub")).doesNotExist();
	}

	@Test
	void validateComparesEveryReplica() throws Exception {
		Answer answer = post(DATABASE + "/validate", "");
		assertThat(answer.status()).as(answer.error()).isEqualTo(200);
		assertThat(answer.body().get("valid").asBoolean()).isTrue();
		assertThat(answer.body().get("results")).hasSize(2);
		assertThat(answer.body().at("/results/0/databaseChecksum"))
			.isEqualTo(answer.body().at("/results/0/replicaChecksum"));
	}

	@Test
	void healthIsUpWithDetails() throws Exception {
		JsonNode component = get("/actuator/health").body().at("/components/litestream");
		assertThat(component.get("status").asString()).isEqualTo("UP");
		assertThat(component.at("/details/databases/dataSource/file/status").asString()).isEqualTo("UP");
	}

	@Test
	void metricsAreExported() throws Exception {
		var response = this.http.send(HttpRequest.newBuilder(URI.create(this.base + "/actuator/prometheus")).build(),
				BodyHandlers.ofString());
		assertThat(response.body()).contains("litestream_database_size_bytes{database=\"dataSource\"}",
				"litestream_wal_size_bytes", "litestream_shadow_wal_size_bytes", "litestream_wal_bytes_total",
				"litestream_sync_seconds_count", "litestream_generations_total{database=\"dataSource\",reason=",
				"litestream_replica_lag_seconds{database=\"dataSource\",replica=\"file\"}",
				"litestream_replica_lag_bytes", "litestream_replica_operations_seconds_count",
				"litestream_replica_bytes_total",
				"litestream_snapshot_seconds_count{database=\"dataSource\",outcome=\"success\",replica=\"file\"}",
				"hikaricp_connections_active", "jdbc_connections_max");
	}

	@ParameterizedTest
	@CsvSource({ "/actuator/configprops", "/actuator/env", "/actuator/litestream" })
	void secretsAreNeverShown(String path) throws Exception {
		Answer answer = get(path);
		assertThat(answer.status()).isEqualTo(200);
		assertThat(answer.body().toString()).contains("replica").doesNotContain("PLANTED");
	}

	@Test
	void endpointWorksOverJmx() throws Exception {
		MBeanServer server = ManagementFactory.getPlatformMBeanServer();
		ObjectName name = new ObjectName("org.springframework.boot:type=Endpoint,name=Litestream");
		Object databases = server.invoke(name, "databases", new Object[0], new String[0]);
		assertThat(databases).asInstanceOf(MAP).containsKey("databases");
		String[] signature = new String[9];
		java.util.Arrays.fill(signature, String.class.getName());
		Object synced = server.invoke(name, "run",
				new @Nullable Object[] { "dataSource", "sync", "20s", null, null, null, null, null, null }, signature);
		assertThat(synced).asInstanceOf(MAP).containsKey("position");
		org.assertj.core.api.Assertions.assertThatException()
			.isThrownBy(() -> server.invoke(name, "database", new Object[] { "nope" },
					new String[] { String.class.getName() }))
			.withStackTraceContaining("no database 'nope' is being replicated");
	}

	@WebTestApplication
	static class Application {

		@Bean
		FirstSnapshots firstSnapshots() {
			return new FirstSnapshots();
		}

	}

	/** Open when each replica has its first snapshot. */
	static class FirstSnapshots {

		private final CountDownLatch latch = new CountDownLatch(2);

		@EventListener
		void taken(SnapshotTakenEvent event) {
			this.latch.countDown();
		}

	}

}
