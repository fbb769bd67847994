package org.litestream4j;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class RestoreTimeTests {

	/** 13:30 in Berlin. */
	private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-26T12:30:00Z"), ZoneId.of("Europe/Berlin"));

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			5m                           | 2026-11-26T12:25:00Z
			5m ago                       | 2026-11-26T12:25:00Z
			-5m                          | 2026-11-26T12:25:00Z
			2h30m                        | 2026-11-26T10:00:00Z
			2h 30M                       | 2026-11-26T10:00:00Z
			1.5h                         | 2026-11-26T11:00:00Z
			1d                           | 2026-11-25T12:30:00Z
			2w                           | 2026-11-12T12:30:00Z
			250ms                        | 2026-11-26T12:29:59.750Z
			now                          | 2026-11-26T12:30:00Z
			12:02                        | 2026-11-26T11:02:00Z
			9:02                         | 2026-11-26T08:02:00Z
			12:02:03                     | 2026-11-26T11:02:03Z
			12:02:03.5                   | 2026-11-26T11:02:03.500Z
			12:02:03,123456789           | 2026-11-26T11:02:03.123456789Z
			13:30                        | 2026-11-26T12:30:00Z
			13:31                        | 2026-11-25T12:31:00Z
			12:02Z                       | 2026-11-26T12:02:00Z
			12:02 UTC                    | 2026-11-26T12:02:00Z
			12:31 UTC                    | 2026-11-25T12:31:00Z
			12:02+05:30                  | 2026-11-26T06:32:00Z
			12:02 america/new_york       | 2026-11-25T17:02:00Z
			today 14:00                  | 2026-11-26T13:00:00Z
			yesterday 12:00              | 2026-11-25T11:00:00Z
			Yesterday 12:00:00.001       | 2026-11-25T11:00:00.001Z
			2026-11-26 12:02             | 2026-11-26T11:02:00Z
			2026-11-26T12:02             | 2026-11-26T11:02:00Z
			2026-07-26 12:02:03.25       | 2026-07-26T10:02:03.250Z
			2026-11-26 12:02Z            | 2026-11-26T12:02:00Z
			2026-11-26 12:02 +0100       | 2026-11-26T11:02:00Z
			2026-11-26 12:02 +01         | 2026-11-26T11:02:00Z
			2026-11-26 12:02 [Asia/Tokyo]| 2026-11-26T03:02:00Z
			2026-11-26T12:02:03Z         | 2026-11-26T12:02:03Z
			2026-11-26t12:02:03.5z       | 2026-11-26T12:02:03.500Z
			2026-11-26T12:02:03.5+01:00  | 2026-11-26T11:02:03.500Z
			""")
	void timesAreReadAsPeopleWriteThem(String text, Instant expected) {
		assertThat(RestoreTime.parse(text, CLOCK).instant()).isEqualTo(expected);
		assertThat(RestoreTime.parse("  " + text + " ", CLOCK).instant()).isEqualTo(expected);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					12:02            | 12:02 is 2026-11-26T12:02:00.000+01:00 (Europe/Berlin)
					2026-07-26 12:02 | 2026-07-26 12:02 is 2026-07-26T12:02:00.000+02:00 (Europe/Berlin)
					12:02 +02:00     | 12:02 +02:00 is 2026-11-26T12:02:00.000+02:00
					12:02 Asia/Tokyo | 12:02 Asia/Tokyo is 2026-11-26T12:02:00.000+09:00 (Asia/Tokyo)
					90s              | 90s ago is 2026-11-26T13:28:30.000+01:00 (Europe/Berlin)
					13:30:00.001     | 13:30:00.001 is 2026-11-25T13:30:00.001+01:00 (Europe/Berlin), which was yesterday, as today's is still to come
					today 14:00      | today 14:00 is 2026-11-26T14:00:00.000+01:00 (Europe/Berlin), which is still to come
					""")
	void noteSaysHowATimeWasUnderstood(String text, String note) {
		assertThat(RestoreTime.parse(text, CLOCK).note()).isEqualTo(note);
	}

	@Test
	void noteIsOmittedWhereATimeMeansOneThing() {
		assertThat(RestoreTime.parse("2026-11-26T12:02:03Z", CLOCK).note()).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "yesterday", "noon", "5", "5 minutes", "12", "25:00", "12:60", "2026-11-26",
			"2026-02-30 12:00", "12:02 Nowhere/City", "26.11.2026 12:02", "5m later", "999999999w999999999w999999999w",
			"2026-11-26T12:02:03+25:00", "1m1" })
	void nonsenseIsRefusedWithWhatIsAllowed(String text) {
		assertThatIllegalArgumentException().isThrownBy(() -> RestoreTime.parse(text, CLOCK))
			.withMessage("'%s' is no time: allowed are 5m or 2h30m (ago), 12:02 or 12:02:03.5, yesterday 12:02,"
					+ " 2026-11-26 12:02 (these in the zone Europe/Berlin, or with another behind them), and"
					+ " 2026-11-26T12:02:03.5Z or +01:00", text);
	}

	@Test
	void timeThatWasTwiceIsRefusedWithBoth() {
		assertThatIllegalArgumentException().isThrownBy(() -> RestoreTime.parse("2026-10-25 02:30", CLOCK))
			.withMessage("'2026-10-25 02:30' was twice: in Europe/Berlin the clocks were put back over"
					+ " 2026-10-25T02:30; give 2026-10-25T02:30:00.000+02:00 or 2026-10-25T02:30:00.000+01:00");
		assertThat(RestoreTime.parse("2026-10-25T02:30:00.000+01:00", CLOCK).instant())
			.isEqualTo("2026-10-25T01:30:00Z");
	}

	@Test
	void timeThatNeverWasIsRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> RestoreTime.parse("2026-03-29 02:30", CLOCK))
			.withMessageContaining("'2026-03-29 02:30' never was: in Europe/Berlin the clocks were put forward");
	}

	@Test
	void clockTimeOfWhichOneIsStillToComeIsTheOther() {
		Clock between = Clock.fixed(Instant.parse("2026-10-25T00:45:00Z"), CLOCK.getZone());
		assertThat(RestoreTime.parse("02:30", between).instant()).isEqualTo("2026-10-25T00:30:00Z");
		Clock after = Clock.fixed(Instant.parse("2026-10-25T03:00:00Z"), CLOCK.getZone());
		assertThatIllegalArgumentException().isThrownBy(() -> RestoreTime.parse("02:30", after))
			.withMessageContaining("was twice");
	}

	@Test
	void textIsUtcToTheMillisecondAndAsExactAsItIs() {
		assertThat(RestoreTime.parse("2026-11-26T13:02:03+01:00", CLOCK)).hasToString("2026-11-26T12:02:03.000Z");
		assertThat(RestoreTime.parse("2026-11-26T12:02:03.1234567Z", CLOCK))
			.hasToString("2026-11-26T12:02:03.1234567Z");
		assertThat(RestoreTime.parse("12:02", CLOCK)).isEqualTo(RestoreTime.parse("2026-11-26T11:02:00Z", CLOCK))
			.hasSameHashCodeAs(RestoreTime.parse("2026-11-26T11:02:00Z", CLOCK));
	}

}
