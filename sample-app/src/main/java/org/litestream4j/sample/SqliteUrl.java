package org.litestream4j.sample;

import java.nio.file.Path;

import org.jspecify.annotations.Nullable;

/**
 * Finds the file in a JDBC URL of SQLite.
 */
final class SqliteUrl {

	private static final String PREFIX = "jdbc:sqlite:";

	private SqliteUrl() {
	}

	/** The absolute path of the database file, or null for anything else than a file. */
	static @Nullable Path file(@Nullable String url) {
		if (url == null || !url.startsWith(PREFIX)) {
			return null;
		}
		String file = url.substring(PREFIX.length()).replaceFirst("\\?.*", "");
		if (file.startsWith("file:")) {
			file = file.substring("file:".length()).replaceFirst("^//[^/]*/", "/");
		}
		return (file.isEmpty() || file.startsWith(":")) ? null : Path.of(file).toAbsolutePath().normalize();
	}

}
