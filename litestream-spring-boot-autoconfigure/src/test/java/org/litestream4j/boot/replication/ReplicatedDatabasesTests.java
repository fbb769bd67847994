package org.litestream4j.boot.replication;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.litestream4j.boot.replication.ReplicatedDatabases.Claim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link ReplicatedDatabases}.
 */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class ReplicatedDatabasesTests {

	private final ReplicatedDatabases databases = new ReplicatedDatabases();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	@AfterEach
	void stop() {
		this.threads.shutdownNow();
	}

	private Future<?> claim(String name, String file, CountDownLatch before) {
		return this.threads.submit(() -> {
			before.countDown();
			this.databases.claim(name, Path.of(file)).close();
		});
	}

	@Test
	void otherNamesAndFilesDoNotWait() throws Exception {
		try (Claim claim = this.databases.claim("a", Path.of("/a.db"))) {
			claim("b", "/b.db", new CountDownLatch(1)).get();
			assertThat(claim).isNotNull();
		}
	}

	@Test
	void sameNameOrFileWaits() throws Exception {
		CountDownLatch begun = new CountDownLatch(2);
		Future<?> sameName;
		Future<?> sameFile;
		try (Claim claim = this.databases.claim("a", Path.of("/a.db"))) {
			sameName = claim("a", "/b.db", begun);
			sameFile = claim("b", "/a.db", begun);
			begun.await();
			assertThat(sameName).isNotDone();
			assertThat(sameFile).isNotDone();
			assertThat(claim).isNotNull();
		}
		sameName.get();
		sameFile.get();
	}

	@Test
	void nothingIsClaimedAnyMoreWhileTheApplicationStops() throws Exception {
		Claim claim = this.databases.claim("a", Path.of("/a.db"));
		Future<?> closed = this.threads.submit(this.databases::close);
		while (!this.databases.isClosing()) {
			Thread.onSpinWait();
		}
		assertThatIllegalStateException().isThrownBy(() -> this.databases.claim("b", Path.of("/b.db")))
			.withMessage("database 'b' is not replicated, as the application is stopping");
		assertThat(closed).as("it waits for what is being started").isNotDone();
		claim.close();
		closed.get();
	}

}
