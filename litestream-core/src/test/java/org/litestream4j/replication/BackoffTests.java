package org.litestream4j.replication;

import java.time.Duration;
import java.util.stream.LongStream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class BackoffTests {

	private final Backoff backoff = new Backoff(Duration.ofMillis(500), Duration.ofSeconds(30));

	private Duration failed() {
		return Duration.ofNanos(this.backoff.failed());
	}

	@Test
	void eachFailureDoublesTheWaitUpToTheBound() {
		assertThat(LongStream.generate(this.backoff::failed).limit(8).mapToObj((nanos) -> Duration.ofNanos(nanos)))
			.containsExactly(Duration.ofMillis(500), Duration.ofSeconds(1), Duration.ofSeconds(2),
					Duration.ofSeconds(4), Duration.ofSeconds(8), Duration.ofSeconds(16), Duration.ofSeconds(30),
					Duration.ofSeconds(30));
	}

	@Test
	void longFailureStaysAtTheBound() {
		for (int i = 0; i < 1000; i++) {
			this.backoff.failed();
		}
		assertThat(failed()).isEqualTo(Duration.ofSeconds(30));
	}

	@Test
	void successBeginsAnew() {
		this.backoff.failed();
		this.backoff.failed();
		this.backoff.succeeded();
		assertThat(failed()).isEqualTo(Duration.ofMillis(500));
	}

}
