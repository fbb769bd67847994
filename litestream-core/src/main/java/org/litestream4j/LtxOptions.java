package org.litestream4j;

import java.time.Duration;
import java.util.List;

import org.litestream4j.format.Durations;

/**
 * How a replica in the {@linkplain BackupFormat#LTX LTX format} is kept small.
 *
 * @param levelIntervals how often the files of each level are made into one of the next:
 * those of level 0, which are single transactions, of level 1, and of level 2. Each more
 * than zero
 * @param level0Retention how long single transactions stay, so that every single state
 * can be restored, and others can read them one by one, though a higher level has them;
 * zero or more, and never longer than the retention
 */
public record LtxOptions(List<Duration> levelIntervals, Duration level0Retention) {

	private static final int LEVELS = 3;

	/** 30 s, 5 min and 1 h; 1 h. */
	public static final LtxOptions DEFAULTS = new LtxOptions(
			List.of(Duration.ofSeconds(30), Duration.ofMinutes(5), Duration.ofHours(1)), Duration.ofHours(1));

	/**
	 * Creates options.
	 * @param levelIntervals how often the files of levels 0, 1 and 2 are made into one of
	 * the next
	 * @param level0Retention how long single transactions stay; zero or more
	 * @throws IllegalArgumentException with one sentence on the value that makes no sense
	 */
	public LtxOptions {
		levelIntervals = List.copyOf(levelIntervals);
		if (levelIntervals.size() != LEVELS
				|| levelIntervals.stream().anyMatch((each) -> each.isZero() || each.isNegative())) {
			throw new IllegalArgumentException("ltx.level-intervals are %s: three, each more than zero, are expected"
				.formatted(levelIntervals.stream().map(Durations::describe).toList()));
		}
		if (level0Retention.isNegative()) {
			throw new IllegalArgumentException("ltx.level0-retention is %s: zero or more is expected"
				.formatted(Durations.describe(level0Retention)));
		}
	}

}
