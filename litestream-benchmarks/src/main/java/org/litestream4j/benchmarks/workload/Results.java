package org.litestream4j.benchmarks.workload;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;

/**
 * The figures of all rounds, and what stands in the middle of each.
 */
final class Results {

	private final Map<Case, Map<Variant, List<Map<Figure, Double>>>> values = new TreeMap<>();

	private final Map<Case, String> times = new LinkedHashMap<>();

	/**
	 * Adds a round.
	 * @param when it was measured
	 */
	void add(Case what, Variant variant, String when, Map<Figure, Double> figures) {
		this.times.put(what, when);
		this.values.computeIfAbsent(what, (unused) -> new EnumMap<>(Variant.class))
			.computeIfAbsent(variant, (unused) -> new ArrayList<>())
			.add(figures);
	}

	/** Adds what another one has of cases that were not measured here. */
	void addOthers(Results others) {
		others.values.forEach((what, measured) -> {
			if (this.values.putIfAbsent(what, measured) == null) {
				this.times.put(what, others.when(what));
			}
		});
	}

	Set<Case> cases() {
		return this.values.keySet();
	}

	Set<Variant> variants(Case what) {
		return this.values.getOrDefault(what, Map.of()).keySet();
	}

	/** When it was measured last. */
	String when(Case what) {
		return this.times.getOrDefault(what, "");
	}

	List<Map<Figure, Double>> rounds(Case what, Variant variant) {
		return this.values.getOrDefault(what, Map.of()).getOrDefault(variant, List.of());
	}

	/** The median of the rounds, if it was measured. */
	OptionalDouble median(Case what, Variant variant, Figure figure) {
		double[] sorted = rounds(what, variant).stream()
			.map((round) -> round.get(figure))
			.filter(Objects::nonNull)
			.mapToDouble(Double::doubleValue)
			.sorted()
			.toArray();
		int middle = sorted.length / 2;
		if (sorted.length == 0) {
			return OptionalDouble.empty();
		}
		return OptionalDouble.of((sorted.length % 2 == 1) ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2);
	}

	/** The median as a multiple of that without replication, if both were measured. */
	OptionalDouble ratio(Case what, Variant variant, Figure figure) {
		OptionalDouble value = median(what, variant, figure);
		OptionalDouble none = median(what, Variant.NONE, figure);
		boolean known = value.isPresent() && none.isPresent() && none.getAsDouble() > 0;
		return known ? OptionalDouble.of(value.getAsDouble() / none.getAsDouble()) : OptionalDouble.empty();
	}

	void print() {
		for (Case what : cases()) {
			StringBuilder heading = new StringBuilder("%-10s %8s".formatted("", "ratio"));
			for (Figure figure : Figure.values()) {
				heading.append(" %10s".formatted(figure.heading()));
			}
			System.out.printf("%n%s%n%s%n", what.title(), heading);
			for (Variant variant : variants(what)) {
				StringBuilder row = new StringBuilder(
						"%-10s %8s".formatted(variant.id(), text(ratio(what, variant, Figure.RATE), 2)));
				for (Figure figure : Figure.values()) {
					row.append(" %10s".formatted(text(median(what, variant, figure), figure.digits())));
				}
				System.out.println(row);
			}
		}
	}

	static String text(OptionalDouble value, int digits) {
		return value.isPresent() ? String.format(Locale.ROOT, "%,." + digits + "f", value.getAsDouble()) : "";
	}

}
