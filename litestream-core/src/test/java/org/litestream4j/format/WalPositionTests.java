package org.litestream4j.format;

import java.time.Instant;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link WalPosition}, and for what {@link Snapshot} and {@link WalSegment}
 * refuse.
 */
class WalPositionTests {

	private static final Generation GENERATION = new Generation("b8e9afb5e0717645");

	private static final Generation OTHER = new Generation("0000000000000001");

	@Test
	void isAfterWhenGenerationIsTheSameComparesIndexThenOffset() {
		WalPosition position = new WalPosition(GENERATION, 2, 100);
		assertThat(position.isAfter(new WalPosition(GENERATION, 2, 99))).isTrue();
		assertThat(position.isAfter(new WalPosition(GENERATION, 1, 5000))).isTrue();
		assertThat(position.isAfter(position)).isFalse();
		assertThat(position.isAfter(new WalPosition(GENERATION, 2, 101))).isFalse();
		assertThat(position.isAfter(new WalPosition(GENERATION, 3, 0))).isFalse();
	}

	@Test
	void isAfterWhenGenerationsDifferIsRefused() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new WalPosition(GENERATION, 2, 100).isAfter(new WalPosition(OTHER, 1, 0)))
			.withMessage("generations b8e9afb5e0717645 and 0000000000000001 have no order");
	}

	@Test
	void atWhenOffsetChangesKeepsTheRest() {
		assertThat(new WalPosition(GENERATION, 2, 100).at(200)).isEqualTo(new WalPosition(GENERATION, 2, 200));
	}

	@Test
	void toStringWhenPositionIsAnywhereUsesTheDigitsOfObjectNames() {
		assertThat(new WalPosition(GENERATION, 0xab, WalPosition.MAX_OFFSET))
			.hasToString("b8e9afb5e0717645/000000ab:ffffffff");
	}

	@Test
	void parseReadsWhatToStringWrote() {
		for (WalPosition position : List.of(new WalPosition(GENERATION, 0, 0),
				new WalPosition(GENERATION, Integer.MAX_VALUE, WalPosition.MAX_OFFSET))) {
			assertThat(WalPosition.parse(position.toString())).isEqualTo(position);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "b8e9afb5e0717645", "b8e9afb5e0717645/1:2", "B8E9AFB5E0717645/00000001:00000002",
			"b8e9afb5e0717645/80000000:00000000", "b8e9afb5e0717645/00000000:1000000000000",
			"b8e9afb5e0717645/00000001/00000002", "b8e9afb5e0717645/00000001:00000002\n" })
	void parseRefusesAnythingElseWithOneSentence(String text) {
		assertThatIllegalArgumentException().isThrownBy(() -> WalPosition.parse(text))
			.withMessageContaining("expected");
	}

	@Test
	void createWhenNoObjectCouldBeNamedSoIsRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> new WalPosition(GENERATION, -1, 0))
			.withMessage("WAL index -1: 0 or more is expected");
		assertThatIllegalArgumentException().isThrownBy(() -> new WalPosition(GENERATION, 0, -1))
			.withMessage("WAL offset -1: 0 to 281474976710655 is expected");
		assertThatIllegalArgumentException().isThrownBy(() -> new WalPosition(GENERATION, 0, 1L << 48));
		assertThatIllegalArgumentException().isThrownBy(() -> new WalSegment(GENERATION, -1, 0, 1, Instant.EPOCH));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new WalSegment(GENERATION, 0, 1L << 48, 1, Instant.EPOCH));
		assertThatIllegalArgumentException().isThrownBy(() -> new Snapshot(GENERATION, -1, 1, Instant.EPOCH))
			.withMessage("snapshot index -1: 0 or more is expected");
	}

}
