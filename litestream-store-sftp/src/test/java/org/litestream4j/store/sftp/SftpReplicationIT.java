package org.litestream4j.store.sftp;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.BackupFormat;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.LitestreamRestore;
import org.litestream4j.Replica;
import org.litestream4j.RestoreRequest;
import org.litestream4j.format.ltx.LtxFile;
import org.litestream4j.format.ltx.LtxReplica;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.tck.FaultProxy;
import org.litestream4j.testing.ChildProcess;
import org.litestream4j.testing.EnabledIfRealLitestream;
import org.litestream4j.testing.RealLitestream;

import static org.assertj.core.api.Assertions.assertThat;

/** The engine with a replica behind the real OpenSSH server, and the real litestream. */
class SftpReplicationIT {

	private static OpenSshServer server;

	@TempDir
	private Path directory;

	@BeforeAll
	static void startServer(@TempDir Path files) throws Exception {
		server = OpenSshServer.start(files);
	}

	@AfterAll
	static void stopServer() throws Exception {
		if (server != null) {
			server.close();
		}
	}

	@Test
	void databaseIsReplicatedAndRestored() throws Exception {
		Path database = this.directory.resolve("app.db");
		try (LitestreamDatabase replicated = replicate(database, store());
				Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
			for (int i = 1; i <= 20; i++) {
				insert(connection, i);
				replicated.changed();
				assertThat(replicated.awaitReplicated(Duration.ofMinutes(2))).isTrue();
			}
			assertThat(replicated.validate("sftp").valid()).isTrue();
		}
		assertThat(rows(restored(store()))).isEqualTo(20);
	}

	@Test
	void networkThatBreaksAgainAndAgainLosesNothing() throws Exception {
		Path database = this.directory.resolve("app.db");
		Map<String, String> properties = server.properties();
		properties.remove("known-hosts");
		properties.put("host-key", Files.readString(server.file("host_ed25519.pub")));
		properties.put("timeout", "2s");
		try (FaultProxy proxy = new FaultProxy(server.address())) {
			try (LitestreamDatabase replicated = replicate(database,
					OpenSshServer.open(proxy.address(), place(), properties));
					Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
				for (int i = 1; i <= 30; i++) {
					proxy.cutAfter((i % 2 == 0) ? FaultProxy.Direction.TO_SERVER : FaultProxy.Direction.TO_STORE,
							200L * i);
					insert(connection, i);
					replicated.changed();
					if (i % 10 == 0) {
						proxy.cut();
					}
				}
				proxy.behave();
				assertThat(replicated.awaitReplicated(Duration.ofMinutes(2))).isTrue();
			}
		}
		assertThat(rows(restored(store()))).isEqualTo(30);
	}

	/** As Litestream v0.5 restores by these times. */
	@Test
	void ltxFilesHaveTheTimesOfTheirCommits() throws Exception {
		Path database = this.directory.resolve("app.db");
		LtxReplica replica = new LtxReplica(store());
		try (LitestreamDatabase replicated = replicate(database, store(), BackupFormat.LTX);
				Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
			insert(connection, 1);
			replicated.sync(Duration.ofSeconds(30));
			insert(connection, 2);
			replicated.sync(Duration.ofSeconds(30));
			Instant committed = Instant.now();
			while (!Instant.now().isAfter(committed.plusSeconds(3))) {
				Thread.sleep(50); // the server's times are whole seconds
			}
			replicated.snapshot();
			assertThat(replicated.validate("sftp").valid()).isTrue();
		}
		List<LtxFile> files = replica.listAll();
		assertThat(files).extracting(LtxFile::level).contains(0, 9);
		for (LtxFile file : files) {
			assertThat(file.storedAt()).as("%s", file)
				.isEqualTo(replica.header(file).time().truncatedTo(ChronoUnit.SECONDS));
		}
	}

	@Test
	@EnabledIfRealLitestream
	void realLitestreamRestoresWhatWeWrote() throws Exception {
		Path database = this.directory.resolve("app.db");
		try (LitestreamDatabase replicated = replicate(database, store());
				Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
			insert(connection, 1);
			replicated.changed();
			assertThat(replicated.awaitReplicated(Duration.ofMinutes(2))).isTrue();
			insert(connection, 2);
			replicated.changed();
			assertThat(replicated.awaitReplicated(Duration.ofMinutes(2))).isTrue();
		}
		Path fromDirectory = this.directory.resolve("from-directory.db");
		RealLitestream.get().restore(place(), fromDirectory);
		assertThat(rows(fromDirectory)).isEqualTo(2);
		Path fromServer = this.directory.resolve("from-server.db");
		RealLitestream.get()
			.run("restore", "-config", configuration(database).toString(), "-o", fromServer.toString(),
					database.toString());
		assertThat(rows(fromServer)).isEqualTo(2);
	}

	@Test
	@EnabledIfRealLitestream
	void whatTheRealLitestreamWroteIsRestored() throws Exception {
		Path database = this.directory.resolve("app.db");
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
			insert(connection, 1);
			try (ChildProcess replicating = RealLitestream.get().replicateAsConfigured(configuration(database))) {
				replicating.awaitLine((line) -> line.contains("wal segment written"));
				insert(connection, 2);
				replicating.awaitLine((line) -> line.contains("wal segment written"));
				replicating.terminate();
			}
		}
		assertThat(rows(restored(store()))).isEqualTo(2);
	}

	private Path configuration(Path database) throws Exception {
		return Files.writeString(this.directory.resolve("litestream.yml"), """
				dbs:
				  - path: %s
				    replicas:
				      - type: sftp
				        host: 127.0.0.1:%d
				        user: %s
				        key-path: %s
				        path: %s
				""".formatted(database, server.port(), OpenSshServer.user(), server.file("user"), place()));
	}

	private LitestreamDatabase replicate(Path database, ObjectStore store) throws Exception {
		return replicate(database, store, BackupFormat.V3);
	}

	private LitestreamDatabase replicate(Path database, ObjectStore store, BackupFormat format) throws Exception {
		Replica replica = new Replica("sftp", store, Replica.Options.builder().format(format).build());
		return LitestreamDatabase.start(LitestreamOptions.of(database), List.of(replica), LitestreamListener.NONE);
	}

	private Path restored(ObjectStore store) throws Exception {
		Path output = this.directory.resolve("restored.db");
		try (store) {
			new LitestreamRestore("app", replicas(store), LitestreamListener.NONE)
				.restore(RestoreRequest.latest(output));
		}
		return output;
	}

	private static List<Replica> replicas(ObjectStore store) {
		return List.of(new Replica("sftp", store, Replica.Options.DEFAULTS));
	}

	private static void insert(Connection connection, int id) throws Exception {
		try (Statement statement = connection.createStatement()) {
			statement.execute("PRAGMA journal_mode=WAL");
			statement.execute("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, v BLOB)");
			statement.execute("INSERT INTO t VALUES (%d, randomblob(20000))".formatted(id));
		}
	}

	private static int rows(Path database) throws Exception {
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
				Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery("SELECT count(*) FROM t")) {
			rows.next();
			return rows.getInt(1);
		}
	}

	private ObjectStore store() {
		return server.open(place(), server.properties());
	}

	private Path place() {
		return this.directory.resolve("replica");
	}

}
