package org.litestream4j.store.s3;

import java.time.Duration;
import java.time.Instant;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.http.SdkHttpResponse;

import static org.assertj.core.api.Assertions.assertThat;

class S3ClockTests {

	private static final Instant DATE = Instant.parse("2026-11-26T14:00:00Z");

	private static final String HEADER = "Thu, 26 Nov 2026 14:00:00 GMT";

	@ParameterizedTest
	@CsvSource({ "PT0.9S, PT0.95S, PT0S", "PT0S, PT0S, PT0S", "PT-0.2S, PT0.1S, PT0S", "PT1S, PT1.5S, PT0S",
			"PT1.2S, PT1.5S, PT-0.2S", "PT-0.5S, PT-0.3S, PT0.3S", "PT26H, PT26H, PT-25H-59M-59S",
			"PT-49H, PT-49H, PT49H" })
	void offsetIsTheLeastThatExplainsTheDate(Duration sent, Duration received, Duration expected) {
		assertThat(S3Clock.certain(DATE.plus(sent), DATE.plus(received), DATE)).isEqualTo(expected);
	}

	@Test
	void offsetIsKnownOnceAnAnswerTold() {
		S3Clock clock = new S3Clock();
		assertThat(clock.offset()).isEmpty();
		clock.answered(DATE.plusSeconds(60), DATE.plusSeconds(60), answer().build());
		assertThat(clock.offset()).contains(Duration.ofSeconds(-59));
		clock.answered(DATE, DATE, answer().build());
		assertThat(clock.offset()).contains(Duration.ZERO);
	}

	@Test
	void answerOfACacheOrALateOneTellsNothing() {
		S3Clock clock = new S3Clock();
		clock.answered(DATE, DATE.plusSeconds(10), answer().build());
		clock.answered(DATE.plusSeconds(60), DATE.plusSeconds(60), answer().putHeader("Age", "60").build());
		clock.answered(DATE, DATE, SdkHttpResponse.builder().statusCode(200).putHeader("Date", "soon").build());
		clock.answered(DATE.plusSeconds(1), DATE, answer().build());
		assertThat(clock.offset()).isEmpty();
	}

	private static SdkHttpResponse.Builder answer() {
		return SdkHttpResponse.builder().statusCode(200).putHeader("Date", HEADER);
	}

}
