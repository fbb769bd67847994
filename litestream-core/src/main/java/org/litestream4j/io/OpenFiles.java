package org.litestream4j.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * How many files this process has open, and may have. Nothing is known where the system
 * does not say.
 */
public final class OpenFiles {

	/*-
	 * Max open files            1024                 524288               files
	 */
	private static final String LIMIT = "Max open files";

	private static final Path LIMITS = Path.of("/proc/self/limits");

	private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

	private OpenFiles() {
	}

	/**
	 * The soft limit, at which opening fails; {@link Long#MAX_VALUE} if there is none, or
	 * none is known.
	 */
	public static long limit() {
		try {
			return limit(Files.readString(LIMITS, StandardCharsets.US_ASCII));
		}
		catch (IOException ex) {
			return Long.MAX_VALUE;
		}
	}

	static long limit(String limits) {
		return limits.lines()
			.filter((line) -> line.startsWith(LIMIT))
			.map((line) -> line.substring(LIMIT.length()).strip().split("\\s+")[0])
			.filter((word) -> word.matches("\\d{1,18}"))
			.mapToLong(Long::parseLong)
			.findFirst()
			.orElse(Long.MAX_VALUE);
	}

	/**
	 * How many are open now; 0 if that is not known. Takes the longer the more there are.
	 */
	public static long count() {
		try (Stream<Path> links = Files.list(DESCRIPTORS)) {
			return links.count();
		}
		catch (IOException | UncheckedIOException ex) {
			return 0;
		}
	}

}
