package org.litestream4j.engine;

import java.util.List;

import org.junit.jupiter.api.Test;

import org.litestream4j.testing.CapturedLog;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link FileLimit}.
 */
class FileLimitTests {

	private long limit = 1024;

	private long open = 40;

	private int counts;

	private final FileLimit files = new FileLimit(() -> this.limit, () -> {
		this.counts++;
		return this.open;
	});

	private List<String> start(int databases) {
		try (CapturedLog log = CapturedLog.begin()) {
			for (int i = 0; i < databases; i++) {
				this.open += FileLimit.PER_DATABASE;
				this.files.started();
			}
			return log.warnings();
		}
	}

	@Test
	void warningSaysTheLimitWhatIsNeededAndWhatToDoAndComesOnce() {
		assertThat(start(40)).isEmpty();
		assertThat(start(60)).singleElement()
			.asString()
			.contains("may have 1024 files open", "each takes about 17", "ulimit -n", "LimitNOFILE=",
					"to 2048 at least");
		assertThat(start(10)).isEmpty();
	}

	@Test
	void filesOfTheApplicationCountToo() {
		this.open = 900;
		assertThat(start(1)).hasSize(1);
	}

	@Test
	void farFromTheLimitNothingIsCounted() {
		this.limit = 1_000_000;
		assertThat(start(1000)).isEmpty();
		assertThat(this.counts).isEqualTo(1);
	}

	@Test
	void withoutALimitNothingIsSaid() {
		this.limit = Long.MAX_VALUE;
		assertThat(start(1000)).isEmpty();
	}

	@Test
	void databasesThatStoppedAreNotCounted() {
		for (int i = 0; i < 1000; i++) {
			assertThat(start(1)).isEmpty();
			this.files.stopped();
			this.open -= FileLimit.PER_DATABASE;
		}
	}

}
