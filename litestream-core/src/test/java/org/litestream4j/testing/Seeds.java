package org.litestream4j.testing;

import java.util.List;
import java.util.Random;

/**
 * Seeds for random tests. New ones in each run, so that many runs see more than one; put
 * the seed in the display name: {@code @ParameterizedTest(name = "-Dtest.seed={0}")}.
 */
public final class Seeds {

	private Seeds() {
	}

	/**
	 * A number of new seeds, or only the one that {@code -Dtest.seed} gives. They are
	 * also printed, numbered as Maven's reports number the runs of a parameterized test.
	 */
	public static List<Long> some(int count) {
		Long given = Long.getLong("test.seed");
		List<Long> seeds = (given != null) ? List.of(given) : new Random().longs(count).boxed().toList();
		for (int i = 0; i < seeds.size(); i++) {
			System.out.printf("[%d] -Dtest.seed=%d%n", i + 1, seeds.get(i));
		}
		return seeds;
	}

}
