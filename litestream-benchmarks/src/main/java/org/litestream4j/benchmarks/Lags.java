package org.litestream4j.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Collects durations by name and prints median, 99th percentile and maximum.
 */
final class Lags {

	private final Map<String, List<Long>> nanos = new LinkedHashMap<>();

	void add(String name, long duration) {
		this.nanos.computeIfAbsent(name, (unused) -> new ArrayList<>()).add(duration);
	}

	void print(String title) {
		System.out.printf("%n%s (ms)%n%-78s %7s %8s %8s %8s%n", title, "", "count", "p50", "p99", "max");
		this.nanos.forEach((name, durations) -> {
			long[] sorted = durations.stream().mapToLong(Long::longValue).toArray();
			Arrays.sort(sorted);
			System.out.printf("%-78s %7d %8.2f %8.2f %8.2f%n", name, sorted.length, millis(sorted, 0.5),
					millis(sorted, 0.99), millis(sorted, 1));
		});
	}

	private static double millis(long[] sorted, double share) {
		return sorted[Math.max((int) Math.ceil(share * sorted.length) - 1, 0)] / 1e6;
	}

}
