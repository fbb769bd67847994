package org.litestream4j.history.diff;

import java.time.Instant;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Generation;
import org.litestream4j.format.TransactionId;
import org.litestream4j.format.WalPosition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class MomentTests {

	private static final String GENERATION = "75949f9e3948e859";

	private static RestoreTarget target(String text) {
		return Moment.of(text).target();
	}

	@Test
	void stateIsNamedInAnyWay() {
		Generation generation = new Generation(GENERATION);
		assertThat(target("latest")).isEqualTo(RestoreTarget.latest());
		assertThat(target(GENERATION)).isEqualTo(RestoreTarget.of(generation));
		assertThat(target(GENERATION + "/1a")).isEqualTo(RestoreTarget.of(generation, 26));
		assertThat(target(GENERATION + "/00000003:000020e0"))
			.isEqualTo(RestoreTarget.at(new WalPosition(generation, 3, 0x20e0)));
		assertThat(target("txid:00000000000003e8")).isEqualTo(RestoreTarget.of(new TransactionId(1000)));
		assertThat(target("00000000000003e8")).isEqualTo(RestoreTarget.of(new TransactionId(1000)));
		assertThat(target("2026-11-26T12:00:00Z")).isEqualTo(RestoreTarget.asOf(Instant.parse("2026-11-26T12:00:00Z")));
		assertThat(Moment.of("5m").time()).isNotNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "yesteryear", GENERATION + "/00000003:zz", GENERATION + "/ffffffff",
			"txid:ffffffffffffffff" })
	void whatIsNoStateIsRefused(String text) {
		assertThatIllegalArgumentException().isThrownBy(() -> Moment.of(text))
			.withMessageMatching(".*(or latest|is expected)");
	}

}
