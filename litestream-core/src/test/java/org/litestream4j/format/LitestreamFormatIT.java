package org.litestream4j.format;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.litestream4j.format.v03.ReplicaLayout;
import org.litestream4j.sqlite.WalTail;
import org.litestream4j.testing.ChildProcess;
import org.litestream4j.testing.EnabledIfRealLitestream;
import org.litestream4j.testing.EnabledIfSqlite3;
import org.litestream4j.testing.RealLitestream;
import org.litestream4j.testing.Sqlite3;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The real litestream reads what {@link Lz4} and {@link ReplicaLayout} make, and they
 * read what it writes.
 */
@EnabledIfRealLitestream
@EnabledIfSqlite3
class LitestreamFormatIT {

	private static final Generation GENERATION = new Generation("00000000deadbeef");

	@TempDir
	private Path directory;

	@ParameterizedTest
	@CsvSource({ "512, 100", "4096, 100", "65536, 100", "4096, 10000000" })
	void restoreWhenReplicaHasOnlyASnapshotOfOursGivesItBack(int pageSize, int blobSize)
			throws IOException, SQLException {
		Path database = this.directory.resolve("app.db");
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
				Statement statement = connection.createStatement()) {
			statement.execute("PRAGMA page_size=" + pageSize);
			statement.execute("CREATE TABLE t(x BLOB)");
			statement.execute("INSERT INTO t VALUES (zeroblob(%d)), (randomblob(%d))".formatted(blobSize, blobSize));
		}
		Path replica = this.directory.resolve("replica");
		store(replica, ReplicaLayout.snapshotName(GENERATION, 0), database);
		Path restored = this.directory.resolve("restored.db");
		RealLitestream.get().restore(replica, restored);
		assertThat(restored).hasSameBinaryContentAs(database);
	}

	@Test
	void restoreWhenReplicaHasSegmentsOfOursAppliesThem() throws IOException, SQLException {
		Path database = this.directory.resolve("app.db");
		Path replica = this.directory.resolve("replica");
		Sqlite3.run(database, "PRAGMA journal_mode=WAL;", "CREATE TABLE t(x);");
		// Not open yet
		store(replica, ReplicaLayout.snapshotName(GENERATION, 0), database);
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
				Statement statement = connection.createStatement()) {
			Path wal = Path.of(database + "-wal");
			statement.execute("INSERT INTO t VALUES (1), (2)");
			long first = Files.size(wal);
			statement.execute("INSERT INTO t VALUES (4)");
			storePart(replica, new WalPosition(GENERATION, 0, 0), wal, first);
			storePart(replica, new WalPosition(GENERATION, 0, first), wal, Files.size(wal) - first);
		}
		Path restored = this.directory.resolve("restored.db");
		RealLitestream.get().restore(replica, restored);
		assertThat(Sqlite3.run(restored, "SELECT sum(x) FROM t;")).isEqualTo("7");
		assertThat(Sqlite3.integrityCheck(restored)).isEqualTo("ok");
	}

	@Test
	void decompressWhenLitestreamWroteTheReplicaGivesDatabaseAndWholeWal() throws IOException {
		Path database = this.directory.resolve("app.db");
		Path replica = this.directory.resolve("replica");
		Sqlite3.run(database, "PRAGMA journal_mode=WAL;", "CREATE TABLE t(x);");
		long end;
		try (ChildProcess litestream = RealLitestream.get().replicate(database, RealLitestream.url(replica))) {
			litestream.awaitLine((line) -> line.contains("wal segment written"));
			Sqlite3.run(database, "INSERT INTO t VALUES (randomblob(100000));");
			RealLitestream.awaitShipped(litestream, database);
			end = Files.size(Path.of(database + "-wal"));
		}
		Generation generation = new Generation(names(replica.resolve(ReplicaLayout.GENERATIONS)).get(0));
		Snapshot snapshot = names(replica.resolve(ReplicaLayout.snapshotsDirectory(generation))).stream()
			.flatMap((name) -> ReplicaLayout.parseSnapshot(generation, name, 1, Instant.now()).stream())
			.findFirst()
			.orElseThrow();
		Path copy = this.directory.resolve("copy.db");
		try (InputStream in = Lz4.decompress(Files.newInputStream(replica.resolve(ReplicaLayout.nameOf(snapshot))))) {
			Files.copy(in, copy);
		}
		assertThat(Sqlite3.run(copy, "SELECT count(*) FROM sqlite_schema WHERE name = 't';")).isEqualTo("1");
		List<String> segments = names(replica.resolve(ReplicaLayout.walDirectory(generation)));
		assertThat(segments).hasSizeGreaterThan(1)
			.allMatch((name) -> ReplicaLayout.parseSegment(generation, name, 1, Instant.now()).isPresent());
		try (InputStream in = joined(replica.resolve(ReplicaLayout.walDirectory(generation)), segments)) {
			WalTail tail = WalTail.scan(in, "the segments");
			assertThat(tail.endsWithCommit()).isTrue();
			assertThat(tail.commitOffset()).isEqualTo(end);
		}
	}

	private static InputStream joined(Path walDirectory, List<String> names) throws IOException {
		List<InputStream> parts = new ArrayList<>();
		for (String name : names) {
			parts.add(Lz4.decompress(Files.newInputStream(walDirectory.resolve(name))));
		}
		return new SequenceInputStream(Collections.enumeration(parts));
	}

	private static List<String> names(Path directory) throws IOException {
		try (Stream<Path> children = Files.list(directory)) {
			return children.map((child) -> child.getFileName().toString()).sorted().toList();
		}
	}

	private static void store(Path replica, String objectName, Path content) throws IOException {
		try (InputStream in = Files.newInputStream(content)) {
			store(replica, objectName, in.readAllBytes());
		}
	}

	private static void storePart(Path replica, WalPosition start, Path wal, long length) throws IOException {
		try (InputStream in = Files.newInputStream(wal)) {
			in.skipNBytes(start.offset());
			store(replica, ReplicaLayout.segmentName(start), in.readNBytes((int) length));
		}
	}

	private static void store(Path replica, String objectName, byte[] content) throws IOException {
		Path object = replica.resolve(objectName);
		Files.createDirectories(object.resolveSibling("."));
		try (OutputStream out = Lz4.compress(Files.newOutputStream(object), content.length)) {
			out.write(content);
		}
	}

}
