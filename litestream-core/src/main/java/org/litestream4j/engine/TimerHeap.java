package org.litestream4j.engine;

import java.util.Arrays;

import org.jspecify.annotations.Nullable;

/**
 * The tasks that wait for a time, the earliest first. A task knows its place, as most are
 * woken before their time has come and are taken out again. Not thread-safe.
 */
final class TimerHeap {

	private ScheduledTask[] tasks = new ScheduledTask[16];

	private int size;

	/** Puts a task in that is not there. */
	void put(ScheduledTask task, long due) {
		if (this.size == this.tasks.length) {
			this.tasks = Arrays.copyOf(this.tasks, 2 * this.size);
		}
		task.due = due;
		rise(this.size++, task);
	}

	/** Takes a task out, if it is there. */
	void remove(ScheduledTask task) {
		int place = task.place;
		if (place < 0) {
			return;
		}
		task.place = -1;
		ScheduledTask last = this.tasks[--this.size];
		if (last != task) {
			sink(place, last);
			if (last.place == place) {
				rise(place, last);
			}
		}
	}

	/** The earliest, which stays there; null if there is none. */
	@Nullable ScheduledTask first() {
		return (this.size == 0) ? null : this.tasks[0];
	}

	private void rise(int from, ScheduledTask task) {
		int place = from;
		while (place > 0) {
			int parent = (place - 1) / 2;
			if (this.tasks[parent].due - task.due <= 0) {
				break;
			}
			set(place, this.tasks[parent]);
			place = parent;
		}
		set(place, task);
	}

	private void sink(int from, ScheduledTask task) {
		int place = from;
		while (2 * place + 1 < this.size) {
			int child = 2 * place + 1;
			if (child + 1 < this.size && this.tasks[child + 1].due - this.tasks[child].due < 0) {
				child++;
			}
			if (task.due - this.tasks[child].due <= 0) {
				break;
			}
			set(place, this.tasks[child]);
			place = child;
		}
		set(place, task);
	}

	private void set(int place, ScheduledTask task) {
		this.tasks[place] = task;
		task.place = place;
	}

}
