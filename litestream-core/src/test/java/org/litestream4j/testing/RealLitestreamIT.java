package org.litestream4j.testing;

import java.io.IOException;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link RealLitestream} and {@link Sqlite3}.
 */
@EnabledIfRealLitestream
@EnabledIfSqlite3
class RealLitestreamIT {

	@TempDir
	private Path directory;

	@Test
	void runWhenVersionIsAskedIsTheOneOfTheFormat() throws IOException {
		assertThat(RealLitestream.get().run("version")).isEqualTo("v0.3.13");
	}

	@Test
	void runWhenCommandFailsSaysWhatItPrinted() {
		assertThatExceptionOfType(AssertionError.class).isThrownBy(
				() -> RealLitestream.get().restore(this.directory.resolve("nothing"), this.directory.resolve("out")))
			.withMessageContaining("exit status 1")
			.withMessageContaining("no matching backups found");
	}

	@Test
	void awaitShippedWhenItReturnsHasEverythingInTheReplica() throws IOException {
		Path database = this.directory.resolve("app.db");
		Path replica = this.directory.resolve("replica");
		Path restored = this.directory.resolve("restored.db");
		Sqlite3.run(database, "PRAGMA journal_mode=WAL;", "CREATE TABLE t(x);");
		try (ChildProcess litestream = RealLitestream.get().replicate(database, RealLitestream.url(replica))) {
			litestream.awaitLine((line) -> line.contains("wal segment written"));
			Sqlite3.run(database, "INSERT INTO t VALUES (1), (2), (3);");
			RealLitestream.awaitShipped(litestream, database);
			litestream.terminate();
		}
		RealLitestream.get().restore(replica, restored);
		assertThat(Sqlite3.run(restored, "SELECT sum(x) FROM t;")).isEqualTo("6");
		assertThat(Sqlite3.integrityCheck(restored)).isEqualTo("ok");
	}

	@Test
	void sqlite3WhenStatementFailsSaysWhy() {
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> Sqlite3.run(this.directory.resolve("x.db"), "SELECT * FROM missing;", "SELECT 1;"))
			.withMessageContaining("no such table: missing");
	}

}
