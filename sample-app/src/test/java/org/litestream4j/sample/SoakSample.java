package org.litestream4j.sample;

import java.io.IOException;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * What the application uses at one time.
 *
 * @param minute since the start
 * @param written notes so far
 * @param read rounds of requests so far
 * @param heap bytes that a full collection has left
 * @param threads alive
 * @param files open file descriptors
 * @param lag of the unsteady replica, in seconds
 */
record SoakSample(int minute, int written, int read, long heap, long threads, long files, double lag) {

	/** Notes that are not deleted. */
	static final int KEPT = 2000;

	private static final long HEAP_SLACK = 4L << 20;

	private static final long SLACK = 6;

	static SoakSample of(SampleProcess sample, int minute, int written, int read) throws IOException {
		sample.collectGarbage();
		return new SoakSample(minute, written, read, (long) metric(sample, "jvm.gc.live.data.size"),
				(long) metric(sample, "jvm.threads.live"), (long) metric(sample, "process.files.open"),
				metric(sample, "litestream.replica.lag?tag=replica:unsteady"));
	}

	private static double metric(SampleProcess sample, String name) {
		return sample.get("/actuator/metrics/" + name).is(200).json().at("/measurements/0/value").asDouble();
	}

	/**
	 * The median of the run's second half may not be more than that of the first, but for
	 * what some request in flight needs: one sample may meet a snapshot or a restore.
	 */
	static void requireFlat(List<SoakSample> samples) {
		if (samples.size() < 4) {
			System.out.println("too short to say whether anything grows: 4 minutes are the least");
			return;
		}
		requireFlat(samples, "heap", SoakSample::heap, HEAP_SLACK);
		requireFlat(samples, "threads", SoakSample::threads, SLACK);
		requireFlat(samples, "file descriptors", SoakSample::files, SLACK);
	}

	private static void requireFlat(List<SoakSample> samples, String what, ToLongFunction<SoakSample> value,
			long slack) {
		int half = samples.size() / 2;
		long first = median(samples.subList(0, half), value);
		long second = median(samples.subList(half, samples.size()), value);
		System.out.printf("%s: median %,d in the first half, %,d in the second%n", what, first, second);
		if (second > first + slack) {
			throw new AssertionError("%s grow: %d, then %d".formatted(what, first, second));
		}
	}

	private static long median(List<SoakSample> samples, ToLongFunction<SoakSample> value) {
		return samples.stream().mapToLong(value).sorted().skip(samples.size() / 2).findFirst().orElseThrow();
	}

	@Override
	public String toString() {
		return "minute %d: %d written, %d reads, heap %.1f MB, %d threads, %d file descriptors, lag %.1f s"
			.formatted(this.minute, this.written, this.read, this.heap / 1e6, this.threads, this.files, this.lag);
	}

}
