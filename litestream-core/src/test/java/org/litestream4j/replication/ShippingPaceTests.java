package org.litestream4j.replication;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ShippingPaceTests {

	private static final Duration INTERVAL = Duration.ofSeconds(10);

	private long now = Long.MAX_VALUE - 5; // it may overflow

	private final ShippingPace pace = new ShippingPace(INTERVAL, () -> this.now);

	private Duration untilDue() {
		return Duration.ofNanos(this.pace.untilDue());
	}

	private void pass(Duration time) {
		this.now += time.toNanos();
	}

	/** Waits as long as it must, and fails again. */
	private void failOften(int times) {
		for (int i = 0; i < times; i++) {
			pass(untilDue());
			this.pace.failed();
		}
	}

	@Test
	void firstWorkIsDueAtOnce() {
		assertThat(untilDue()).isZero();
	}

	@Test
	void hurryDoesNotWaitForTheInterval() {
		this.pace.shipped();
		assertThat(untilDue()).isEqualTo(INTERVAL);
		this.pace.hurry();
		assertThat(untilDue()).isLessThanOrEqualTo(Duration.ZERO);
	}

	@Test
	void hurryWhileItFailsTriesOnceASecondHoweverOftenItIsSaid() {
		failOften(10);
		assertThat(untilDue()).isEqualTo(Duration.ofSeconds(30));
		int tries = 0;
		for (int i = 0; i < 1000; i++) {
			this.pace.hurry();
			if (untilDue().compareTo(Duration.ZERO) <= 0) {
				assertThat(this.pace.beginWork(() -> true)).isTrue();
				this.pace.failed();
				tries++;
			}
			pass(Duration.ofMillis(10));
		}
		assertThat(tries).isEqualTo(9);
	}

	@Test
	void hurryDoesNotLengthenTheFirstWait() {
		this.pace.failed();
		this.pace.hurry();
		assertThat(untilDue()).isEqualTo(Duration.ofMillis(500));
	}

	@Test
	void hurryLongAfterTheLastFailureTriesAtOnce() {
		failOften(10);
		pass(Duration.ofSeconds(2));
		this.pace.hurry();
		assertThat(untilDue()).isLessThanOrEqualTo(Duration.ZERO);
	}

	@Test
	void successOfAHurriedTryEndsTheWaitAfterFailures() {
		failOften(10);
		pass(Duration.ofSeconds(2));
		this.pace.hurry();
		assertThat(this.pace.beginWork(() -> true)).isTrue();
		this.pace.succeeded();
		assertThat(untilDue()).isZero();
	}

	@Test
	void workIsNotLostWhileItWaitsForAHurriedTry() {
		this.pace.failed();
		this.pace.hurry();
		pass(Duration.ofSeconds(1));
		assertThat(this.pace.beginWork(() -> false)).isTrue(); // hurry is work by itself
	}

}
