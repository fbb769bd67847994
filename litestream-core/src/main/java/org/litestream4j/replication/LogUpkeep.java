package org.litestream4j.replication;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Durations;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.replication.ReplicaHealth.Cause;

/**
 * Has a replica's log do what it does by itself, as long as the replica is this run's.
 * That it fails harms nobody: what is stored stays restorable. Thread-safe, but for
 * {@link #work()}, which one thread does at a time.
 */
public final class LogUpkeep implements RepeatedWork {

	private static final Logger logger = LoggerFactory.getLogger(LogUpkeep.class);

	/** How often to look whether the replica can be written again. */
	private static final Duration LOOK_AGAIN = Duration.ofSeconds(10);

	private final Replicator replicator;

	private final ReplicaLog.Upkeep upkeep;

	private final LitestreamListener listener;

	private final Clock steady;

	private final Backoff backoff = new Backoff(Duration.ofSeconds(5), Duration.ofMinutes(5));

	private volatile Instant notBefore;

	private volatile boolean stopping;

	/**
	 * Creates it.
	 * @param steady tells how much time has passed
	 */
	public LogUpkeep(Replicator replicator, ReplicaLog.Upkeep upkeep, LitestreamListener listener, Clock steady) {
		this.listener = listener;
		this.replicator = replicator;
		this.upkeep = upkeep;
		this.steady = steady;
		this.notBefore = steady.instant();
	}

	@Override
	public void work() {
		if (dueIn() > 0) {
			return;
		}
		if (this.replicator.position() == null || this.replicator.owner().isLost()) {
			this.notBefore = this.steady.instant().plus(LOOK_AGAIN);
			return;
		}
		try {
			ReplicatorOptions options = this.replicator.options();
			this.upkeep.run((level, duration, outcome) -> this.listener.compacted(options.database(), options.name(),
					level, duration, outcome));
			this.backoff.succeeded();
			this.replicator.health().succeeded(Cause.COMPACTION);
		}
		catch (IOException | RuntimeException | Error ex) {
			if (this.stopping) {
				logger.debug("Compaction of replica '{}' was given up", this.replicator.options().name(), ex);
				return;
			}
			this.notBefore = this.steady.instant().plusNanos(this.backoff.failed());
			this.replicator.health().failed(Cause.COMPACTION, ex);
		}
	}

	@Override
	public long dueIn() {
		Duration due = this.upkeep.dueIn();
		if (this.stopping || due == null) {
			return WHEN_WOKEN;
		}
		return Math.max(Durations.nanos(due), Durations.nanos(Duration.between(this.steady.instant(), this.notBefore)));
	}

	@Override
	public void wakenBy(Runnable waker) {
		this.upkeep.wakenBy(waker);
	}

	/** Does nothing any more. */
	public void stop() {
		this.stopping = true;
	}

}
