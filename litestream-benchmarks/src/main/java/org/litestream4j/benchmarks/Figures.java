package org.litestream4j.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Collects figures by name and prints minimum, median and maximum, with the ratio of each
 * median to the first one's.
 */
final class Figures {

	private final String unit;

	private final Map<String, List<Double>> values = new LinkedHashMap<>();

	Figures(String unit) {
		this.unit = unit;
	}

	void add(String name, double value) {
		this.values.computeIfAbsent(name, (unused) -> new ArrayList<>()).add(value);
	}

	void print(String title) {
		System.out.printf("%n%s (%s)%n%-74s %12s %12s %12s %8s%n", title, this.unit, "", "min", "median", "max",
				"ratio");
		double baseline = 0;
		for (Map.Entry<String, List<Double>> entry : this.values.entrySet()) {
			double[] sorted = entry.getValue().stream().mapToDouble(Double::doubleValue).sorted().toArray();
			double median = median(sorted);
			baseline = (baseline == 0) ? median : baseline;
			System.out.printf("%-74s %12.2f %12.2f %12.2f %8.2f%n", entry.getKey(), sorted[0], median,
					sorted[sorted.length - 1], median / baseline);
		}
	}

	static double median(double[] values) {
		double[] sorted = values.clone();
		Arrays.sort(sorted);
		int middle = sorted.length / 2;
		return (sorted.length % 2 == 1) ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
	}

}
