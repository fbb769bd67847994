package org.litestream4j.boot.replication;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.boot.replication.DatabaseFinder.Stamp;
import org.litestream4j.boot.replication.ReplicatedDatabases.Claim;
import org.litestream4j.boot.replication.ReplicatedDatabases.Origin;
import org.litestream4j.boot.replication.ReplicatedDatabases.Replicated;
import org.litestream4j.database.DatabaseFile;
import org.litestream4j.database.FileId;

/**
 * The databases in one directory. A look only decides what is to be done; that may wait
 * for a store, so it is done by others. Thread-safe.
 */
final class DirectoryWatch {

	private static final Logger logger = LoggerFactory.getLogger(DirectoryWatch.class);

	private static final int MOST_LOOKS_BEFORE_RETRY = 64;

	private final WatchedDirectory directory;

	private final DatabaseFinder finder;

	private final DatabaseStarter starter;

	private final ReplicatedDatabases databases;

	private final Predicate<String> excluded;

	/** What was found, by file. Guarded by itself, as all that follows. */
	private final Map<Path, Known> known = new HashMap<>();

	private @Nullable String failure;

	/** What is done about a file. */
	private enum State {

		/** Somebody starts, or stops it. */
		BUSY,
		/** It is replicated, on behalf of the directory. */
		REPLICATED,
		/** It is not to be replicated. */
		LEFT_ALONE,
		/** It is not a database, as long as it has this stamp. */
		NOT_A_DATABASE,
		/** It is a database, and could not be replicated. */
		FAILED

	}

	/** One file. */
	private static final class Known {

		private final FileId id;

		private State state = State.BUSY;

		private Stamp stamp;

		private @Nullable Replicated replicated;

		private @Nullable String failure;

		/** Looks that pass before the next try, and how many passed the last time. */
		private int wait;

		private int waited;

		private Known(FileId id, Stamp stamp) {
			this.id = id;
			this.stamp = stamp;
		}

	}

	DirectoryWatch(WatchedDirectory directory, DatabaseStarter starter, ReplicatedDatabases databases,
			Predicate<String> excluded) {
		this.directory = directory;
		this.finder = new DatabaseFinder(directory.path(), directory.pattern(), directory.recursive());
		this.starter = starter;
		this.databases = databases;
		this.excluded = excluded;
	}

	Duration interval() {
		return this.directory.interval();
	}

	/**
	 * Looks which files are there.
	 * @return what is to be done now; each may be run at any time, and by any thread
	 */
	List<Runnable> look() {
		Map<Path, Stamp> found;
		try {
			found = this.finder.find(this.databases::isOurs);
		}
		catch (IOException | RuntimeException ex) {
			noteFailure(String.valueOf(ex.getMessage()));
			return List.of();
		}
		noteFailure(null);
		List<Runnable> tasks = new ArrayList<>();
		synchronized (this.known) {
			letGo(tasks);
			found.forEach((file, stamp) -> consider(file, stamp, tasks));
		}
		return tasks;
	}

	private void noteFailure(@Nullable String message) {
		synchronized (this.known) {
			if (message != null && this.failure == null) {
				logger.error("The directory {} of '{}' cannot be read, so no database in it is found or let go: {}",
						this.directory.path(), this.directory.property(), message);
			}
			this.failure = message;
		}
	}

	/** Those whose file is certainly not there any more, or is another one. */
	private void letGo(List<Runnable> tasks) {
		for (Iterator<Map.Entry<Path, Known>> all = this.known.entrySet().iterator(); all.hasNext();) {
			Map.Entry<Path, Known> each = all.next();
			Known known = each.getValue();
			if (known.state == State.BUSY || isThere(each.getKey(), known.id)) {
				continue;
			}
			Replicated replicated = known.replicated;
			if (replicated == null) {
				all.remove();
			}
			else {
				known.state = State.BUSY;
				tasks.add(() -> stop(each.getKey(), replicated));
			}
		}
	}

	private static boolean isThere(Path file, FileId id) {
		try {
			return FileId.of(file).filter(id::equals).isPresent();
		}
		catch (IOException ex) {
			return true; // rather once too long
		}
	}

	private void consider(Path file, Stamp stamp, List<Runnable> tasks) {
		Known known = this.known.get(file);
		if (known == null) {
			FileId id = id(file);
			if (id == null || this.databases.findByFile(file).isPresent()) {
				return; // gone again, or somebody else's
			}
			Known added = new Known(id, stamp);
			this.known.put(file, added);
			tasks.add(() -> start(file, added));
		}
		else if (known.state == State.NOT_A_DATABASE && !known.stamp.equals(stamp)) {
			known.state = State.BUSY;
			known.stamp = stamp;
			tasks.add(() -> start(file, known));
		}
		else if (known.state == State.FAILED && --known.wait < 0) {
			known.state = State.BUSY;
			tasks.add(() -> start(file, known));
		}
	}

	private static @Nullable FileId id(Path file) {
		try {
			return FileId.of(file).orElse(null);
		}
		catch (IOException ex) {
			return null;
		}
	}

	private void start(Path file, Known known) {
		State state = State.FAILED;
		Replicated replicated = null;
		String message = null;
		try {
			replicated = startIfDatabase(file);
			state = (replicated != null) ? State.REPLICATED : State.NOT_A_DATABASE;
		}
		catch (LeftAloneException ex) {
			state = State.LEFT_ALONE;
		}
		catch (TakenException ex) {
			synchronized (this.known) {
				this.known.remove(file);
			}
			return;
		}
		catch (IOException | RuntimeException ex) {
			message = String.valueOf(ex.getMessage());
		}
		synchronized (this.known) {
			if (message != null && !message.equals(known.failure)) {
				logger.error("The database {} in a directory of '{}' is not replicated: {}", file,
						this.directory.property(), message);
			}
			known.state = state;
			known.replicated = replicated;
			known.failure = message;
			known.waited = (message != null) ? Math.min(Math.max(known.waited * 2, 1), MOST_LOOKS_BEFORE_RETRY) : 0;
			known.wait = known.waited - 1;
		}
	}

	/** Somebody else replicates it, for now. */
	private static final class TakenException extends Exception {

		private static final long serialVersionUID = 1L;

	}

	/** It is not to be replicated. */
	private static final class LeftAloneException extends Exception {

		private static final long serialVersionUID = 1L;

	}

	/** Null if it is not a database. */
	private @Nullable Replicated startIfDatabase(Path file) throws IOException, LeftAloneException, TakenException {
		String name = this.finder.name(file);
		if (this.excluded.test(name)) {
			logger.info("Database '{}' is excluded by litestream.databases.{}.enabled=false: it is not replicated",
					name, name);
			throw new LeftAloneException();
		}
		try (Claim claim = this.databases.claim(name, file)) {
			if (this.databases.findByFile(file).isPresent()) {
				throw new TakenException();
			}
			DatabaseSettings settings = this.directory.settings().apply(name, file);
			if (file.startsWith(settings.restoreDirectory()) || file.startsWith(settings.options().metaDirectory())) {
				throw new LeftAloneException();
			}
			if (!DatabaseFile.of(file).isWholeDatabase()) {
				return null;
			}
			return this.starter.start(new DatabaseStarter.Request(settings, () -> false, List.of(),
					(other) -> this.directory.settings().apply(other, file), Origin.DIRECTORY), claim);
		}
		catch (NoSuchFileException ex) {
			return null; // gone again
		}
	}

	private void stop(Path file, Replicated replicated) {
		logger.info("The file of database '{}' has disappeared from {}: its replication ends", replicated.name(),
				this.directory.path());
		this.databases.stopAll(List.of(replicated), (each) -> false);
		synchronized (this.known) {
			this.known.remove(file);
		}
	}

	/** Has a file left alone until it has disappeared. */
	void leaveAlone(Path file) {
		synchronized (this.known) {
			Known found = this.known.get(file);
			if (found != null) {
				found.state = State.LEFT_ALONE;
				found.replicated = null;
			}
		}
	}

	/** Why some are not replicated, in sentences. */
	Set<String> problems() {
		Map<String, Path> problems = new TreeMap<>();
		synchronized (this.known) {
			if (this.failure != null) {
				problems.put("directory %s: %s".formatted(this.directory.path(), this.failure), this.directory.path());
			}
			this.known.forEach((file, each) -> {
				if (each.failure != null) {
					problems.put("database %s is not replicated: %s".formatted(file, each.failure), file);
				}
			});
		}
		return problems.keySet();
	}

}
