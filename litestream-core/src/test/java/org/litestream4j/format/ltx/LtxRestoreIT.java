package org.litestream4j.format.ltx;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.LitestreamRestore;
import org.litestream4j.Replica;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreRequest;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.TransactionId;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.testing.ChildProcess;
import org.litestream4j.testing.EnabledIfRealLitestream5;
import org.litestream4j.testing.EnabledIfSqlite3;
import org.litestream4j.testing.RealLitestream5;
import org.litestream4j.testing.Sqlite3;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the real Litestream v0.5 writes is restored byte for byte as it restores it, while
 * and after it compacts.
 */
@EnabledIfRealLitestream5
@EnabledIfSqlite3
class LtxRestoreIT {

	@TempDir
	private Path directory;

	private int restores;

	@Test
	void replicaOfTheRealOneIsRestoredAsItRestoresIt() throws IOException {
		Path database = this.directory.resolve("app.db");
		Path replica = this.directory.resolve("replica");
		Sqlite3.run(database, "PRAGMA page_size=8192;", "PRAGMA journal_mode=WAL;",
				"CREATE TABLE t(id INTEGER PRIMARY KEY, v);");
		Path configuration = Files.writeString(this.directory.resolve("litestream.yml"), """
				levels: [{interval: 1s}, {interval: 2s}]
				snapshot: {interval: 3s, retention: 24h}
				l0-retention: 1s
				l0-retention-check-interval: 1s
				dbs:
				  - path: %s
				    monitor-interval: 20ms
				    replica: {type: file, path: %s, sync-interval: 20ms}
				""".formatted(database, replica));
		try (ChildProcess litestream = RealLitestream5.get()
			.start("replicate", "-config", configuration.toString(), "-log-level", "debug")) {
			litestream.awaitLine((line) -> line.contains("replicating to"));
			for (int i = 0; i < 4; i++) {
				Sqlite3.run(database, "INSERT INTO t(v) SELECT randomblob(3000) FROM generate_series(1, 200);",
						"UPDATE t SET v = randomblob(3000) WHERE id %% 9 = %d;".formatted(i));
				litestream.awaitLine((line) -> line.contains("compaction complete"));
			}
			Sqlite3.run(database, "DELETE FROM t WHERE id % 3 > 0;", "VACUUM;");
			litestream.awaitLine((line) -> line.contains("compaction complete"));
			litestream.terminate();
		}
		LtxReplica listed = new LtxReplica(store(replica));
		List<LtxFile> files = listed.listAll();
		assertThat(files).extracting(LtxFile::level).contains(0, 1, 9);
		requireSame(replica, RestoreTarget.latest());
		for (LtxFile file : files.stream().filter((each) -> each.level() == 1).toList()) {
			requireSame(replica, RestoreTarget.of(new TransactionId(file.maxTxid())), "-txid",
					new TransactionId(file.maxTxid()).toString());
		}
		// Ours includes that time, and theirs ends before it
		Instant time = listed.header(listed.list(1).get(1)).time();
		requireSame(replica, RestoreTarget.asOf(time), "-timestamp", time.plusMillis(1).toString());
	}

	private void requireSame(Path replica, RestoreTarget target, String... options) throws IOException {
		Path theirs = this.directory.resolve("theirs-%d.db".formatted(++this.restores));
		Path ours = this.directory.resolve("ours-%d.db".formatted(this.restores));
		RealLitestream5.get().restore(RealLitestream5.url(replica), theirs, options);
		RestoreReport report = new LitestreamRestore("app",
				List.of(new Replica("file", store(replica), Replica.Options.DEFAULTS)), LitestreamListener.NONE)
			.restoreIfMissing(RestoreRequest.latest(ours).withTarget(target), RestoreProgress.NONE)
			.orElseThrow();
		assertThat(report.position()).isInstanceOf(TransactionId.class);
		assertThat(Files.mismatch(ours, theirs)).as("%s", target).isEqualTo(-1);
		assertThat(Map.of(ours, Sqlite3.integrityCheck(ours))).containsValue("ok");
	}

	private static ObjectStore store(Path replica) {
		return new FileStore(replica, SystemDisk.ownerOnly());
	}

}
