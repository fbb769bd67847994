package org.litestream4j.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.litestream4j.LitestreamOptions;
import org.litestream4j.Replica;
import org.litestream4j.store.FileUrl;
import org.litestream4j.store.ReplicaUrl;

/**
 * Refuses places of which one would delete, overwrite or hide another. Compared is what
 * the paths lead to.
 */
final class Locations {

	private Locations() {
	}

	/**
	 * Requires that the database can be opened by its name, and that the meta directory
	 * and the directories of replicas are apart. Looks at names only.
	 */
	static void require(LitestreamOptions options, List<Replica> replicas) throws IOException {
		Path database = options.database();
		if (Files.isSymbolicLink(database) && !Files.exists(database)) {
			throw new IOException(
					"database %s is a symbolic link to %s, which does not exist: create that, or remove the link"
						.formatted(database, Files.readSymbolicLink(database)));
		}
		for (Replica replica : replicas) {
			if (replica.store().url().startsWith("file:")) {
				FileUrl place = FileUrl.parse(ReplicaUrl.parse(replica.store().url()));
				requireApart(options, replica.name(), real(place.directory()));
			}
		}
	}

	private static void requireApart(LitestreamOptions options, String replica, Path directory) throws IOException {
		Path meta = real(options.metaDirectory());
		if (directory.startsWith(meta) || meta.startsWith(directory.resolve("generations")) || meta.equals(directory)) {
			throw new IOException(
					("replica '%s' at %s and the meta directory %s are one, or one is in the other, and what"
							+ " is deleted in one would be gone from the other: give each a directory of its own")
						.formatted(replica, directory, meta));
		}
		if (directory.equals(real(options.database()))) {
			throw new IOException("replica '%s' at %s is the database itself: give it a directory of its own"
				.formatted(replica, directory));
		}
	}

	/** What a path leads to, as far as it exists. */
	private static Path real(Path path) throws IOException {
		Path existing = path;
		while (!Files.exists(existing) && existing.getParent() != null) {
			existing = existing.getParent();
		}
		return existing.toRealPath().resolve(existing.relativize(path)).normalize();
	}

}
