package org.litestream4j.boot.replication;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.litestream4j.boot.LitestreamStartupException;

/**
 * The places of all databases that are replicated or about to be: no two of them may
 * share a replica or a directory of local state, nor may one be in the other. What one
 * more database costs does not grow with their number. Not thread-safe.
 */
final class TakenPlaces {

	/** By name. */
	private final Map<String, Taken> databases = new HashMap<>();

	/** Who has a replica at a location. */
	private final Map<String, Taken> locations = new HashMap<>();

	/** Whose directory of local state it is. */
	private final Tree metas = new Tree();

	/** Whose file it is; those that SQLite keeps beside it are found by its name. */
	private final Tree files = new Tree();

	/** Whose file replica it is; several may be in one directory tree. */
	private final Tree replicas = new Tree();

	/**
	 * One database.
	 *
	 * @param places where it is
	 * @param locations of its replicas
	 */
	record Taken(Places places, Set<String> locations) {

		String name() {
			return this.places.name();
		}

	}

	/**
	 * Takes places.
	 * @param taken those of a database of another name than those that are here
	 * @throws LitestreamStartupException if they belong to another database, or one is in
	 * the other; nothing is taken then
	 */
	void take(Taken taken) {
		Places places = taken.places();
		for (String location : taken.locations()) {
			Taken other = this.locations.get(location);
			if (other != null) {
				throw StartupFailures.oneReplicaPath(taken.name(), other.name(), location);
			}
		}
		Taken other = this.metas.at(places.meta());
		if (other != null) {
			throw StartupFailures.oneMetaDirectory(taken.name(), other.name(), places.meta());
		}
		near(places).distinct().forEach((near) -> places.checkApartFrom(near.places()));
		this.databases.put(taken.name(), taken);
		taken.locations().forEach((location) -> this.locations.put(location, taken));
		this.metas.put(places.meta(), taken);
		this.files.put(places.database(), taken);
		places.replicas().values().forEach((directory) -> this.replicas.put(directory, taken));
	}

	/** Those that have a place in or around one of these, and a few more. */
	private Stream<Taken> near(Places places) {
		Stream<Taken> ofReplicas = places.replicas()
			.values()
			.stream()
			.flatMap((directory) -> Stream.of(this.files.around(directory), besides(directory),
					this.files.in(directory), this.metas.around(directory), this.metas.in(directory)))
			.flatMap((each) -> each);
		Stream<Taken> ofFiles = Stream.of(places.database(), places.meta())
			.flatMap((path) -> Stream.concat(this.replicas.around(path), this.replicas.in(path)));
		Stream<Taken> ofBeside = Places.beside(places.database())
			.flatMap((path) -> Stream.concat(this.replicas.around(path), this.replicas.in(path)));
		return Stream.of(ofReplicas, ofFiles, ofBeside).flatMap((each) -> each);
	}

	/** Those that have a file, as a WAL, where the path or a directory around it is. */
	private Stream<Taken> besides(Path path) {
		return parts(path).filter((part) -> part.getFileName() != null)
			.flatMap((part) -> Places.BESIDE.stream()
				.filter((suffix) -> !suffix.isEmpty() && part.toString().endsWith(suffix))
				.map((suffix) -> this.files
					.at(Path.of(part.toString().substring(0, part.toString().length() - suffix.length()))))
				.filter(Objects::nonNull));
	}

	private static Stream<Path> parts(Path path) {
		return Stream.iterate(path, Objects::nonNull, Path::getParent);
	}

	/** Gives back what a database has taken, if it has. */
	void giveBack(String name) {
		Taken taken = this.databases.remove(name);
		if (taken != null) {
			taken.locations().forEach(this.locations::remove);
			this.metas.remove(taken.places().meta(), taken);
			this.files.remove(taken.places().database(), taken);
			taken.places().replicas().values().forEach((directory) -> this.replicas.remove(directory, taken));
		}
	}

	/** Whether a directory is one of ours, in which no database of the application is. */
	boolean isOurs(Path directory) {
		return this.metas.at(directory) != null || this.replicas.at(directory) != null;
	}

	/** Owners by path, of which those in and around another path are found. */
	private static final class Tree {

		/**
		 * Ends with a slash, so that what is in a directory comes in one range after it.
		 */
		private final NavigableMap<String, Taken> owners = new TreeMap<>();

		private static String key(Path path) {
			String text = path.toString();
			return text.endsWith("/") ? text : text + "/";
		}

		void put(Path path, Taken taken) {
			this.owners.put(key(path), taken);
		}

		void remove(Path path, Taken taken) {
			this.owners.remove(key(path), taken);
		}

		@Nullable Taken at(Path path) {
			return this.owners.get(key(path));
		}

		/** Owners of the path itself, and of paths in it. */
		Stream<Taken> in(Path path) {
			String key = key(path);
			return this.owners.subMap(key, true, key + Character.MAX_VALUE, false).values().stream();
		}

		/** Owners of directories that the path is in. */
		Stream<Taken> around(Path path) {
			return parts(path).map(this::at).filter(Objects::nonNull);
		}

	}

}
