package org.litestream4j.live;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.testing.CapturedLog;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Checkpointer}.
 */
@Timeout(180)
class CheckpointerTests {

	@TempDir
	private Path temp;

	private Path database;

	@BeforeEach
	void nameDatabase() {
		this.database = this.temp.resolve("app.db");
	}

	/** Checkpoints at every step. */
	private Following eager(Duration busyTimeout, int truncatePages) {
		return Following.in(this.temp)
			.with((o) -> new ShadowOptions(o.name(), o.database(), o.metaDirectory(), busyTimeout,
					o.checkpointInterval(), 1, 1, truncatePages, o.largestWal(), o.minFreeSpace(),
					o.creationPragmas()));
	}

	@Test
	void largeWalFileIsCutAlthoughThereIsACommitBeforeEveryStep() throws Exception {
		Following following = eager(Duration.ofSeconds(1), 20);
		try (WalShadower shadower = following.start(); TestDatabase app = TestDatabase.open(this.database)) {
			app.commits(20);
			shadower.step();
			app.commit();
			shadower.step();
			assertThat(following.checkpoints()).contains("truncate COMPLETE");
			assertThat(Files.size(this.temp.resolve("app.db-wal"))).isLessThan(20 * 4096);
		}
		assertThat(following.generations()).hasSize(1);
	}

	@Test
	void openWriteTransactionIsNotTakenForAReader() throws Exception {
		Following following = eager(Duration.ofMillis(20), 121_359);
		try (WalShadower shadower = following.start();
				TestDatabase app = TestDatabase.open(this.database);
				CapturedLog log = CapturedLog.begin()) {
			app.commits(3);
			app.execute("BEGIN IMMEDIATE");
			shadower.step();
			assertThat(log.warnings()).singleElement()
				.asString()
				.contains("a write transaction that was open for longer than the busy timeout of 20 ms")
				.doesNotContain("read transaction");
			app.execute("ROLLBACK");
		}
	}

	@Test
	void openReadTransactionIsStillNamed() throws Exception {
		Following following = eager(Duration.ofMillis(20), 121_359);
		try (WalShadower shadower = following.start();
				TestDatabase app = TestDatabase.open(this.database);
				TestDatabase reader = TestDatabase.open(this.database);
				CapturedLog log = CapturedLog.begin()) {
			reader.execute("BEGIN");
			reader.query("SELECT count(*) FROM ledger");
			app.commits(3);
			shadower.step();
			assertThat(log.warnings()).singleElement().asString().contains("a long read transaction");
		}
	}

	@Test
	void checkpointOfTheApplicationEndsWhileTheEngineGuardsTheWal() throws Exception {
		Following following = Following.in(this.temp);
		try (WalShadower shadower = following.start(); TestDatabase app = TestDatabase.open(this.database)) {
			app.commit();
			shadower.step();
			app.commits(5);
			app.execute("PRAGMA busy_timeout=60000");
			CompletableFuture<String> busy = CompletableFuture.supplyAsync(() -> truncate(app));
			while (!busy.isDone()) {
				shadower.letOthersCheckpoint();
			}
			assertThat(busy.get()).isEqualTo("0");
			app.commit();
			shadower.step();
		}
		assertThat(following.generations()).hasSize(1);
	}

	private static String truncate(TestDatabase app) {
		try {
			return app.query("PRAGMA wal_checkpoint(TRUNCATE)");
		}
		catch (java.sql.SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
