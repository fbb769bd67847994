package org.litestream4j.testing;

import java.util.List;
import java.util.Random;
import java.util.UUID;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * Seeds for random tests: put the seed in the display name,
 * {@code @ParameterizedTest(name = "-Dtest.seed={0}")}. New ones in each run, so that
 * many runs see more than one, unless {@code TEST_SEEDS_OF} in the environment is a text
 * that they are made of: CI gives what names the tree, so that a tree that has passed
 * passes again.
 */
public final class Seeds {

	private Seeds() {
	}

	/**
	 * A number of new seeds, or as many times that as {@code -Dtest.seeds.times} says, or
	 * only the one that {@code -Dtest.seed} gives. They are also printed, numbered as
	 * Maven's reports number the runs of a parameterized test.
	 */
	public static List<Long> some(int count) {
		Long given = Long.getLong("test.seed");
		List<Long> seeds = (given != null) ? List.of(given)
				: random().longs((long) count * Integer.getInteger("test.seeds.times", 1)).boxed().toList();
		for (int i = 0; i < seeds.size(); i++) {
			System.out.printf("[%d] -Dtest.seed=%d%n", i + 1, seeds.get(i));
		}
		return seeds;
	}

	private static Random random() {
		String text = System.getenv().getOrDefault("TEST_SEEDS_OF", "");
		return text.isEmpty() ? new Random()
				: new Random(UUID.nameUUIDFromBytes(text.getBytes(UTF_8)).getMostSignificantBits());
	}

}
