package org.litestream4j.boot.autoconfigure;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

import org.litestream4j.LitestreamDatabase;

/**
 * What this application replicates now, by name, which is that of the {@code DataSource}
 * bean, and in the order of the names, whichever was started first. Thread-safe.
 */
class ReplicatedDatabases {

	private final Map<String, Replicated> databases = Collections.synchronizedMap(new TreeMap<>());

	private final List<Observer> observers = new ArrayList<>();

	/** Hears which databases are replicated. */
	interface Observer {

		/** Replication has started. */
		void added(Replicated replicated);

		/** Replication has ended for good, and nothing more is heard of it. */
		void closed(Replicated replicated);

	}

	/**
	 * One database.
	 *
	 * @param settings everything configured
	 * @param database the running engine
	 * @param locations of the replicas, to tell whether another database uses one too
	 */
	record Replicated(DatabaseSettings settings, LitestreamDatabase database, Map<String, String> locations) {

		String name() {
			return this.settings.options().name();
		}

		Path file() {
			return this.settings.options().database();
		}

	}

	void add(Replicated replicated) {
		List<Observer> toTell;
		synchronized (this.databases) {
			this.databases.put(replicated.name(), replicated);
			toTell = List.copyOf(this.observers);
		}
		toTell.forEach((observer) -> observer.added(replicated));
	}

	void remove(Replicated replicated) {
		this.databases.remove(replicated.name(), replicated);
	}

	/** Says that a database that was removed is closed. */
	void closed(Replicated replicated) {
		List<Observer> toTell;
		synchronized (this.databases) {
			toTell = List.copyOf(this.observers);
		}
		toTell.forEach((observer) -> observer.closed(replicated));
	}

	/** Hears of every database, of those that are here already too. */
	void observe(Observer observer) {
		List<Replicated> present;
		synchronized (this.databases) {
			this.observers.add(observer);
			present = all();
		}
		present.forEach(observer::added);
	}

	List<Replicated> all() {
		synchronized (this.databases) {
			return List.copyOf(this.databases.values());
		}
	}

	Optional<Replicated> find(String name) {
		return Optional.ofNullable(this.databases.get(name));
	}

	/** The one that replicates a file. */
	Optional<Replicated> findByFile(Path file) {
		return all().stream().filter((replicated) -> replicated.file().equals(file)).findFirst();
	}

}
