package org.litestream4j.boot.actuate;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

import org.litestream4j.observe.LitestreamListener.Problem;

/**
 * Problems that were found not long ago, or that are not solved. A small database heals
 * within moments, and whoever looks every 15 seconds would never see that something
 * deletes or damages its backup. Thread-safe.
 */
final class RecentProblems {

	/** How long a problem is shown at least. */
	static final Duration SHOWN = Duration.ofSeconds(30);

	/** Stands for the replica where a problem is the database's. */
	static final String NO_REPLICA = "none";

	private final LongSupplier nanoTime;

	private final Map<Key, Found> problems = new ConcurrentHashMap<>();

	/** Creates it, without any problem. */
	RecentProblems(LongSupplier nanoTime) {
		this.nanoTime = nanoTime;
	}

	/** What is wrong with what. */
	record Key(String database, String replica, Problem problem) {

		static Key of(String database, @Nullable String replica, Problem problem) {
			return new Key(database, (replica != null) ? replica : NO_REPLICA, problem);
		}

	}

	private record Found(String detail, long at, boolean solved) {
	}

	void found(Key key, String detail) {
		this.problems.put(key, new Found(detail, this.nanoTime.getAsLong(), false));
	}

	void solved(Key key) {
		this.problems.computeIfPresent(key, (same, found) -> new Found(found.detail, found.at, true));
	}

	/** Forgets a database. */
	void remove(String database) {
		this.problems.keySet().removeIf((key) -> key.database().equals(database));
	}

	/** Whether a problem is to be shown. */
	boolean contains(Key key) {
		Found found = this.problems.get(key);
		return found != null && (!found.solved || isRecent(found));
	}

	private boolean isRecent(Found found) {
		return this.nanoTime.getAsLong() - found.at < SHOWN.toNanos();
	}

	/** What was solved, and is shown all the same, in sentences. */
	List<String> solvedLately() {
		this.problems.values().removeIf((found) -> found.solved && !isRecent(found));
		return this.problems.entrySet()
			.stream()
			.filter((entry) -> entry.getValue().solved)
			.map((entry) -> describe(entry.getKey(), entry.getValue()))
			.sorted()
			.toList();
	}

	private static String describe(Key key, Found found) {
		String subject = key.replica().equals(NO_REPLICA) ? "database '%s'".formatted(key.database())
				: "replica '%s' of database '%s'".formatted(key.replica(), key.database());
		return "%s: %s (mended by now, shown for %d s so that it is seen)".formatted(subject, found.detail,
				SHOWN.toSeconds());
	}

}
