package org.litestream4j.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What the command line asks for, as {@code name=value}.
 *
 * @param rounds how often everything is measured
 * @param seconds how long one measurement lasts, where that is free
 * @param megabytes size of the database, where that matters
 * @param segments how many WAL segments are restored, where that matters
 * @param litestream the real litestream, to compare with
 * @param directory where files are made and removed
 */
record Settings(int rounds, int seconds, int megabytes, int segments, Optional<Path> litestream, Path directory) {

	static Settings parse(String[] arguments) throws IOException {
		Map<String, String> values = new HashMap<>();
		for (String argument : arguments) {
			int equals = argument.indexOf('=');
			if (equals < 0) {
				throw new IllegalArgumentException("'%s' is not of the form name=value".formatted(argument));
			}
			values.put(argument.substring(0, equals), argument.substring(equals + 1));
		}
		String binary = values.getOrDefault("litestream", System.getenv().getOrDefault("LITESTREAM_BIN", ""));
		Path parent = Path.of(values.getOrDefault("directory", System.getProperty("java.io.tmpdir", ".")));
		return new Settings(Integer.parseInt(values.getOrDefault("rounds", "5")),
				Integer.parseInt(values.getOrDefault("seconds", "5")),
				Integer.parseInt(values.getOrDefault("megabytes", "500")),
				Integer.parseInt(values.getOrDefault("segments", "6600")),
				binary.isEmpty() ? Optional.empty() : Optional.of(Path.of(binary)),
				Files.createTempDirectory(parent, "litestream-benchmark-"));
	}

}
