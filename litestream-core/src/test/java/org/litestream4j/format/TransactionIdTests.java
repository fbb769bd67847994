package org.litestream4j.format;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.RestoreTarget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link TransactionId} and {@link RestoreTarget#txid()}.
 */
class TransactionIdTests {

	@Test
	void notationIsTheOneOfFileNames() {
		assertThat(new TransactionId(1000)).hasToString("00000000000003e8");
		assertThat(TransactionId.parse("00000000000003e8")).isEqualTo(new TransactionId(1000));
		assertThat(TransactionId.parse("7fffffffffffffff").value()).isEqualTo(Long.MAX_VALUE);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "3e8", "00000000000003E8", "0000000000000000", "8000000000000000", "00000000000003e8 ",
			"00000000000003g8" })
	void anythingElseIsRefused(String text) {
		assertThatIllegalArgumentException().isThrownBy(() -> TransactionId.parse(text));
	}

	@Test
	void targetTakesItAlone() {
		assertThat(RestoreTarget.of(new TransactionId(1000))).hasToString("txid 00000000000003e8");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> RestoreTarget.builder()
				.txid(new TransactionId(1))
				.generation(new Generation("75949f9e3948e859"))
				.build())
			.withMessage("txid is given with generation: use one of them");
	}

}
