package org.litestream4j.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the command line asks for, as {@code name=value}.
 *
 * @param rounds how often everything is measured
 * @param seconds how long one measurement lasts, where that is free
 * @param megabytes size of the database, where that matters
 * @param segments how many WAL segments are restored, where that matters
 * @param litestream the real litestream, to compare with
 * @param directory where files are made and removed
 * @param databases how many databases there are at a time, one measurement after the
 * other
 * @param threads how many threads there are at a time, one measurement after the other
 * @param stores which kinds of store are measured, where that is free: directory, s3
 * @param format of the replica, where that is free: v3, ltx
 * @param litestream5 the real litestream v0.5, to compare with
 * @param place where files are kept for the next run, if they are
 * @param parts what is measured, where not everything has to be
 * @param cli the packaged command line, where that is measured
 * @param commits how many single commits are measured
 */
record Settings(int rounds, int seconds, int megabytes, int segments, Optional<Path> litestream, Path directory,
		List<Integer> databases, List<Integer> threads, List<String> stores, String format, Optional<Path> litestream5,
		Optional<Path> place, Optional<List<String>> parts, Optional<Path> cli, int commits) {

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
		String binary5 = values.getOrDefault("litestream5", System.getenv().getOrDefault("LITESTREAM5_BIN", ""));
		return new Settings(Integer.parseInt(values.getOrDefault("rounds", "5")),
				Integer.parseInt(values.getOrDefault("seconds", "5")),
				Integer.parseInt(values.getOrDefault("megabytes", "500")),
				Integer.parseInt(values.getOrDefault("segments", "6600")),
				binary.isEmpty() ? Optional.empty() : Optional.of(Path.of(binary)),
				Files.createTempDirectory(parent, "litestream-benchmark-"),
				Stream.of(values.getOrDefault("databases", "1,100,1000").split(",")).map(Integer::valueOf).toList(),
				Stream.of(values.getOrDefault("threads", "1,8,64").split(",")).map(Integer::valueOf).toList(),
				List.of(values.getOrDefault("stores", "directory,s3").split(",")), values.getOrDefault("format", "v3"),
				binary5.isEmpty() ? Optional.empty() : Optional.of(Path.of(binary5)),
				Optional.ofNullable(values.get("place")).map(Path::of),
				Optional.ofNullable(values.get("parts")).map((parts) -> List.of(parts.split(","))),
				Optional.ofNullable(values.get("cli")).map(Path::of),
				Integer.parseInt(values.getOrDefault("commits", "1000")));
	}

}
