package org.litestream4j.shadow;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link FirmStart}.
 */
class FirmStartTests {

	private final FirmStart start = new FirmStart(10_000);

	@Test
	void beginsAtHalfOfTheLimit() {
		assertThat(this.start.pages()).isEqualTo(5_000);
	}

	@Test
	void beginsEarlierByWhatWasTooMuch() {
		this.start.learn(12_000);
		assertThat(this.start.pages()).isEqualTo(3_000);
	}

	@Test
	void beginsLaterInSmallStepsUpToThreeQuarters() {
		this.start.learn(10_000);
		assertThat(this.start.pages()).isEqualTo(5_200);
		for (int i = 0; i < 100; i++) {
			this.start.learn(8_000);
		}
		assertThat(this.start.pages()).isEqualTo(7_500);
	}

	@Test
	void checkpointThatCameLessFarTeachesNothing() {
		this.start.learn(12_000);
		for (int i = 0; i < 100; i++) {
			this.start.learn(2_999);
		}
		assertThat(this.start.pages()).isEqualTo(3_000);
	}

	@Test
	void neverBeginsBelowAnEighth() {
		this.start.learn(Integer.MAX_VALUE);
		assertThat(this.start.pages()).isEqualTo(1_250);
	}

	@Test
	void smallLimitStillHasAStart() {
		FirmStart tiny = new FirmStart(1);
		assertThat(tiny.pages()).isEqualTo(1);
		tiny.learn(100);
		assertThat(tiny.pages()).isEqualTo(1);
	}

	@Test
	void writerThatGrowsTheWalInProportionIsHeldBelowTheLimit() {
		int reached = 0;
		for (int i = 0; i < 20; i++) {
			reached = this.start.pages() * 3;
			this.start.learn(reached);
		}
		assertThat(reached).isLessThanOrEqualTo(10_000 + 3 * 200);
	}

}
