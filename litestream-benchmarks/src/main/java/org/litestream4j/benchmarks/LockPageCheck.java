package org.litestream4j.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

import org.litestream4j.BackupFormat;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.LitestreamRestore;
import org.litestream4j.LtxOptions;
import org.litestream4j.Replica;
import org.litestream4j.RestoreRequest;
import org.litestream4j.ValidationReport;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;

/**
 * A database that grows over the page at 1 GiB, which SQLite never uses, while it is
 * replicated in both formats at once: what ours and the real ones of both versions make
 * of the replicas must be the database, byte for byte. It is no measurement, and no test
 * as that takes too long for each build; it fails if anything differs.
 */
final class LockPageCheck {

	private static final long GIB = 1L << 30;

	/** So much is there before it is replicated. */
	private static final long BEFORE = GIB - (4L << 20);

	/** As large as a blob may be, nearly. */
	private static final long LARGEST = 900_000_000;

	/** Transactions that make it larger, a tenth of a megabyte each. */
	private static final int COMMITS = 100;

	private final Settings settings;

	LockPageCheck(Settings settings) {
		this.settings = settings;
	}

	void run() throws Exception {
		for (int pageSize : new int[] { 4096, 65536 }) {
			try (Workplace place = Workplace.in(this.settings.directory())) {
				run(place, pageSize);
			}
		}
	}

	private void run(Workplace place, int pageSize) throws Exception {
		long start = System.nanoTime();
		fill(place, pageSize);
		List<Replica> replicas = List.of(replica(place, BackupFormat.V3), replica(place, BackupFormat.LTX));
		try (LitestreamDatabase litestream = LitestreamDatabase.start(LitestreamOptions.of(place.database()), replicas,
				LitestreamListener.NONE)) {
			litestream.sync(Workplace.PATIENCE);
			grow(place, litestream);
			litestream.snapshot(name(BackupFormat.LTX)); // made of what the replica holds
			try (Connection connection = place.connect(0)) {
				Workplace.execute(connection,
						"UPDATE t SET v = randomblob(length(v)) WHERE length(v) = 100000 AND id % 7 = 0");
			}
			litestream.sync(Workplace.PATIENCE);
			for (Replica replica : replicas) {
				ValidationReport report = litestream.validate(replica.name());
				if (!report.valid()) {
					throw new IOException("%s is not valid: %s".formatted(replica.name(), report));
				}
			}
		}
		describe(place);
		for (Replica replica : replicas) {
			Path output = place.directory().resolve("ours.db");
			new LitestreamRestore("app", List.of(replica), LitestreamListener.NONE)
				.restore(RestoreRequest.latest(output));
			requireEqual(place, output, "ours, of " + replica.name());
		}
		restoreByThem(place, BackupFormat.V3, this.settings.litestream());
		restoreByThem(place, BackupFormat.LTX, this.settings.litestream5());
		System.out.printf("all in %.0f s%n", (System.nanoTime() - start) / 1e9);
	}

	private static String name(BackupFormat format) {
		return (format == BackupFormat.LTX) ? "ltx" : "v3";
	}

	private static Path directory(Workplace place, BackupFormat format) {
		return place.directory().resolve(name(format));
	}

	private static Replica replica(Workplace place, BackupFormat format) {
		Duration often = Duration.ofMillis(500);
		return new Replica(name(format), new FileStore(directory(place, format), SystemDisk.ownerOnly()),
				Replica.Options.builder()
					.format(format)
					.ltx(new LtxOptions(List.of(often, often.multipliedBy(2), often.multipliedBy(4)), Duration.ZERO))
					.build());
	}

	/** Zeros, which are written fast and compress to nothing. */
	private static void fill(Workplace place, int pageSize) throws SQLException {
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + place.database())) {
			Workplace.execute(connection, "PRAGMA page_size=" + pageSize);
			Workplace.execute(connection, "PRAGMA journal_mode=OFF");
			Workplace.execute(connection, "PRAGMA synchronous=OFF");
			Workplace.execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)");
			for (long left = BEFORE; left > 0; left = BEFORE - pages(connection) * pageSize) {
				Workplace.execute(connection,
						"INSERT INTO t (v) VALUES (zeroblob(%d))".formatted(Math.min(left, LARGEST)));
			}
		}
	}

	private static void grow(Workplace place, LitestreamDatabase litestream) throws Exception {
		try (Connection connection = place.connect(0)) {
			for (int i = 0; i < COMMITS; i++) {
				Workplace.execute(connection, "INSERT INTO t (v) VALUES (randomblob(100000))");
				if (i % 10 == 0) {
					litestream.sync(Workplace.PATIENCE);
				}
			}
		}
		litestream.sync(Workplace.PATIENCE);
	}

	private static long pages(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet count = statement.executeQuery("PRAGMA page_count")) {
			return count.getLong(1);
		}
	}

	/** At rest: all of it is in its file. */
	private static void describe(Workplace place) throws SQLException, IOException {
		try (Connection connection = place.connect(0); Statement statement = connection.createStatement()) {
			statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
			long size = Files.size(place.database());
			long pageSize = size / pages(connection);
			System.out.printf("pages of %d bytes: %d, and %d is the one at 1 GiB%n", pageSize, size / pageSize,
					GIB / pageSize + 1);
		}
	}

	private static void restoreByThem(Workplace place, BackupFormat format, Optional<Path> real) throws Exception {
		if (real.isEmpty()) {
			System.out.printf("the real one of %s is not given%n", name(format));
			return;
		}
		Path output = place.directory().resolve("theirs.db");
		int status = new ProcessBuilder(real.get().toString(), "restore", "-o", output.toString(),
				"file://" + directory(place, format))
			.inheritIO()
			.start()
			.waitFor();
		if (status != 0) {
			throw new IOException("restore ended with status " + status);
		}
		requireEqual(place, output, "the real one, of " + name(format));
	}

	private static void requireEqual(Workplace place, Path output, String who) throws IOException {
		long at = Files.mismatch(place.database(), output);
		if (at >= 0) {
			throw new IOException("what %s has restored differs at byte %d".formatted(who, at));
		}
		System.out.printf("restored by %s: the same %d bytes%n", who, Files.size(output));
		Files.delete(output);
	}

}
