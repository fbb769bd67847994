package org.litestream4j.benchmarks.workload;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What is measured, as {@code name=value}.
 *
 * @param cases what the application does
 * @param variants who replicates meanwhile
 * @param rounds how often each is measured
 * @param warmUpSeconds how long each goes on before it is measured
 * @param seconds how long each is measured
 * @param megabytes of the large table
 * @param binaries the real litestreams
 * @param directory where files are made and removed
 * @param json where the results are written to, for programs
 * @param svg where they are written to, for people
 */
record WorkloadSettings(List<Case> cases, List<Variant> variants, int rounds, double warmUpSeconds, double seconds,
		int megabytes, Map<Variant, Path> binaries, Path directory, Optional<Path> json, Optional<Path> svg) {

	private static final Set<String> NAMES = Set.of("kinds", "threads", "synchronous", "with", "rounds", "seconds",
			"warm-up", "megabytes", "litestream", "litestream5", "directory", "json", "svg");

	static WorkloadSettings parse(String[] arguments) throws IOException {
		Map<String, String> values = new HashMap<>();
		for (String argument : arguments) {
			int equals = argument.indexOf('=');
			if (equals < 0 || !NAMES.contains(argument.substring(0, equals))) {
				throw new IllegalArgumentException(
						"'%s' is none of %s, with = and a value".formatted(argument, NAMES.stream().sorted().toList()));
			}
			values.put(argument.substring(0, equals), argument.substring(equals + 1));
		}
		Map<Variant, Path> binaries = new HashMap<>();
		binary(values, "litestream", "LITESTREAM_BIN").ifPresent((path) -> binaries.put(Variant.V03, path));
		binary(values, "litestream5", "LITESTREAM5_BIN").ifPresent((path) -> binaries.put(Variant.V05, path));
		Path parent = Path.of(values.getOrDefault("directory", System.getProperty("java.io.tmpdir", ".")));
		return new WorkloadSettings(cases(values), variants(values, binaries),
				Integer.parseInt(values.getOrDefault("rounds", "3")),
				Double.parseDouble(values.getOrDefault("warm-up", "1")),
				Double.parseDouble(values.getOrDefault("seconds", "5")),
				Integer.parseInt(values.getOrDefault("megabytes", "1000")), binaries,
				Files.createTempDirectory(parent, "litestream-workload-"),
				Optional.ofNullable(values.get("json")).map(Path::of),
				Optional.ofNullable(values.get("svg")).map(Path::of));
	}

	private static List<Case> cases(Map<String, String> values) {
		List<Case> cases = new ArrayList<>();
		for (String synchronous : list(values, "synchronous", "NORMAL,FULL")) {
			for (String kind : list(values, "kinds", "inserts,updates,mixed,large")) {
				for (String threads : list(values, "threads", "1,4,16")) {
					cases.add(new Case(Kind.of(kind), Integer.parseInt(threads), synchronous));
				}
			}
		}
		return cases;
	}

	/** Those that are wanted, or all that there are. */
	private static List<Variant> variants(Map<String, String> values, Map<Variant, Path> binaries) {
		if (!values.containsKey("with")) {
			return Stream.of(Variant.values())
				.filter((variant) -> !variant.isSidecar() || binaries.containsKey(variant))
				.toList();
		}
		List<Variant> variants = list(values, "with", "").stream().map(Variant::of).toList();
		for (Variant variant : variants) {
			if (variant.isSidecar() && !binaries.containsKey(variant)) {
				throw new IllegalArgumentException("%s is measured only with %s=<its program>".formatted(variant.id(),
						(variant == Variant.V03) ? "litestream" : "litestream5"));
			}
		}
		return variants;
	}

	private static List<String> list(Map<String, String> values, String name, String fallback) {
		return List.of(values.getOrDefault(name, fallback).split(","));
	}

	private static Optional<Path> binary(Map<String, String> values, String name, String variable) {
		String path = values.getOrDefault(name, System.getenv().getOrDefault(variable, ""));
		return path.isEmpty() ? Optional.empty() : Optional.of(Path.of(path));
	}

}
