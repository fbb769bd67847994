package org.litestream4j.store.s3;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.http.SdkHttpResponse;

/**
 * How far the store's clock is ahead, from the dates of its answers. Thread-safe.
 */
final class S3Clock {

	/** What took longer says too little about when it was dated. */
	private static final Duration SLOW = Duration.ofSeconds(10);

	private static final Duration SECOND = Duration.ofSeconds(1);

	private volatile @Nullable Duration offset;

	/**
	 * Learns from an answer, unless a cache may have kept it.
	 * @param sent when the request was sent, by this machine's clock
	 * @param received when the answer was received
	 */
	void answered(Instant sent, Instant received, SdkHttpResponse answer) {
		boolean prompt = !received.isBefore(sent) && received.isBefore(sent.plus(SLOW));
		if (prompt && answer.firstMatchingHeader("Age").isEmpty()) {
			date(answer).ifPresent((date) -> this.offset = certain(sent, received, date));
		}
	}

	/** Empty until an answer told. */
	Optional<Duration> offset() {
		return Optional.ofNullable(this.offset);
	}

	/** What an answer is dated, in whole seconds. */
	static Optional<Instant> date(SdkHttpResponse answer) {
		try {
			return answer.firstMatchingHeader("Date")
				.map((date) -> Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(date)));
		}
		catch (DateTimeException ex) {
			return Optional.empty();
		}
	}

	/**
	 * The least difference that explains a date. It stands for any moment of its second,
	 * and was written at some time between the request and the answer.
	 */
	static Duration certain(Instant sent, Instant received, Instant date) {
		Duration least = Duration.between(received, date);
		Duration most = Duration.between(sent, date.plus(SECOND));
		if (!least.isNegative()) {
			return least;
		}
		return most.isNegative() ? most : Duration.ZERO;
	}

}
