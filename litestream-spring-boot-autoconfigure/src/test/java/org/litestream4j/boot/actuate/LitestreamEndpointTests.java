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
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.Replica;
import org.litestream4j.RestoreException;
import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.actuate.LitestreamReport.RestoredTables;
import org.litestream4j.boot.actuate.LitestreamReport.Validated;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.v03.ReplicaLayout;
import org.litestream4j.store.ForwardingStore;
import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoredObject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link LitestreamEndpoint}.
 */
class LitestreamEndpointTests {

	private static final int MAX_WAITING = 64;

	@TempDir
	private Path directory;

	private LitestreamEndpoint endpoint(LitestreamDatabase database, Duration maxTimeout) {
		Litestream litestream = () -> Map.of("app", database);
		return new LitestreamEndpoint(litestream,
				(any) -> new EndpointSettings(this.directory.resolve("restores"), maxTimeout));
	}

	private static Object sync(LitestreamEndpoint endpoint, String timeout) throws Exception {
		return endpoint.run("app", "sync", timeout, null, null, null, null, null, null, null, null, null, null);
	}

	@Test
	void syncWaitsNoLongerThanTheLimitAndSaysIt() throws Exception {
		Files.writeString(this.directory.resolve("replica"), "in the way");
		try (LitestreamDatabase database = Databases.start(this.directory)) {
			LitestreamEndpoint endpoint = endpoint(database, Duration.ofMillis(300));
			assertThatExceptionOfType(EndpointRequestException.class).isThrownBy(() -> sync(endpoint, "365d"))
				.withMessageContaining("of at most 300 ms (litestream.endpoint.max-timeout)")
				.satisfies((ex) -> assertThat(ex.status()).isEqualTo(400));
			assertThatExceptionOfType(TimeoutException.class).isThrownBy(
					() -> endpoint.run("app", "sync", null, null, null, null, null, null, null, null, null, null, null))
				.withMessageContaining("within 300 ms");
		}
	}

	@Test
	void moreRequestsThanMayWaitAreRefusedAtOnce() throws Exception {
		Files.writeString(this.directory.resolve("replica"), "in the way");
		ExecutorService requests = Executors.newFixedThreadPool(MAX_WAITING + 1);
		try (LitestreamDatabase database = Databases.start(this.directory)) {
			LitestreamEndpoint endpoint = endpoint(database, Duration.ofMinutes(5));
			CompletionService<Object> answers = new ExecutorCompletionService<>(requests);
			for (int i = 0; i <= MAX_WAITING; i++) {
				answers.submit(() -> sync(endpoint, "5m"));
			}
			assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> answers.take().get())
				.havingCause()
				.isInstanceOfSatisfying(EndpointRequestException.class, (ex) -> assertThat(ex.status()).isEqualTo(503))
				.withMessage("64 requests wait for a sync already: try again when they have ended,"
						+ " or wait for fewer at once");
			assertThat(endpoint.database("app").replicas()).hasSize(1);
			requests.shutdownNow();
			assertThat(requests.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
			assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> sync(endpoint, "10ms"));
		}
		finally {
			requests.shutdownNow();
		}
	}

	@Test
	void damagedReplicaIsAVerdictAndNoFailure() throws Exception {
		AtomicBoolean full = new AtomicBoolean();
		FullStore store = new FullStore(Databases.store(this.directory), full);
		try (LitestreamDatabase database = Databases.start(this.directory, store, Replica.Options.DEFAULTS)) {
			Snapshot snapshot = database.snapshot("file");
			Path file = this.directory.resolve("replica").resolve(ReplicaLayout.nameOf(snapshot));
			byte[] bytes = Files.readAllBytes(file);
			bytes[bytes.length / 2] ^= 1;
			Files.write(file, bytes);
			full.set(true); // else the engine begins anew, and finds that sound
			LitestreamEndpoint endpoint = endpoint(database, Duration.ofMinutes(5));
			Validated validated = (Validated) endpoint.run("app", "validate", null, null, null, null, null, null, null,
					null, null, null, null);
			assertThat(validated.valid()).isFalse();
			assertThat(validated.results()).singleElement().satisfies((result) -> {
				assertThat(result.valid()).isFalse();
				assertThat(result.error()).isNotBlank();
				assertThat(result.replicaChecksum()).isNull();
			});
			assertThat(endpoint.database("app").replicas().get("file")).isNotNull()
				.satisfies((replica) -> assertThat(replica.lastValidationOk()).isFalse());
		}
	}

	@Test
	void restoredDatabasesAreNotHandedOutUnlessThatIsWanted() throws Exception {
		try (LitestreamDatabase database = Databases.start(this.directory)) {
			LitestreamEndpoint endpoint = endpoint(database, Duration.ofMinutes(5));
			assertThat(endpoint.run("app", "backup", null, null, "copy.db", null, null, null, null, null, null, null,
					null))
				.isNotNull();
			assertThatExceptionOfType(EndpointRequestException.class)
				.isThrownBy(() -> endpoint.list("app", "restored", null, null, null, null, null, null, null))
				.withMessageContaining("litestream-spring-boot-ui")
				.satisfies((ex) -> assertThat(ex.status()).isEqualTo(404));
			assertThatExceptionOfType(EndpointRequestException.class)
				.isThrownBy(() -> endpoint.restored("app", "restored", "copy.db"))
				.satisfies((ex) -> assertThat(ex.status()).isEqualTo(404));
		}
	}

	@Test
	void onlyWhatTheEndpointWroteIsHandedOut() throws Exception {
		Path directory = this.directory.toRealPath();
		Path restores = directory.resolve("restores");
		try (LitestreamDatabase database = Databases.start(directory)) {
			LitestreamEndpoint endpoint = new LitestreamEndpoint(() -> Map.of("app", database),
					(any) -> new EndpointSettings(restores, Duration.ofMinutes(5)), new RestoredFiles());
			endpoint.run("app", "backup", null, null, "copy.db", null, null, null, null, null, null, null, null);
			endpoint.run("app", "backup", null, null, "further/down.db", null, null, null, null, null, null, null,
					null);
			Files.writeString(restores.resolve("other.db"), "of somebody else");
			assertThat(endpoint.list("app", "restored", null, null, null, null, null, null, null))
				.isInstanceOfSatisfying(LitestreamReport.RestoredList.class,
						(list) -> assertThat(list.restored()).singleElement().satisfies((entry) -> {
							assertThat(entry.name()).isEqualTo("copy.db");
							assertThat(entry.bytes()).isEqualTo(Files.size(restores.resolve("copy.db")));
						}));
			assertThat(endpoint.restored("app", "restored", "copy.db")).isEqualTo(restores.resolve("copy.db"));
			for (String name : List.of("other.db", "down.db", "further/down.db", "../app.db", "", "\0")) {
				assertThatExceptionOfType(EndpointRequestException.class).as(name)
					.isThrownBy(() -> endpoint.restored("app", "restored", name))
					.satisfies((ex) -> assertThat(ex.status()).isEqualTo(404));
			}
			assertThatExceptionOfType(EndpointRequestException.class)
				.isThrownBy(() -> endpoint.restored("app", "snapshots", "copy.db"))
				.satisfies((ex) -> assertThat(ex.status()).isEqualTo(404));
		}
	}

	@Test
	void restoredDatabaseThatIsTakenIntoUseIsLeftAlone() throws Exception {
		Path directory = this.directory.toRealPath();
		try (LitestreamDatabase database = Databases.start(directory)) {
			Map<String, LitestreamDatabase> databases = new HashMap<>(Map.of("app", database));
			LitestreamEndpoint endpoint = new LitestreamEndpoint(() -> databases,
					(any) -> new EndpointSettings(directory.resolve("restores"), Duration.ofMinutes(5)),
					new RestoredFiles());
			endpoint.run("app", "backup", null, null, "app.db", null, null, null, null, null, null, null, null);
			try (LitestreamDatabase second = Databases.start(directory.resolve("restores"))) {
				databases.put("second", second);
				assertThatExceptionOfType(EndpointRequestException.class)
					.isThrownBy(() -> endpoint.restored("app", "restored", "app.db"))
					.satisfies((ex) -> assertThat(ex.status()).isEqualTo(409));
			}
		}
	}

	@Test
	void tablesAreRestoredToAFileThatIsHandedOut() throws Exception {
		Path directory = this.directory.toRealPath();
		Path restores = directory.resolve("restores");
		execute(directory.resolve("app.db"), "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)",
				"CREATE INDEX notes_text ON notes (text)", "CREATE TABLE other (x)",
				"INSERT INTO notes VALUES (1, 'a'), (2, 'b')");
		try (LitestreamDatabase database = Databases.start(directory)) {
			database.sync(Duration.ofSeconds(30));
			LitestreamEndpoint endpoint = new LitestreamEndpoint(() -> Map.of("app", database),
					(any) -> new EndpointSettings(restores, Duration.ofMinutes(5)), new RestoredFiles());
			RestoredTables restored = (RestoredTables) endpoint.run("app", "restore",
					new EndpointArguments(Map.of("outputPath", "notes.db", "tables", "notes")));
			assertThat(restored.outputPath()).isEqualTo(restores.resolve("notes.db").toString());
			assertThat(restored.tables()).singleElement().satisfies((table) -> {
				assertThat(table.table()).isEqualTo("notes");
				assertThat(table.rows()).isEqualTo(2);
				assertThat(table.indexes()).containsExactly("notes_text");
			});
			assertThat(endpoint.restored("app", "restored", "notes.db")).isEqualTo(restores.resolve("notes.db"));
			assertThat(execute(restores.resolve("notes.db"), "SELECT group_concat(name) FROM sqlite_schema"))
				.isEqualTo("notes,notes_text");
			assertThatExceptionOfType(RestoreException.class)
				.isThrownBy(() -> endpoint.run("app", "restore",
						new EndpointArguments(Map.of("outputPath", "none.db", "tables", "notes, gone"))))
				.withMessageContaining("There is no table 'gone'");
			assertThatExceptionOfType(EndpointRequestException.class)
				.isThrownBy(() -> endpoint.run("app", "restore",
						new EndpointArguments(Map.of("outputPath", "a.db", "tables", "notes", "dryRun", true))))
				.satisfies((ex) -> assertThat(ex.status()).isEqualTo(400));
			assertThatExceptionOfType(EndpointRequestException.class)
				.isThrownBy(() -> endpoint.run("app", "restore",
						new EndpointArguments(Map.of("outputPath", "a.db", "tables", List.of(1)))))
				.withMessageContaining("tables is '[1]'");
			assertThat(new EndpointArguments(Map.of("tables", " a b,\"c, \"\"d\"\"\" ,e")).names("tables"))
				.containsExactly("a b", "c, \"d\"", "e");
			for (String wrong : List.of("a,", ",a", "", " , ", "\"a", "\"\"", "a\"b", "a,,b")) {
				assertThatExceptionOfType(EndpointRequestException.class).as(wrong)
					.isThrownBy(() -> new EndpointArguments(Map.of("tables", wrong)).names("tables"));
			}
			try (Stream<Path> left = Files.list(restores)) {
				assertThat(left).containsExactly(restores.resolve("notes.db"));
			}
		}
	}

	/** The first column of the last one's first row, if that has any. */
	private static @Nullable String execute(Path database, String... statements) throws SQLException {
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
				Statement statement = connection.createStatement()) {
			boolean rows = false;
			for (String sql : statements) {
				rows = statement.execute(sql);
			}
			return rows ? statement.getResultSet().getString(1) : null;
		}
	}

	/** Takes nothing more once it is full. */
	private static final class FullStore extends ForwardingStore {

		private final AtomicBoolean full;

		FullStore(ObjectStore store, AtomicBoolean full) {
			super(store);
			this.full = full;
		}

		@Override
		public ObjectStore afresh() {
			return new FullStore(store().afresh(), this.full);
		}

		@Override
		public StoredObject put(NewObject object, ObjectContent content) throws IOException {
			if (this.full.get()) {
				throw new IOException("it is full");
			}
			return super.put(object, content);
		}

	}

}
