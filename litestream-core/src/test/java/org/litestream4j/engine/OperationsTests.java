package org.litestream4j.engine;

import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.litestream4j.OperationRunningException;
import org.litestream4j.RestoreProgress;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link Operations}.
 */
@Timeout(180)
class OperationsTests {

	private final Operations operations = new Operations("app", Clock.systemUTC());

	@Test
	void oneOfAKindRunsAtATime() {
		try (Operations.Running restore = this.operations.begin("restore")) {
			assertThatExceptionOfType(OperationRunningException.class)
				.isThrownBy(() -> this.operations.begin("restore"))
				.withMessage("a restore of database 'app' is already running: wait until it has finished");
			this.operations.begin("validate").close();
			restore.reporting(RestoreProgress.NONE).advanced(1, 4);
			assertThat(this.operations.running()).singleElement()
				.satisfies((status) -> assertThat(status.progress()).isEqualTo(0.25));
		}
		assertThat(this.operations.running()).isEmpty();
		this.operations.begin("restore").close();
	}

	@Test
	void stopTellsARestoreToEndAndWaitsUntilItHas() throws Exception {
		ExecutorService threads = Executors.newSingleThreadExecutor();
		try {
			Operations.Running restore = this.operations.begin("restore");
			RestoreProgress progress = restore.reporting(RestoreProgress.NONE);
			assertThat(progress.isCancelled()).isFalse();
			Future<Boolean> stopped = threads.submit(() -> {
				this.operations.stop(Duration.ofMinutes(10));
				return this.operations.running().isEmpty();
			});
			while (!progress.isCancelled()) {
				TimeUnit.MILLISECONDS.sleep(1);
			}
			assertThat(stopped.isDone()).isFalse();
			restore.close();
			assertThat(stopped.get()).isTrue();
		}
		finally {
			threads.shutdownNow();
		}
	}

	@Test
	void stopDoesNotWaitForEverAndNothingBeginsAfterIt() throws Exception {
		this.operations.begin("snapshot");
		this.operations.stop(Duration.ofMillis(1));
		assertThatIllegalStateException().isThrownBy(() -> this.operations.begin("restore"))
			.withMessage("replication of database 'app' has stopped");
	}

}
