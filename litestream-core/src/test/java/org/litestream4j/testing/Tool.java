package org.litestream4j.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;

/**
 * Finds the programs that tests compare with. Where one is missing its tests are skipped
 * and say so, except in continuous integration, where nothing may be skipped unseen.
 */
final class Tool {

	private Tool() {
	}

	/** An executable that an environment variable names. */
	static Optional<Path> named(String variable) {
		return Optional.ofNullable(System.getenv(variable))
			.filter((value) -> !value.isBlank())
			.map(Path::of)
			.filter(Files::isExecutable);
	}

	/** An executable on the PATH. */
	static Optional<Path> onPath(String name) {
		String path = Objects.requireNonNullElse(System.getenv("PATH"), "");
		return Arrays.stream(path.split(":"))
			.map((directory) -> Path.of(directory, name))
			.filter(Files::isExecutable)
			.findFirst();
	}

	/** An executable below this directory or one of its parents. */
	static Optional<Path> below(String relative) {
		Path here = Path.of("").toAbsolutePath();
		return Stream.iterate(here, Objects::nonNull, Path::getParent)
			.map((directory) -> directory.resolve(relative))
			.filter(Files::isExecutable)
			.findFirst();
	}

	static ConditionEvaluationResult condition(String name, Optional<Path> found, String remedy) {
		if (found.isPresent()) {
			return ConditionEvaluationResult.enabled("%s is %s".formatted(name, found.get()));
		}
		String reason = "%s is missing: %s".formatted(name, remedy);
		if ("true".equals(System.getenv("CI"))) {
			throw new IllegalStateException(reason);
		}
		return ConditionEvaluationResult.disabled(reason);
	}

}
