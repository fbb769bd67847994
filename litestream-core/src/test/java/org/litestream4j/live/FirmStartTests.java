package org.litestream4j.live;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link FirmStart}.
 */
class FirmStartTests {

	private final FirmStart start = new FirmStart(10_000);

	@Test
	void beginsAtAnEighthOfTheLimit() {
		assertThat(this.start.pages()).isEqualTo(1_250);
	}

	/** To 5,050 pages. */
	private void learnToBeginLater() {
		for (int i = 0; i < 19; i++) {
			this.start.learn(10_000, 1, 1);
		}
	}

	@Test
	void beginsEarlierByWhatWasTooMuch() {
		learnToBeginLater();
		this.start.learn(12_000, 1, 1);
		assertThat(this.start.pages()).isEqualTo(3_050);
	}

	@Test
	void beginsLaterInSmallStepsUpToThreeQuarters() {
		this.start.learn(10_000, 1, 1);
		assertThat(this.start.pages()).isEqualTo(1_450);
		for (int i = 0; i < 100; i++) {
			this.start.learn(8_000, 1, 1);
		}
		assertThat(this.start.pages()).isEqualTo(7_500);
	}

	@Test
	void checkpointThatBeginsAsLateAsItMayIsNotTooLateForItsBulk() {
		for (int i = 0; i < 100; i++) {
			this.start.learn(8_000, 1, 1);
		}
		assertThat(this.start.hasty()).isEqualTo(8_750).isGreaterThan(this.start.pages() + 1_000);
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 2, 3, 4, 7, 8, 9, 100 })
	void checkpointWithASmallLimitIsNotTooLateForItsBulkEither(int limit) {
		FirmStart small = new FirmStart(limit);
		for (int i = 0; i < 1000; i++) {
			small.learn(limit, 1, 1);
		}
		assertThat(small.pages()).isLessThanOrEqualTo(small.hasty());
	}

	@Test
	void checkpointThatCostsNextToNothingNeedNotComeLater() {
		this.start.learn(2_000, 1_000_000, 40_000_000);
		assertThat(this.start.pages()).isEqualTo(1_250);
		this.start.learn(2_000, 1_000_000, 39_000_000);
		assertThat(this.start.pages()).isGreaterThan(1_250);
	}

	@Test
	void checkpointThatCameTooLateTeachesWhateverItCost() {
		learnToBeginLater();
		this.start.learn(12_000, 1, 1_000_000_000);
		assertThat(this.start.pages()).isEqualTo(3_050);
	}

	@Test
	void writerThatAddsLittleMeanwhileSoonHasTheWalThatItMayHave() {
		for (int i = 0; i < 10; i++) {
			this.start.learn(this.start.pages() + 10, 1, 1);
		}
		assertThat(this.start.pages()).isEqualTo(7_500);
	}

	@Test
	void checkpointThatCameLessFarTeachesNothing() {
		learnToBeginLater();
		for (int i = 0; i < 100; i++) {
			this.start.learn(5_049, 1, 1);
		}
		assertThat(this.start.pages()).isEqualTo(5_050);
	}

	@Test
	void neverBeginsBelowAnEighth() {
		learnToBeginLater();
		this.start.learn(Integer.MAX_VALUE, 1, 1);
		assertThat(this.start.pages()).isEqualTo(1_250);
	}

	@Test
	void smallLimitStillHasAStart() {
		FirmStart tiny = new FirmStart(1);
		assertThat(tiny.pages()).isEqualTo(1);
		tiny.learn(100, 1, 1);
		assertThat(tiny.pages()).isEqualTo(1);
	}

	@Test
	void writerThatGrowsTheWalInProportionIsHeldBelowTheLimit() {
		int reached = 0;
		for (int i = 0; i < 20; i++) {
			reached = this.start.pages() * 3;
			this.start.learn(reached, 1, 1);
		}
		assertThat(reached).isLessThanOrEqualTo(10_000 + 3 * 200);
	}

}
