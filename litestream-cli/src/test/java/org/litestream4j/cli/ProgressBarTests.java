package org.litestream4j.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ProgressBarTests {

	private final AtomicLong clock = new AtomicLong();

	private final StringWriter terminal = new StringWriter();

	private final ProgressBar bar = new ProgressBar(new PrintWriter(this.terminal), this.clock::get);

	@Test
	void barShowsShareRateAndTimeLeft() {
		this.clock.set(2_000_000_000);
		this.bar.advanced(25_000_000, 100_000_000);
		assertThat(this.terminal)
			.hasToString("\r[#######-----------------------]  25 %  25.0 MB of 100.0 MB, 12.5 MB/s, 6 s left");
	}

	@Test
	void barIsDrawnTenTimesASecondAtMostButAlwaysAtTheEnd() {
		this.bar.advanced(0, 10);
		this.bar.advanced(1, 10);
		this.clock.set(99_000_000);
		this.bar.advanced(2, 10);
		assertThat(this.terminal.toString()).containsOnlyOnce("\r");
		this.bar.advanced(10, 10);
		this.bar.finish();
		assertThat(this.terminal.toString()).contains("100 %").endsWith("\n");
	}

	@Test
	void shorterLineHidesTheLongerOne() {
		this.clock.set(1_000_000_000);
		this.bar.advanced(999_900, 1_000_000);
		int longer = this.terminal.toString().length();
		this.bar.advanced(1_000_000, 1_000_000);
		assertThat(this.terminal.toString().substring(longer).length()).isGreaterThanOrEqualTo(longer);
	}

}
