package org.litestream4j.engine;

import org.jspecify.annotations.Nullable;

/**
 * That heavy jobs of one database run one after the other. One that waits for its store
 * keeps those for other stores back only for a while. Guarded by the pool's lock.
 */
final class Turn {

	@Nullable private ScheduledTask running;

	boolean isFree(ScheduledTask task, long now) {
		ScheduledTask other = this.running;
		return other == null || (other.lane != task.lane && Lane.isStuck(other, now));
	}

	void take(ScheduledTask task) {
		this.running = task;
	}

	void giveBack(ScheduledTask task) {
		if (this.running == task) {
			this.running = null;
		}
	}

}
