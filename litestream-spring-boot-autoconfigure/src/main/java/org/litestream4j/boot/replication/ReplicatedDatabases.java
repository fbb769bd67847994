package org.litestream4j.boot.replication;

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.boot.LitestreamStartupException;
import org.litestream4j.boot.jdbc.Commits;

/**
 * What this application replicates now, by name and by file, and in the order of the
 * names, whichever was started first. Starting and stopping is for whoever holds a
 * {@link Claim}: calls for one name or one file come one after the other, all others run
 * at the same time. Thread-safe.
 */
public class ReplicatedDatabases {

	/** Each may wait for its store. */
	private static final int MAX_STOPPING = 64;

	/** For one whose turn comes only when those of a store that hangs have had theirs. */
	private static final Duration LEAST = Duration.ofSeconds(1);

	private final ConcurrentNavigableMap<String, Replicated> byName = new ConcurrentSkipListMap<>();

	private final Map<Path, Replicated> byFile = new ConcurrentHashMap<>();

	/** Guards what follows, and every change of what comes before. */
	private final Object lock = new Object();

	private final List<Observer> observers = new ArrayList<>();

	private final TakenPlaces places = new TakenPlaces();

	private volatile boolean closing;

	/** By name and by file, what is being started or stopped. */
	private final Map<Object, Claim> claims = new HashMap<>();

	/** Hears which databases are replicated. */
	public interface Observer {

		/** Replication has started. */
		void added(Replicated replicated);

		/** Replication has ended for good, and nothing more is heard of it. */
		void closed(Replicated replicated);

	}

	/** Who wants a database to be replicated, and has it stopped. */
	enum Origin {

		/** A {@code DataSource} bean. */
		BEAN,
		/** {@code litestream.databases.<name>.path}. */
		NAMED_FILE,
		/** The application, at run time. */
		REGISTERED,
		/** {@code litestream.directories}. */
		DIRECTORY

	}

	/**
	 * One database, which hears of the commits of its connections.
	 */
	public static final class Replicated implements Commits {

		private final DatabaseSettings settings;

		private final LitestreamDatabase database;

		private final FencedReplicas fenced;

		private final Origin origin;

		private final CommitWaiter waiter;

		Replicated(DatabaseSettings settings, LitestreamDatabase database, FencedReplicas fenced, Origin origin) {
			this.settings = settings;
			this.database = database;
			this.fenced = fenced;
			this.origin = origin;
			this.waiter = new CommitWaiter(database, settings.commits());
		}

		/** Everything configured. */
		public DatabaseSettings settings() {
			return this.settings;
		}

		/** The running engine. */
		public LitestreamDatabase database() {
			return this.database;
		}

		Origin origin() {
			return this.origin;
		}

		@Override
		public void awaitTurn() {
			this.database.awaitTurn();
		}

		@Override
		public void changed() {
			this.database.changed();
		}

		@Override
		public @Nullable String refusal() {
			return this.fenced.refusal();
		}

		@Override
		public boolean areAwaited() {
			return this.waiter.isAwaited();
		}

		@Override
		public void written() throws SQLException {
			this.waiter.written();
		}

		@Override
		public String toString() {
			return "database '%s'".formatted(name());
		}

		/** The name of the database. */
		public String name() {
			return this.settings.options().name();
		}

		Path file() {
			return this.settings.options().database();
		}

	}

	/**
	 * The right to start or stop the database of a name and a file. Others that want
	 * either wait until it is closed.
	 */
	final class Claim implements AutoCloseable {

		private final Set<Object> keys = new HashSet<>();

		private Claim(String name, @Nullable Path file) {
			this.keys.add(name);
			if (file != null) {
				this.keys.add(file);
			}
		}

		/**
		 * Keeps others off the places of a database that is about to start.
		 * @throws LitestreamStartupException if they belong to another database, or one
		 * is in the other
		 */
		void take(TakenPlaces.Taken taken) {
			synchronized (ReplicatedDatabases.this.lock) {
				ReplicatedDatabases.this.places.take(taken);
			}
		}

		/** Gives back what a start that failed has taken. */
		void giveBack(String name) {
			synchronized (ReplicatedDatabases.this.lock) {
				ReplicatedDatabases.this.places.giveBack(name);
			}
		}

		@Override
		public void close() {
			synchronized (ReplicatedDatabases.this.lock) {
				ReplicatedDatabases.this.claims.values().removeIf((claim) -> claim == this);
				ReplicatedDatabases.this.lock.notifyAll();
			}
		}

	}

	/**
	 * Waits until nobody starts or stops what has this name or this file.
	 * @throws IllegalStateException if the application is stopping
	 */
	Claim claim(String name, Path file) {
		Claim claim = take(new Claim(name, file));
		if (this.closing) {
			claim.close();
			throw new IllegalStateException(
					"database '%s' is not replicated, as the application is stopping".formatted(name));
		}
		return claim;
	}

	/** Waits for whoever starts or stops what has this name. */
	void awaitStarts(String name) {
		take(new Claim(name, null)).close();
	}

	private Claim take(Claim claim) {
		boolean interrupted = false;
		synchronized (this.lock) {
			while (claim.keys.stream().anyMatch(this.claims::containsKey)) {
				try {
					this.lock.wait();
				}
				catch (InterruptedException ex) {
					interrupted = true; // a start that was interrupted is no start
				}
			}
			claim.keys.forEach((key) -> this.claims.put(key, claim));
		}
		if (interrupted) {
			Thread.currentThread().interrupt();
		}
		return claim;
	}

	/** Adds a database. The caller has claimed it. */
	void add(Replicated replicated) {
		List<Observer> toTell;
		synchronized (this.lock) {
			this.byFile.put(replicated.file(), replicated);
			this.byName.put(replicated.name(), replicated);
			toTell = List.copyOf(this.observers);
		}
		toTell.forEach((observer) -> observer.added(replicated));
	}

	/**
	 * Stops replicating a database, unless somebody has done so already. It is not found
	 * any more from the beginning; its name, file and places are free when it has ended.
	 * @param unless is asked whether it is wanted after all, when nobody else starts or
	 * stops it
	 * @param timeout for what is left to be shipped
	 */
	void stop(Replicated replicated, BooleanSupplier unless, Supplier<Duration> timeout) {
		try (Claim claim = take(new Claim(replicated.name(), replicated.file()))) {
			if (unless.getAsBoolean()) {
				return;
			}
			synchronized (this.lock) {
				if (!this.byName.remove(replicated.name(), replicated)) {
					return;
				}
				this.byFile.remove(replicated.file(), replicated);
			}
			try {
				replicated.database().close(timeout.get());
			}
			finally {
				claim.giveBack(replicated.name());
				closed(replicated);
			}
		}
	}

	/**
	 * Stops several, at the same time. They share one deadline, as the store that hangs
	 * for one may hang for all.
	 * @param unless is asked whether one is wanted after all, when nobody else starts or
	 * stops it
	 */
	void stopAll(Collection<Replicated> all, Predicate<Replicated> unless) {
		Function<Replicated, Duration> remaining = deadline(all);
		Together.run("litestream-stop", MAX_STOPPING, all,
				(each) -> stop(each, () -> unless.test(each), () -> remaining.apply(each)));
	}

	/** Stops all, and lets none start any more. */
	void close() {
		this.closing = true;
		// Whoever has claimed something before sees it, and ends or is here soon
		synchronized (this.lock) {
			boolean interrupted = false;
			while (!this.claims.isEmpty()) {
				try {
					this.lock.wait();
				}
				catch (InterruptedException ex) {
					interrupted = true;
				}
			}
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
		stopAll(all(), (each) -> false);
	}

	/** Whether the application is stopping, so that a restore is not wanted any more. */
	boolean isClosing() {
		return this.closing;
	}

	/** Pauses all, at the same time and with one deadline. */
	void pauseAll() {
		List<Replicated> all = all();
		Function<Replicated, Duration> remaining = deadline(all);
		Together.run("litestream-pause", MAX_STOPPING, all, (each) -> each.database().pause(remaining.apply(each)));
	}

	/** What is left of the time of each, as of now. */
	private static Function<Replicated, Duration> deadline(Collection<Replicated> all) {
		long begin = System.nanoTime();
		Duration longest = all.stream()
			.map(ReplicatedDatabases::timeout)
			.max(Comparator.naturalOrder())
			.orElse(Duration.ZERO);
		return (each) -> {
			Duration left = longest.minusNanos(System.nanoTime() - begin);
			Duration fair = (left.compareTo(LEAST) < 0) ? LEAST : left;
			return (fair.compareTo(timeout(each)) < 0) ? fair : timeout(each);
		};
	}

	private static Duration timeout(Replicated replicated) {
		return replicated.settings().options().shutdownSyncTimeout();
	}

	private void closed(Replicated replicated) {
		List<Observer> toTell;
		synchronized (this.lock) {
			toTell = List.copyOf(this.observers);
		}
		toTell.forEach((observer) -> observer.closed(replicated));
	}

	/** Hears of every database, of those that are here already too. */
	public void observe(Observer observer) {
		List<Replicated> present;
		synchronized (this.lock) {
			this.observers.add(observer);
			present = all();
		}
		present.forEach(observer::added);
	}

	/** All of them, in the order of the names. */
	public List<Replicated> all() {
		return List.copyOf(this.byName.values());
	}

	/** The one of this name. */
	public Optional<Replicated> find(String name) {
		return Optional.ofNullable(this.byName.get(name));
	}

	/**
	 * The one that replicates a file.
	 * @param file as {@link DatabasePaths} resolves it
	 */
	Optional<Replicated> findByFile(Path file) {
		return Optional.ofNullable(this.byFile.get(file));
	}

	/** Whether a directory is one of local state, or holds a replica. */
	boolean isOurs(Path directory) {
		synchronized (this.lock) {
			return this.places.isOurs(directory);
		}
	}

}
