package org.litestream4j.cli;

import java.time.Duration;

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
	@CsvSource({ "1a,26", "0000001a,26", "0x1a,26", "10,16", "0,0" })
	void indexIsHexadecimal(String text, int expected) {
		assertThat(Text.parseIndex(text)).isEqualTo(expected);
	}

}
