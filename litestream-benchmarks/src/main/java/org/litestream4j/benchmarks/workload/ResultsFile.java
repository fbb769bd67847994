package org.litestream4j.benchmarks.workload;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteJDBCLoader;

import org.springframework.boot.json.JsonParserFactory;

/**
 * Results as JSON: each figure of each round, with medians and the ratio of the rates. A
 * file may be made by several runs, of which each replaces the cases that it measured.
 *
 * @param path the file
 */
record ResultsFile(Path path) {

	/** Adds what the file has of other cases. */
	void readInto(Results results) throws IOException {
		if (!Files.exists(this.path)) {
			return;
		}
		Map<String, Object> all = JsonParserFactory.getJsonParser().parseMap(Files.readString(this.path));
		Results known = new Results();
		for (Map<?, ?> measured : objects(all.get("measurements"))) {
			Case what = new Case(Kind.of(text(measured, "kind")), Integer.parseInt(text(measured, "threads")),
					text(measured, "synchronous"));
			Variant variant = Variant.of(text(measured, "with"));
			String when = text(measured, "when");
			for (Map<?, ?> round : objects(measured.get("rounds"))) {
				known.add(what, variant, when, figures(round));
			}
		}
		results.addOthers(known);
	}

	private static Map<Figure, Double> figures(Map<?, ?> round) {
		Map<Figure, Double> figures = new EnumMap<>(Figure.class);
		for (Figure figure : Figure.values()) {
			if (round.get(figure.key()) instanceof Number number) {
				figures.put(figure, number.doubleValue());
			}
		}
		return figures;
	}

	private static List<Map<?, ?>> objects(@Nullable Object list) {
		List<Map<?, ?>> objects = new ArrayList<>();
		if (list instanceof List<?> elements) {
			for (Object element : elements) {
				if (element instanceof Map<?, ?> map) {
					objects.add(map);
				}
			}
		}
		return objects;
	}

	private static String text(Map<?, ?> object, String name) {
		return String.valueOf(object.get(name));
	}

	void write(Results results) throws IOException {
		List<String> measurements = new ArrayList<>();
		for (Case what : results.cases()) {
			for (Variant variant : results.variants(what)) {
				measurements.add(measurement(results, what, variant));
			}
		}
		String machine = "{\"processors\": %d, \"system\": \"%s %s %s\", \"java\": \"%s\", \"sqlite\": \"%s\"}"
			.formatted(Runtime.getRuntime().availableProcessors(), System.getProperty("os.name"),
					System.getProperty("os.version"), System.getProperty("os.arch"), System.getProperty("java.version"),
					SQLiteJDBCLoader.getVersion());
		Files.writeString(this.path, "{\n\"machine\": %s,\n\"measurements\": [\n%s\n]\n}\n".formatted(machine,
				String.join(",\n", measurements)));
	}

	private static String measurement(Results results, Case what, Variant variant) {
		List<String> medians = new ArrayList<>();
		for (Figure figure : Figure.values()) {
			OptionalDouble median = results.median(what, variant, figure);
			if (median.isPresent()) {
				medians.add("\"%s\": %s".formatted(figure.key(), number(median.getAsDouble())));
			}
		}
		OptionalDouble ratio = results.ratio(what, variant, Figure.RATE);
		String rounds = results.rounds(what, variant)
			.stream()
			.map((round) -> round.entrySet()
				.stream()
				.map((entry) -> "\"%s\": %s".formatted(entry.getKey().key(), number(entry.getValue())))
				.collect(Collectors.joining(", ", "{", "}")))
			.collect(Collectors.joining(",\n  "));
		return "{\"kind\": \"%s\", \"threads\": %d, \"synchronous\": \"%s\", \"with\": \"%s\", \"when\": \"%s\", \"ratio\": %s,\n \"median\": {%s},\n \"rounds\": [\n  %s]}"
			.formatted(what.kind().id(), what.threads(), what.synchronous(), variant.id(), results.when(what),
					ratio.isPresent() ? number(ratio.getAsDouble()) : "null", String.join(", ", medians), rounds);
	}

	private static String number(double value) {
		return String.format(Locale.ROOT, "%.4f", value);
	}

	/** When something is measured, as the file says it. */
	static String now() {
		return Instant.now().truncatedTo(ChronoUnit.MINUTES).toString();
	}

}
