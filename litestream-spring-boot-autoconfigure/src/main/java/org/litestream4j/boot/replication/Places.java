package org.litestream4j.boot.replication;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.litestream4j.Replica;
import org.litestream4j.boot.LitestreamStartupException;
import org.litestream4j.store.FileUrl;
import org.litestream4j.store.ReplicaUrl;

/**
 * Where one database and all that belongs to it is on the disk, symbolic links resolved.
 * Refuses what would make one of them delete or overwrite another.
 *
 * @param name the database's name
 * @param database its file
 * @param meta the directory of local state
 * @param restores below which the endpoint may write
 * @param replicas the directories of its file replicas, by property
 */
public record Places(String name, Path database, Path meta, Path restores, Map<String, Path> replicas) {

	static final List<String> BESIDE = List.of("", "-wal", "-shm", "-journal");

	/**
	 * Those of a database that is to be replicated. Looks at links, and opens nothing.
	 */
	static Places of(DatabaseSettings settings, List<Replica> replicas) {
		Map<String, Path> directories = new LinkedHashMap<>();
		for (int i = 0; i < replicas.size(); i++) {
			Path directory = directory(replicas.get(i).store().url());
			if (directory != null) {
				directories.put(settings.replicas().get(i).definition().property(), real(directory));
			}
		}
		return new Places(settings.options().name(), real(settings.options().database()),
				real(settings.options().metaDirectory()), real(settings.restoreDirectory()), directories);
	}

	/** The directory of a file replica, or null for other replicas. */
	public static @Nullable Path directory(String url) {
		try {
			return url.startsWith("file:") ? FileUrl.parse(ReplicaUrl.parse(url)).directory() : null;
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

	/** What a path leads to, as far as it exists. */
	public static Path real(Path path) {
		Path absolute = path.toAbsolutePath().normalize();
		for (Path existing = absolute; existing != null; existing = existing.getParent()) {
			if (Files.exists(existing)) {
				try {
					return existing.toRealPath().resolve(existing.relativize(absolute)).normalize();
				}
				catch (IOException ex) {
					return absolute; // whoever uses it will say why
				}
			}
		}
		return absolute;
	}

	/**
	 * Refuses places that are one in another.
	 * @throws LitestreamStartupException naming the property
	 */
	void check() {
		if (this.database.startsWith(this.restores)) {
			throw refused("the endpoint's restore-directory %s holds the database %s itself".formatted(this.restores,
					this.database), "litestream.endpoint.restore-directory");
		}
		this.replicas.forEach((property, directory) -> {
			requireNotTheDatabase(property, directory, this);
			requireApart(property, directory, this);
		});
	}

	/**
	 * Refuses places that are those of another database, too.
	 * @throws LitestreamStartupException naming the property
	 */
	void checkApartFrom(Places other) {
		this.replicas.forEach((property, directory) -> {
			requireNotTheDatabase(property, directory, other);
			requireApart(property, directory, other);
		});
		other.replicas.forEach((property, directory) -> {
			requireNotTheDatabase(property, directory, this);
			requireApart(property, directory, this);
		});
	}

	/** A database, and what SQLite keeps beside it. */
	static Stream<Path> beside(Path database) {
		return BESIDE.stream().map((suffix) -> database.resolveSibling(database.getFileName() + suffix));
	}

	private static void requireNotTheDatabase(String property, Path directory, Places places) {
		if (beside(places.database).anyMatch(directory::startsWith)) {
			throw refused("the replica of '%s' would be the database %s itself, or a part of it".formatted(property,
					places.database), property + ".url");
		}
		if (places.database.startsWith(directory)) {
			throw refused("the replica directory %s of '%s' holds the database %s itself".formatted(directory, property,
					places.database), property + ".url");
		}
	}

	/** Local state is deleted when a generation ends; the backup must not go with it. */
	private static void requireApart(String property, Path directory, Places places) {
		if (directory.startsWith(places.meta) || places.meta.startsWith(directory)) {
			throw refused(
					"the replica directory %s of '%s' and the meta-directory %s of database '%s' are one, or one is in the other"
						.formatted(directory, property, places.meta, places.name),
					property + ".url' or 'litestream.meta-directory");
		}
	}

	private static LitestreamStartupException refused(String what, String property) {
		return new LitestreamStartupException(
				Character.toUpperCase(what.charAt(0)) + what.substring(1) + ", after symbolic links are resolved.",
				"Set '%s' to a directory of its own, for example below /var/backups for a replica."
					.formatted(property));
	}

}
