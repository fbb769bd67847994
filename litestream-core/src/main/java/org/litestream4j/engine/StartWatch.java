package org.litestream4j.engine;

import java.io.IOException;
import java.time.Duration;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.WalPosition;
import org.litestream4j.lease.LeaseKeeper;
import org.litestream4j.replication.FencedException;
import org.litestream4j.replication.OwnerWatch;
import org.litestream4j.replication.ReplicaOwner;

/**
 * Keeps a replica from its takeover until the engine does so itself: a restore, or the
 * wait for another replica, may take longer than a lease, and whoever wants the replica
 * meanwhile must be answered. Also finds out early that it was taken over nevertheless,
 * as nothing is written meanwhile that could be refused. Thread-safe.
 */
final class StartWatch {

	private static final Logger logger = LoggerFactory.getLogger(StartWatch.class);

	private final ScheduledTask task;

	private final OwnerWatch watch;

	private StartWatch(ScheduledTask task, OwnerWatch watch) {
		this.task = task;
		this.watch = watch;
	}

	/**
	 * Begins to look.
	 * @param owner whose the replica is
	 * @param keeper finds those who wait
	 * @param lease its duration
	 * @param lane what it waits for
	 * @param threadName the name of its thread while it looks
	 */
	static StartWatch begin(ReplicaOwner owner, LeaseKeeper keeper, Duration lease, String lane, String threadName) {
		OwnerWatch watch = new OwnerWatch(owner, new Starting(owner), keeper, lease);
		return new StartWatch(EngineScheduler.shared().ship(watch, lane, threadName), watch);
	}

	/** Looks no more; does not wait for a look that is under way. */
	void end() {
		this.watch.stop();
		this.task.stop();
	}

	/** An owner that writes nothing yet. */
	private record Starting(ReplicaOwner owner) implements OwnerWatch.Owning {

		@Override
		public @Nullable WalPosition position() {
			return null;
		}

		@Override
		public void beforeLook() throws IOException {
			this.owner.requireOwned();
		}

		@Override
		public void fenced(FencedException cause) {
			logger.debug("The start has lost {}", this.owner, cause);
		}

	}

}
