package org.litestream4j.store;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import org.litestream4j.store.ReadPace.Verdict;

import static org.assertj.core.api.Assertions.assertThat;

class ReadPaceTests {

	private final ReadPace pace = new ReadPace();

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
			assertThat(this.pace.read(ReadPace.SOME, ReadPace.PATIENCE.toNanos() + 1)).isEqualTo(Verdict.GETS_ON);
		}
	}

}
