package org.litestream4j.database;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link WriteTurns}.
 */
@Timeout(60)
class WriteTurnsTests {

	@Test
	void nobodyWaitsWhileNobodyHasTheLock() {
		WriteTurns turns = new WriteTurns();
		turns.await();
		turns.taken();
		turns.givenBack();
		turns.await();
	}

	@Test
	void waitsNoLongerThanATenthOfASecond() {
		WriteTurns turns = new WriteTurns();
		turns.taken();
		long start = System.nanoTime();
		turns.await();
		assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(Duration.ofMillis(100).toNanos());
	}

	@Test
	void whoIsInterruptedDoesNotWaitAndStaysInterrupted() {
		WriteTurns turns = new WriteTurns();
		turns.taken();
		Thread.currentThread().interrupt();
		turns.await();
		assertThat(Thread.interrupted()).isTrue();
	}

	/** None is missed, whenever it comes: each waits for the next one at most. */
	@Test
	void everybodyGoesOnWhenItIsGivenBack() throws Exception {
		WriteTurns turns = new WriteTurns();
		List<Thread> threads = new ArrayList<>();
		for (int i = 0; i < 4; i++) {
			Thread thread = new Thread(() -> {
				for (int turn = 0; turn < 10_000; turn++) {
					turns.await();
				}
			});
			thread.start();
			threads.add(thread);
		}
		while (threads.stream().anyMatch(Thread::isAlive)) {
			turns.taken();
			turns.givenBack();
		}
		for (Thread thread : threads) {
			thread.join();
		}
	}

	@Test
	void theyAreTakenWithTheWriteLock(@TempDir Path temp) throws Exception {
		try (DatabaseSession session = DatabaseSession.open(temp.resolve("app.db"), Duration.ofSeconds(1), Map.of())) {
			assertThat(session.turns().isTaken()).isFalse();
			assertThat(session.tryBeginWrite()).isTrue();
			assertThat(session.turns().isTaken()).isTrue();
			session.endWrite();
			assertThat(session.turns().isTaken()).isFalse();
		}
	}

}
