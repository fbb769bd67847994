package org.litestream4j.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class TextTests {

	@ParameterizedTest
	@CsvSource({ "0,0s", "59,59s", "60,1m0s", "3600,1h0m0s", "4778,1h19m38s", "90061,25h1m1s", "-5,0s" })
	void durationIsWrittenAsGoProgramsDo(long seconds, String expected) {
		assertThat(Text.duration(Duration.ofSeconds(seconds))).isEqualTo(expected);
	}

	@ParameterizedTest
	@CsvSource({ "999,999 B", "1000,1.0 kB", "327680,327.7 kB", "5000000000,5.0 GB" })
	void sizeHasAUnit(long bytes, String expected) {
		assertThat(Text.bytes(bytes)).isEqualTo(expected);
	}

	@ParameterizedTest
	@CsvSource({ "2026-01-01T00:00:00Z,2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.123Z,2026-01-01T00:00:00.123Z",
			"2026-01-01T00:00:00.123000001Z,2026-01-01T00:00:00.124Z",
			"2026-01-01T00:00:00.999999999Z,2026-01-01T00:00:01.000Z" })
	void timeReachesWhatItStandsBeside(Instant time, String expected) {
		assertThat(Text.time(time)).isEqualTo(expected);
	}

	@ParameterizedTest
	@CsvSource({ "1a,26", "0000001a,26", "0x1a,26", "10,16", "0,0" })
	void indexIsHexadecimal(String text, int expected) {
		assertThat(Text.parseIndex(text)).isEqualTo(expected);
	}

	@Test
	void timeIsInFullWhereAMillisecondReachesWhatComesNext() {
		Instant time = Instant.parse("2026-11-26T12:00:00.000100200Z");
		assertThat(Text.before(time, time.plusMillis(2))).isEqualTo(Instant.parse("2026-11-26T12:00:00.001Z"));
		assertThat(Text.before(time, null)).isEqualTo(Instant.parse("2026-11-26T12:00:00.001Z"));
		assertThat(Text.before(time, time.plusNanos(300))).isEqualTo(time);
		assertThat(OffsetDateTime.parse(Text.localTime(time, time.plusNanos(300))).toInstant()).isEqualTo(time);
		assertThat(Text.localTime(time, time.plusMillis(2))).isEqualTo(Text.localTime(time));
	}

}
