package org.litestream4j.stress;

import java.time.Duration;
import java.util.Random;

/**
 * What one run is like. Follows from its seed alone.
 *
 * @param seed the seed
 * @param database how it is laid out
 * @param application what this process does
 * @param store what the replica is like
 * @param foreign whether other processes write, checkpoint and are killed
 * @param restarts whether the engine is stopped and started while others write
 * @param thresholds of the engine
 */
record StressPlan(long seed, Layout database, Application application, Store store, boolean foreign, boolean restarts,
		Engine.Thresholds thresholds) {

	private static final int[] PAGE_SIZES = { 512, 1024, 4096, 4096, 65536 };

	private static final String[] SYNCHRONOUS = { "OFF", "NORMAL", "NORMAL", "FULL" };

	/**
	 * How the database is laid out.
	 *
	 * @param pageSize bytes
	 * @param autoVacuum 0 none, 1 full, 2 incremental
	 * @param fillRows rows at the beginning
	 */
	record Layout(int pageSize, int autoVacuum, int fillRows) {
	}

	/**
	 * What this process does.
	 *
	 * @param synchronous of its connections
	 * @param writers threads that write
	 * @param tiny whether nearly all transactions are small, so that there are many
	 * @param autoCheckpoint frames at which its connections checkpoint, 0 for never
	 * @param reader whether a thread keeps read transactions open for long
	 */
	record Application(String synchronous, int writers, boolean tiny, int autoCheckpoint, boolean reader) {
	}

	/**
	 * What the replica is like.
	 *
	 * @param failuresInThousand how many writes fail
	 * @param longestPause milliseconds that a write may wait
	 * @param retention how long states stay restorable; zero for always
	 */
	record Store(int failuresInThousand, int longestPause, Duration retention) {

		boolean forgets() {
			return !this.retention.isZero();
		}

	}

	static StressPlan of(long seed) {
		// Mixed, else neighbours are alike
		Random random = new Random((seed * 0x9E3779B97F4A7C15L) >>> 7);
		int pageSize = PAGE_SIZES[random.nextInt(PAGE_SIZES.length)];
		Layout layout = new Layout(pageSize, random.nextInt(3), (random.nextInt(3) == 0) ? 30_000 : 0);
		Application application = new Application(SYNCHRONOUS[random.nextInt(SYNCHRONOUS.length)],
				1 + random.nextInt(4), random.nextInt(3) > 0, random.nextInt(3) * random.nextInt(50),
				random.nextInt(3) == 0);
		Store store = new Store((random.nextInt(3) == 0) ? 30 : 0, random.nextInt(2) * (1 + random.nextInt(60)),
				Duration.ofSeconds((random.nextInt(4) == 0) ? 4 : 0));
		int minPages = 5 + random.nextInt(30);
		int maxPages = minPages + 50 + random.nextInt(300);
		Engine.Thresholds thresholds = new Engine.Thresholds(minPages, maxPages, maxPages + random.nextInt(500),
				Duration.ofMillis(1 + random.nextInt(100)), Duration.ofMillis(200 + random.nextInt(3000)),
				store.forgets() ? store.retention() : Duration.ofHours(1));
		return new StressPlan(seed, layout, application, store, random.nextInt(4) > 0, random.nextInt(3) == 0,
				thresholds);
	}

	/** The same with snapshots that take so long that much happens meanwhile. */
	StressPlan withSlowSnapshots() {
		Engine.Thresholds often = new Engine.Thresholds(this.thresholds.minPages(), this.thresholds.maxPages(),
				this.thresholds.truncatePages(), this.thresholds.syncInterval(), Duration.ofMillis(100),
				Duration.ofHours(1));
		return new StressPlan(this.seed, new Layout(4096, this.database.autoVacuum, 30_000),
				new Application(this.application.synchronous, 3, false, 20, false), new Store(0, 60, Duration.ZERO),
				this.foreign, false, often);
	}

	/** The same with other processes alone. */
	StressPlan withoutWriters() {
		return new StressPlan(this.seed, this.database,
				new Application(this.application.synchronous, 0, true, 0, this.application.reader), this.store, true,
				this.restarts, this.thresholds);
	}

	/** How many bytes of a body are small here. */
	int smallBody() {
		return Math.max(20, this.database.pageSize / 20);
	}

}
