package org.litestream4j.boot.replication;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;

import org.litestream4j.boot.DatabaseDefinition;

/**
 * How databases are called, whichever bean is created first: replicas are found by the
 * name, so it must be the same at every start. Not thread-safe.
 */
class DatabaseNames {

	private final Predicate<String> primary;

	private final Map<Path, SortedSet<String>> users = new HashMap<>();

	private final Map<Path, SortedSet<String>> lookupKeys = new HashMap<>();

	/**
	 * Creates the names.
	 * @param primary tells the primary one of several {@code DataSource} beans
	 */
	DatabaseNames(Predicate<String> primary) {
		this.primary = primary;
	}

	/** Notes that a {@code DataSource} bean uses a file, and no other. */
	void note(Path file, String bean) {
		this.users.computeIfAbsent(file, (key) -> new TreeSet<>()).add(bean);
	}

	/** Notes that a router finds a file by a key. */
	void noteLookupKey(Path file, String key) {
		String name = DatabaseDefinition.nameOf(key);
		if (!name.isEmpty()) {
			this.lookupKeys.computeIfAbsent(file, (same) -> new TreeSet<>()).add(name);
		}
	}

	/**
	 * That of the only bean that uses the file, or of the primary one of several; else a
	 * router's key for it, else that of the file.
	 */
	String choose(Path file) {
		SortedSet<String> beans = this.users.getOrDefault(file, new TreeSet<>());
		if (beans.size() == 1) {
			return beans.first();
		}
		return beans.stream().filter(this.primary).findFirst().orElseGet(() -> {
			SortedSet<String> keys = this.lookupKeys.getOrDefault(file, new TreeSet<>());
			return keys.isEmpty() ? fileName(file) : keys.first();
		});
	}

	/** The names that settings of a database may be given under, the chosen one first. */
	List<String> all(Path file) {
		List<String> all = new ArrayList<>();
		all.add(choose(file));
		all.addAll(this.users.getOrDefault(file, new TreeSet<>()));
		all.addAll(this.lookupKeys.getOrDefault(file, new TreeSet<>()));
		all.add(fileName(file));
		return all.stream().distinct().toList();
	}

	private static String fileName(Path file) {
		return String.valueOf(file.getFileName());
	}

}
