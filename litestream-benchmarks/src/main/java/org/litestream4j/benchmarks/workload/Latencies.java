package org.litestream4j.benchmarks.workload;

/**
 * Counts durations by their length, to within a hundredth, so that a million of them take
 * no room and no time. Used by one thread; {@link #add(Latencies)} brings those of
 * several together.
 */
final class Latencies {

	/** So many steps for each power of two. */
	private static final int STEPS = 128;

	private static final int STEP_BITS = 7;

	private final long[] counts = new long[(Long.SIZE - STEP_BITS + 1) * STEPS];

	private long longest;

	private long count;

	void record(long nanos) {
		long length = Math.max(nanos, 0);
		int shift = Math.max(Long.SIZE - Long.numberOfLeadingZeros(length) - STEP_BITS - 1, 0);
		this.counts[shift * STEPS + (int) (length >>> shift)]++;
		this.longest = Math.max(this.longest, length);
		this.count++;
	}

	void add(Latencies others) {
		for (int i = 0; i < this.counts.length; i++) {
			this.counts[i] += others.counts[i];
		}
		this.longest = Math.max(this.longest, others.longest);
		this.count += others.count;
	}

	long count() {
		return this.count;
	}

	double longestMillis() {
		return this.longest / 1e6;
	}

	/**
	 * How long the shortest of the longest take.
	 * @param share of those that take no longer, between 0 and 1
	 */
	double millis(double share) {
		long rank = (long) Math.ceil(share * this.count);
		long seen = 0;
		for (int i = 0; i < this.counts.length; i++) {
			seen += this.counts[i];
			if (seen >= rank && seen > 0) {
				return Math.min(length(i), this.longest) / 1e6;
			}
		}
		return 0;
	}

	/** The middle of a step. */
	private static long length(int index) {
		int shift = Math.max(index / STEPS - 1, 0);
		long first = (long) (index - shift * STEPS) << shift;
		return first + ((1L << shift) >> 1);
	}

}
