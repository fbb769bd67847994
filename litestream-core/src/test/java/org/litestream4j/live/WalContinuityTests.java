package org.litestream4j.live;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.litestream4j.live.WalContinuity.Broken;
import org.litestream4j.live.WalContinuity.Continues;
import org.litestream4j.live.WalContinuity.Guarding;
import org.litestream4j.live.WalContinuity.Restarted;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.sqlite.WalHeader;

import static org.assertj.core.api.Assertions.assertThat;

class WalContinuityTests {

	private static final WalHeader HEADER = new WalHeader(false, 4096, 1, 0x0102030405060708L, 42);

	/** The first salt is one higher, as SQLite usually has it after a restart. */
	private static final WalHeader NEXT = new WalHeader(false, 4096, 2, 0x0102030505060708L, 43);

	private static final long END = HEADER.endOf(3);

	private static WalContinuity decide(@Nullable ShadowState known, WalHeader live, long end, Guarding guarding) {
		return WalContinuity.decide(known, live, end, guarding);
	}

	private static ShadowState copied() {
		return new ShadowState(HEADER, END, 7, 10, false);
	}

	@Test
	void firstWalOfAGenerationIsAnIndex() {
		assertThat(decide(null, HEADER, END, Guarding.THROUGHOUT)).isEqualTo(new Restarted());
	}

	@Test
	void firstWalProvesNothingOfWhatWasBeforeIt() {
		assertThat(decide(null, HEADER, END, Guarding.UNPROVEN)).isInstanceOfSatisfying(Broken.class,
				(broken) -> assertThat(broken.reason()).isEqualTo(GenerationReason.WAL_DOES_NOT_CONTINUE));
	}

	@Test
	void sameHeaderGoesOnWhereItWasCopiedTo() {
		assertThat(decide(copied(), HEADER, HEADER.endOf(5), Guarding.THROUGHOUT)).isEqualTo(new Continues(END));
		assertThat(decide(copied(), HEADER, END, Guarding.THROUGHOUT)).isEqualTo(new Continues(END));
	}

	@Test
	void sameHeaderNeedsNoGuardAsItsChainOfChecksumsIsProof() {
		assertThat(decide(copied(), HEADER, HEADER.endOf(5), Guarding.UNPROVEN)).isEqualTo(new Continues(END));
	}

	@Test
	void otherHeaderIsTheNextIndexOnlyIfAReaderWasHeld() {
		assertThat(decide(copied(), NEXT, NEXT.endOf(1), Guarding.THROUGHOUT)).isEqualTo(new Restarted());
		assertThat(decide(copied(), NEXT, NEXT.endOf(1), Guarding.UNPROVEN)).isInstanceOfSatisfying(Broken.class,
				(broken) -> {
					assertThat(broken.reason()).isEqualTo(GenerationReason.WAL_DOES_NOT_CONTINUE);
					assertThat(broken.detail()).contains("no read transaction");
				});
	}

	@Test
	void walThatEndsBeforeThePositionHasLostFrames() {
		assertThat(decide(copied(), HEADER, HEADER.endOf(2), Guarding.THROUGHOUT)).isInstanceOfSatisfying(Broken.class,
				(broken) -> assertThat(broken.detail()).contains(String.valueOf(END))
					.contains(String.valueOf(HEADER.endOf(2))));
	}

	@Test
	void closedIndexMayNotGoOnButRestart() {
		ShadowState closed = copied().asClosed();
		assertThat(decide(closed, HEADER, END, Guarding.THROUGHOUT)).isEqualTo(new Continues(END));
		assertThat(decide(closed, HEADER, HEADER.endOf(4), Guarding.THROUGHOUT)).isInstanceOf(Broken.class);
		assertThat(decide(closed, NEXT, NEXT.endOf(1), Guarding.THROUGHOUT)).isEqualTo(new Restarted());
	}

}
