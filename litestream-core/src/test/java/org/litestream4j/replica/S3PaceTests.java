package org.litestream4j.replica;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import org.litestream4j.replica.S3Pace.Verdict;

import static org.assertj.core.api.Assertions.assertThat;

class S3PaceTests {

	private final S3Pace pace = new S3Pace();

	@Test
	void byteEachFiveSecondsIsGivenUpAfterAMinute() {
		for (int i = 0; i < 12; i++) {
			assertThat(this.pace.read(1, Duration.ofSeconds(5).toNanos())).isEqualTo(Verdict.WAITING);
		}
		assertThat(this.pace.read(1, Duration.ofSeconds(5).toNanos())).isEqualTo(Verdict.TOO_SLOW);
		assertThat(this.pace).hasToString("13 bytes in 65 s");
	}

	@Test
	void slowNetworkGetsOn() {
		for (int i = 0; i < 100; i++) {
			assertThat(this.pace.read(S3Pace.SOME, S3Pace.PATIENCE.toNanos() + 1)).isEqualTo(Verdict.GETS_ON);
		}
	}

}
