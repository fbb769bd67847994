package org.litestream4j.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

import org.litestream4j.BackupFormat;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.Replica;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;

/**
 * A directory with a database and a replica, for one measurement.
 *
 * @param directory everything is below it
 */
record Workplace(Path directory) implements AutoCloseable {

	static final Duration PATIENCE = Duration.ofMinutes(5);

	static Workplace in(Path parent) throws IOException {
		return new Workplace(Files.createTempDirectory(parent, "round-"));
	}

	Path database() {
		return this.directory.resolve("app.db");
	}

	Path wal() {
		return this.directory.resolve("app.db-wal");
	}

	Path replica() {
		return this.directory.resolve("replica");
	}

	/** A connection as an application would open it; checkpoints are somebody's own. */
	Connection connect(int autocheckpoint) throws SQLException {
		Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database());
		execute(connection, "PRAGMA journal_mode=WAL");
		execute(connection, "PRAGMA synchronous=NORMAL");
		execute(connection, "PRAGMA wal_autocheckpoint=" + autocheckpoint);
		return connection;
	}

	static void execute(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
	}

	/** A database of about a size, of pages that do not compress to nothing. */
	void fill(int megabytes) throws SQLException {
		try (Connection connection = connect(1000)) {
			execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)");
			for (int i = 0; i < megabytes; i++) {
				execute(connection, ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
						+ " INSERT INTO t (v) SELECT randomblob(500) || zeroblob(480) FROM n"));
			}
		}
	}

	LitestreamDatabase replicate() throws IOException {
		return replicate(BackupFormat.V3);
	}

	LitestreamDatabase replicate(BackupFormat format) throws IOException {
		return replicate(LitestreamOptions.of(database()), format, LitestreamListener.NONE);
	}

	LitestreamDatabase replicate(LitestreamOptions options, BackupFormat format, LitestreamListener listener)
			throws IOException {
		return LitestreamDatabase.start(options, List.of(replicaOptions(format)), listener);
	}

	Replica replicaOptions() {
		return replicaOptions(BackupFormat.V3);
	}

	Replica replicaOptions(BackupFormat format) {
		return new Replica("file", new FileStore(replica(), SystemDisk.ownerOnly()),
				Replica.Options.builder().format(format).build());
	}

	/** The real litestream, replicating beside us. */
	Process sidecar(Path binary) throws IOException {
		return new ProcessBuilder(binary.toString(), "replicate", database().toString(), "file://" + replica())
			.redirectErrorStream(true)
			.redirectOutput(this.directory.resolve("sidecar.log").toFile())
			.start();
	}

	@Override
	public void close() throws IOException {
		try (Stream<Path> files = Files.walk(this.directory)) {
			for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
				Files.deleteIfExists(file);
			}
		}
	}

}
