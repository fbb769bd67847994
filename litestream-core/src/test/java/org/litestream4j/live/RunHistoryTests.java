package org.litestream4j.live;

import java.util.Set;

import org.junit.jupiter.api.Test;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.live.RunHistory.Event.Adopted;
import org.litestream4j.live.RunHistory.Event.Began;
import org.litestream4j.live.RunHistory.Event.Moved;
import org.litestream4j.live.RunHistory.Translation;

import static org.assertj.core.api.Assertions.assertThat;

class RunHistoryTests {

	private static final Generation GENERATION = new Generation("0123456789abcdef");

	private static final WalPosition END = new WalPosition(GENERATION, 7, 4152);

	@Test
	void writerStaysKnownHoweverOftenItsSuccessorsStart() {
		String writer = run(0);
		RunHistory history = RunHistory.NONE.with(new Began(writer)).with(new Moved(GENERATION, 5, 2));
		for (int run = 1; run <= 1000; run++) {
			// The oldest index is moved by every run
			history = history.with(new Began(run(run)))
				.with(new Moved(GENERATION, 5 + 2 * run, 2))
				.sparing(Set.of(writer));
			assertThat(history.translate(END, writer)).as("after %d runs", run)
				.isEqualTo(new Translation.Known(new WalPosition(GENERATION, 7 + 2 * run, 4152), true));
		}
		assertThat(history.forgotten()).isFalse();
		assertThat(history.events()).hasSizeLessThan(2 * RunHistory.MOST_RUNS);
	}

	@Test
	void runsInBetweenThatWroteStayKnown() {
		RunHistory history = RunHistory.NONE;
		for (int run = 0; run < 150; run++) {
			history = history.with(new Began(run(run))).with(new Moved(GENERATION, 0, 2));
		}
		RunHistory spared = history.sparing(Set.of(run(10), run(60)));
		for (int run : new int[] { 10, 60, 120, 149 }) {
			assertThat(spared.translate(END, run(run))).as("run %d", run).isEqualTo(history.translate(END, run(run)));
		}
		assertThat(spared.translate(END, run(30))).isEqualTo(new Translation.Unknown());
		assertThat(spared.translate(END, null)).isEqualTo(history.translate(END, null));
	}

	@Test
	void nextRunMakesTheOldestForgottenUnlessThereIsRoomMade() {
		RunHistory history = RunHistory.NONE;
		for (int run = 0; !history.isFull(); run++) {
			history = history.with(new Began(run(run))).with(new Moved(GENERATION, 0, 2));
		}
		Translation before = history.translate(END, run(0));
		assertThat(history.with(new Began(run(1000))).translate(END, run(0))).isEqualTo(new Translation.Unknown());
		assertThat(history.sparing(Set.of(run(0))).with(new Began(run(1000))).translate(END, run(0))).isEqualTo(before);
	}

	/**
	 * Who was followed without knowing it stores what he had shipped, once more and late.
	 */
	@Test
	void lateSnapshotOfWhoeverWasFollowedIsTheStateThatWasTakenOver() {
		RunHistory history = RunHistory.NONE.with(new Began(run(0)))
			.with(new Adopted(END, run(8), 12))
			.with(new Began(run(1)))
			.with(new Moved(GENERATION, 12, 3));
		Translation taken = new Translation.Known(new WalPosition(GENERATION, 15, 0), true);
		assertThat(history.translate(END, run(8))).isEqualTo(taken);
		assertThat(history.translate(new WalPosition(GENERATION, 9, 0), run(9))).isEqualTo(taken);
		assertThat(history.translate(new WalPosition(GENERATION, 9, 4152), run(9)))
			.isEqualTo(new Translation.Unknown());
		assertThat(history.translate(new WalPosition(GENERATION, 12, 0), run(9))).isEqualTo(new Translation.Unknown());
		assertThat(history.translate(new WalPosition(GENERATION, 7, 0), run(9))).isEqualTo(new Translation.Unknown());
		assertThat(history.translate(new WalPosition(new Generation("fedcba9876543210"), 9, 0), run(9)))
			.isEqualTo(new Translation.Unknown());
	}

	private static String run(int number) {
		return "%016x".formatted(number + 1);
	}

}
