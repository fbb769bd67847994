package org.litestream4j.inspect;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.ReplicaPosition;

/**
 * What reading a whole replica found.
 *
 * @param url where it is, without secrets
 * @param verdict what it comes to
 * @param problem why the newest state cannot be restored, in one sentence; null if it can
 * @param newest the newest state that can be restored; null if there is none
 * @param generations what each of them holds, the oldest first; in LTX, each level
 * @param objects how many were read
 * @param bytes how many were read, as stored
 * @param duration how long that took
 * @param restore how long it would take to fetch and decode the newest state at the rate
 * of this check; null if it cannot be restored. Writing the file, and SQLite's check of
 * it, come on top
 * @param findings what is wrong or worth a word, at most {@value #MOST_FINDINGS}
 * @param findingsLeftOut how many more there are
 */
public record CheckReport(String url, Verdict verdict, @Nullable String problem, @Nullable Newest newest,
		List<GenerationCheck> generations, long objects, long bytes, Duration duration, @Nullable Duration restore,
		List<Finding> findings, long findingsLeftOut) {

	/** More are counted and not kept. */
	public static final int MOST_FINDINGS = 1000;

	/** What a check comes to. */
	public enum Verdict {

		/** Every state that the replica should hold can be restored. */
		GOOD,
		/** The newest state can be restored; states before it are lost. */
		DAMAGED,
		/** The newest state cannot be restored. */
		NOT_RESTORABLE,
		/** There is no backup. */
		EMPTY

	}

	/**
	 * The newest state.
	 *
	 * @param position where it ends
	 * @param storedAt when the newest object of it was stored
	 */
	public record Newest(ReplicaPosition position, Instant storedAt) {
	}

	/**
	 * One generation, or one level of LTX.
	 *
	 * @param generation its name, or {@code level 0} to {@code level 9}
	 * @param level of LTX, 0 to 9; null of a generation
	 * @param snapshots how many there are
	 * @param segments how many objects there are that are applied to snapshots
	 * @param bytes as stored
	 * @param restorePoints how many states can be restored by their time: what one object
	 * after another leads to; of a level those that no lower one has
	 * @param transactions how many states can be restored by their position
	 * @param firstAt when the oldest state that can be restored was stored; null if there
	 * is none
	 * @param lastAt when the newest one was
	 */
	public record GenerationCheck(String generation, @Nullable Integer level, int snapshots, int segments, long bytes,
			long restorePoints, long transactions, @Nullable Instant firstAt, @Nullable Instant lastAt) {
	}

	/** Over all generations. */
	public long restorePoints() {
		return this.generations.stream().mapToLong(GenerationCheck::restorePoints).sum();
	}

	/** Over all generations. */
	public long transactions() {
		return this.generations.stream().mapToLong(GenerationCheck::transactions).sum();
	}

}
