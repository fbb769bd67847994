package org.litestream4j.sqlite;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link NewestFrames}.
 */
class NewestFramesTests {

	private static final long HIGH = 1L << 31;

	@Test
	void newestFramesOfHighPagesComeLast() {
		long[] pages = { HIGH, 7, HIGH + 1, 7, 0xffff_ffffL, HIGH };
		NewestFrames frames = NewestFrames.of(pages, pages.length, HIGH + 1);
		assertThat(frames.size()).isEqualTo(3);
		assertThat(frames.page(0)).isEqualTo(7);
		assertThat(frames.frame(0)).isEqualTo(3);
		assertThat(frames.page(1)).isEqualTo(HIGH);
		assertThat(frames.frame(1)).isEqualTo(5);
		assertThat(frames.page(2)).isEqualTo(HIGH + 1);
		assertThat(frames.frame(2)).isEqualTo(2);
	}

	@Test
	void frameOfAPageIsFoundAndOfAnyOtherThereIsNone() {
		long[] pages = { 7, HIGH, 7, 9, 3 };
		NewestFrames frames = NewestFrames.of(pages, 4, Long.MAX_VALUE);
		assertThat(frames.frameOf(7)).isEqualTo(2);
		assertThat(frames.frameOf(HIGH)).isEqualTo(1);
		assertThat(frames.frameOf(9)).isEqualTo(3);
		assertThat(frames.frameOf(3)).as("after the count").isEqualTo(-1);
		assertThat(frames.frameOf(8)).isEqualTo(-1);
		assertThat(frames.frameOf(0xffff_ffffL)).isEqualTo(-1);
	}

}
