package org.litestream4j.stress;

import java.time.Duration;
import java.util.Random;

/**
 * What one run is like. Follows from its seed alone.
 *
 * @param seed the seed
 * @param pageSize bytes
 * @param autoVacuum 0 none, 1 full, 2 incremental
 * @param synchronous of the application's connections
 * @param writers threads that write
 * @param tiny whether nearly all transactions are small, so that there are many
 * @param reader whether a thread keeps read transactions open for long
 * @param foreign whether other processes write, checkpoint and are killed
 * @param restarts whether the engine is stopped and started while others write
 * @param thresholds of the engine
 */
record StressPlan(long seed, int pageSize, int autoVacuum, String synchronous, int writers, boolean tiny,
		boolean reader, boolean foreign, boolean restarts, Engine.Thresholds thresholds) {

	private static final int[] PAGE_SIZES = { 512, 1024, 4096, 4096, 65536 };

	private static final String[] SYNCHRONOUS = { "OFF", "NORMAL", "NORMAL", "FULL" };

	static StressPlan of(long seed) {
		Random random = new Random(seed);
		int pageSize = PAGE_SIZES[random.nextInt(PAGE_SIZES.length)];
		int minPages = 5 + random.nextInt(30);
		int maxPages = minPages + 50 + random.nextInt(300);
		Engine.Thresholds thresholds = new Engine.Thresholds(minPages, maxPages, maxPages + random.nextInt(500),
				Duration.ofMillis(1 + random.nextInt(100)), Duration.ofMillis(500 + random.nextInt(3000)));
		return new StressPlan(seed, pageSize, random.nextInt(3), SYNCHRONOUS[random.nextInt(SYNCHRONOUS.length)],
				1 + random.nextInt(4), random.nextInt(3) > 0, random.nextInt(3) > 0, random.nextInt(4) > 0,
				random.nextInt(3) == 0, thresholds);
	}

	/** How many bytes of a body are small here. */
	int smallBody() {
		return Math.max(20, this.pageSize / 20);
	}

}
