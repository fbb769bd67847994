package org.litestream4j.live;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import org.litestream4j.live.CheckpointPolicy.Action;
import org.litestream4j.live.CheckpointPolicy.Pin;
import org.litestream4j.live.CheckpointPolicy.Situation;

import static org.assertj.core.api.Assertions.assertThat;

class CheckpointPolicyTests {

	private static final Duration LONG = Duration.ofHours(1);

	private final CheckpointPolicy policy = new CheckpointPolicy(1000, 100_000, 1L << 30, Duration.ofMinutes(1));

	private Action decide(int log, int backfilled, Duration sinceAttempt, Duration sinceRestart, Pin pin) {
		return this.policy
			.decide(new Situation(log, backfilled, sinceAttempt.toNanos(), sinceRestart.toNanos(), true, pin), 7500);
	}

	@Test
	void emptyOrUnknownOrWhollyCopiedWalIsLeftAlone() {
		assertThat(decide(-1, -1, LONG, LONG, Pin.NONE)).isEqualTo(Action.NONE);
		assertThat(decide(0, 0, LONG, LONG, Pin.NONE)).isEqualTo(Action.NONE);
		assertThat(decide(50_000, 50_000, LONG, LONG, Pin.NONE)).isEqualTo(Action.NONE);
	}

	@Test
	void smallYoungWalIsLeftAlone() {
		assertThat(decide(999, 0, LONG, Duration.ofSeconds(59), Pin.NONE)).isEqualTo(Action.NONE);
	}

	@Test
	void fromTheMinimumOnAGentleOneIsTriedNowAndThen() {
		assertThat(decide(1000, 0, Duration.ofMillis(500), Duration.ZERO, Pin.NONE)).isEqualTo(Action.GENTLE);
		assertThat(decide(1000, 0, Duration.ofMillis(499), Duration.ZERO, Pin.NONE)).isEqualTo(Action.NONE);
		assertThat(decide(7499, 7000, LONG, Duration.ZERO, Pin.NONE)).isEqualTo(Action.GENTLE);
	}

	@Test
	void fromItsStartOnAFirmOneIsTriedEveryTime() {
		assertThat(decide(7500, 0, Duration.ZERO, Duration.ZERO, Pin.NONE)).isEqualTo(Action.FIRM);
		assertThat(decide(10_000, 0, Duration.ZERO, Duration.ZERO, Pin.NONE)).isEqualTo(Action.FIRM);
		assertThat(decide(10_000, 9_999, Duration.ZERO, Duration.ZERO, Pin.NONE)).isEqualTo(Action.FIRM);
	}

	@Test
	void afterTheIntervalAFirmOneIsTriedButNotAtEveryStep() {
		assertThat(decide(1, 0, LONG, Duration.ofMinutes(1), Pin.NONE)).isEqualTo(Action.FIRM);
		assertThat(decide(1, 0, Duration.ofSeconds(10), Duration.ofMinutes(1), Pin.NONE)).isEqualTo(Action.FIRM);
		assertThat(decide(1, 0, Duration.ofSeconds(9), Duration.ofMinutes(1), Pin.NONE)).isEqualTo(Action.NONE);
	}

	@Test
	void idleDatabaseIsLeftInPeaceAfterTheInterval() {
		assertThat(this.policy.decide(new Situation(999, 0, LONG.toNanos(), LONG.toNanos(), false, Pin.NONE), 7500))
			.isEqualTo(Action.NONE);
	}

	@Test
	void whileTheEngineItselfPinsTheWalTheWriteLockIsNeverTaken() {
		assertThat(decide(20_000, 0, LONG, LONG, Pin.OWN_VIEW)).isEqualTo(Action.GENTLE);
		assertThat(decide(20_000, 0, Duration.ZERO, LONG, Pin.OWN_VIEW)).isEqualTo(Action.NONE);
		assertThat(decide(1, 0, LONG, LONG, Pin.OWN_VIEW)).isEqualTo(Action.GENTLE);
	}

	@Test
	void fileIsCutOnlyPastItsThreshold() {
		assertThat(this.policy.shouldTruncate(100_000L * 4096, 4096)).isFalse();
		assertThat(this.policy.shouldTruncate(100_001L * 4096, 4096)).isTrue();
		assertThat(this.policy.shouldTruncate(100_001L * 4096, 65_536)).isFalse();
	}

	@Test
	void fileOfLargePagesIsCutBeforeItIsOfManyPages() {
		assertThat(this.policy.shouldTruncate(1L << 30, 65_536)).isFalse();
		assertThat(this.policy.shouldTruncate((1L << 30) + 1, 65_536)).isTrue();
	}

}
