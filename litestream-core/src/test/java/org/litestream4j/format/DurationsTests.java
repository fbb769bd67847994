package org.litestream4j.format;

import java.time.Duration;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class DurationsTests {

	@ParameterizedTest
	@CsvSource({ "PT0S, 0 s", "PT0.3S, 300 ms", "PT1.5S, 1500 ms", "PT30S, 30 s", "PT90S, 90 s", "PT60S, 1 min",
			"PT24H, 24 h", "PT-1S, -1 s", "PT-0.25S, -250 ms", "PT0.0000005S, 500 ns", "PT-0.0000005S, -500 ns" })
	void durationIsDescribedExactlyInTheLargestWholeUnit(Duration duration, String text) {
		assertThat(Durations.describe(duration)).isEqualTo(text);
	}

	@Test
	void longestDurationsAreDescribedAndCounted() {
		assertThat(Durations.describe(Duration.ofSeconds(Long.MAX_VALUE))).isEqualTo(Long.MAX_VALUE + " s");
		assertThat(Durations.describe(Duration.ofSeconds(Long.MAX_VALUE, 1_000_000))).endsWith(" s");
		assertThat(Durations.nanos(Duration.ofSeconds(Long.MAX_VALUE))).isEqualTo(Long.MAX_VALUE);
		assertThat(Durations.nanos(Duration.ofSeconds(1))).isEqualTo(1_000_000_000);
	}

}
