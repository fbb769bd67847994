package org.litestream4j.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The tasks that wait for the same store: if that hangs, all of them do. A lane gets at
 * most half of the workers that others have left, and at least one, so that several
 * stores can hang and workers are left. Within it, tasks that took long the last time get
 * at most half of that: where one database's requests hang, the others' go on. Guarded by
 * the pool's lock.
 */
final class Lane {

	/** How long a request usually takes at most. */
	private static final long PATIENCE_NANOS = Duration.ofSeconds(10).toNanos();

	final Object key;

	/** Tasks that have this lane. */
	int tasks;

	/** Whether the pool has it in its list of lanes with something to do. */
	boolean listed;

	private final ArrayDeque<ScheduledTask> ready = new ArrayDeque<>();

	private final ArrayDeque<ScheduledTask> suspects = new ArrayDeque<>();

	private final List<ScheduledTask> running = new ArrayList<>();

	private int suspectsRunning;

	private boolean suspectsFirst;

	Lane(Object key) {
		this.key = key;
	}

	static boolean isStuck(ScheduledTask task, long now) {
		return now - task.startedAt >= PATIENCE_NANOS;
	}

	boolean hasReady() {
		return !this.ready.isEmpty() || !this.suspects.isEmpty();
	}

	void add(ScheduledTask task) {
		(task.suspect ? this.suspects : this.ready).add(task);
	}

	void remove(ScheduledTask task) {
		this.ready.remove(task);
		this.suspects.remove(task);
	}

	/**
	 * The next task that may run, taken out; null if none may now.
	 * @param most workers that there may be
	 * @param busy those that run something
	 */
	@Nullable ScheduledTask next(int most, int busy, long now) {
		int share = Math.max((most - (busy - this.running.size())) / 2, 1);
		int replacements = replacements(most, now);
		if (!this.running.isEmpty() && this.running.size() >= share + replacements) {
			return null;
		}
		boolean suspectsMay = this.suspectsRunning < Math.max(share / 2, 1) + Math.min(replacements, 1);
		this.suspectsFirst = !this.suspectsFirst;
		ScheduledTask first = (this.suspectsFirst && suspectsMay) ? poll(this.suspects, now) : poll(this.ready, now);
		if (first != null) {
			return first;
		}
		return this.suspectsFirst ? poll(this.ready, now) : (suspectsMay ? poll(this.suspects, now) : null);
	}

	/** A few requests that hang are not the whole store: some others may begin. */
	private int replacements(int most, long now) {
		int stuck = 0;
		for (ScheduledTask task : this.running) {
			stuck += isStuck(task, now) ? 1 : 0;
		}
		return Math.min(stuck, most / 4);
	}

	@Nullable private static ScheduledTask poll(ArrayDeque<ScheduledTask> tasks, long now) {
		for (int left = tasks.size(); left > 0; left--) {
			ScheduledTask task = tasks.remove();
			if (task.turn == null || task.turn.isFree(task, now)) {
				return task;
			}
			tasks.add(task);
		}
		return null;
	}

	void started(ScheduledTask task, long now) {
		task.startedAt = now;
		task.startedAsSuspect = task.suspect;
		this.running.add(task);
		this.suspectsRunning += task.suspect ? 1 : 0;
		if (task.turn != null) {
			task.turn.take(task);
		}
	}

	void ended(ScheduledTask task, long now) {
		this.running.remove(task);
		this.suspectsRunning -= task.startedAsSuspect ? 1 : 0;
		task.suspect = isStuck(task, now);
		if (task.turn != null) {
			task.turn.giveBack(task);
		}
	}

}
