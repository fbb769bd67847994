package org.litestream4j.shadow;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.shadow.WalContinuity.Broken;
import org.litestream4j.shadow.WalContinuity.Continues;
import org.litestream4j.shadow.WalContinuity.Restarted;
import org.litestream4j.wal.WalHeader;

import static org.assertj.core.api.Assertions.assertThat;

class WalContinuityTests {

	private static final WalHeader HEADER = new WalHeader(false, 4096, 1, 0x0102030405060708L, 42);

	/** The first salt is one higher, as SQLite usually has it after a restart. */
	private static final WalHeader NEXT = new WalHeader(false, 4096, 2, 0x0102030505060708L, 43);

	private static final long END = HEADER.endOf(3);

	private static WalContinuity decide(@Nullable ShadowState known, WalHeader live, long end, boolean covered) {
		return WalContinuity.decide(known, live, end, covered);
	}

	private static ShadowState copied() {
		return new ShadowState(HEADER, END, 7, 10, false);
	}

	@Test
	void firstWalOfAGenerationIsAnIndex() {
		assertThat(decide(null, HEADER, END, false)).isEqualTo(new Restarted());
	}

	@Test
	void sameHeaderGoesOnWhereItWasCopiedTo() {
		assertThat(decide(copied(), HEADER, HEADER.endOf(5), true)).isEqualTo(new Continues(END));
		assertThat(decide(copied(), HEADER, END, true)).isEqualTo(new Continues(END));
	}

	@Test
	void sameHeaderNeedsNoGuardAsItsChainOfChecksumsIsProof() {
		assertThat(decide(copied(), HEADER, HEADER.endOf(5), false)).isEqualTo(new Continues(END));
	}

	@Test
	void otherHeaderIsTheNextIndexOnlyIfAReaderWasHeld() {
		assertThat(decide(copied(), NEXT, NEXT.endOf(1), true)).isEqualTo(new Restarted());
		assertThat(decide(copied(), NEXT, NEXT.endOf(1), false)).isInstanceOfSatisfying(Broken.class, (broken) -> {
			assertThat(broken.reason()).isEqualTo(GenerationReason.WAL_DOES_NOT_CONTINUE);
			assertThat(broken.detail()).contains("no read transaction");
		});
	}

	@Test
	void walThatEndsBeforeThePositionHasLostFrames() {
		assertThat(decide(copied(), HEADER, HEADER.endOf(2), true)).isInstanceOfSatisfying(Broken.class,
				(broken) -> assertThat(broken.detail()).contains(String.valueOf(END))
					.contains(String.valueOf(HEADER.endOf(2))));
	}

	@Test
	void closedIndexMayNotGoOnButRestart() {
		ShadowState closed = copied().asClosed();
		assertThat(decide(closed, HEADER, END, true)).isEqualTo(new Continues(END));
		assertThat(decide(closed, HEADER, HEADER.endOf(4), true)).isInstanceOf(Broken.class);
		assertThat(decide(closed, NEXT, NEXT.endOf(1), true)).isEqualTo(new Restarted());
	}

}
