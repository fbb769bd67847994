package org.litestream4j.boot.replication;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/**
 * The one path of a database's file, whatever links lead to it, so that one file has one
 * name and its local state is beside it. Opens nothing.
 */
final class DatabasePaths {

	private static final int MAX_LINKS = 40;

	private DatabasePaths() {
	}

	/**
	 * What a path leads to. A missing directory is created.
	 * @param name of the bean or database, for messages
	 * @param restored whether a missing database is to be restored, so that a link may
	 * lead to one
	 * @throws LitestreamStartupException if a link leads nowhere, or there can be no such
	 * file
	 */
	static Path resolve(String name, Path file, boolean restored) {
		try {
			if (Files.exists(file)) {
				return file.toRealPath();
			}
			Path target = follow(file);
			Path directory = Objects.requireNonNull(target.getParent(), "an absolute file has a directory");
			if (Files.isSymbolicLink(file) && !(restored && Files.isDirectory(directory))) {
				throw StartupFailures.danglingLink(name, file, target);
			}
			Files.createDirectories(directory);
			return directory.toRealPath().resolve(target.getFileName());
		}
		catch (IOException ex) {
			throw StartupFailures.directory(name, file, ex);
		}
	}

	private static Path follow(Path file) throws IOException {
		Path followed = file;
		for (int i = 0; Files.isSymbolicLink(followed); i++) {
			if (i == MAX_LINKS) {
				throw new IOException("%s is a symbolic link that leads in a circle".formatted(file));
			}
			followed = followed.resolveSibling(Files.readSymbolicLink(followed)).normalize();
		}
		return followed;
	}

}
