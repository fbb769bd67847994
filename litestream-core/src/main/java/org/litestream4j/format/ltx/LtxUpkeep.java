package org.litestream4j.format.ltx;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

import org.litestream4j.observe.LitestreamListener.Outcome;
import org.litestream4j.replication.ReplicaLog;

/**
 * Compacts each level when its time has come and there is something to compact. A level
 * waits for its interval from when there was something first, so that an idle database
 * costs nothing. Thread-safe, but for {@link #run}.
 */
final class LtxUpkeep implements ReplicaLog.Upkeep {

	private final LtxCompactor compactor;

	private final LtxKnown known;

	private final ReentrantLock compacting;

	private final List<Duration> intervals;

	private final LongSupplier nanos;

	/** Since when there is something to compact to each level, from 1 on; 0 if not. */
	private final long[] since;

	private volatile Runnable waker = () -> {
	};

	/**
	 * Creates it.
	 * @param compacting held while files are made of others
	 * @param intervals of the levels, from level 1 on
	 * @param nanos as {@link System#nanoTime()}
	 */
	LtxUpkeep(LtxCompactor compactor, LtxKnown known, ReentrantLock compacting, List<Duration> intervals,
			LongSupplier nanos) {
		this.compactor = compactor;
		this.known = known;
		this.compacting = compacting;
		this.intervals = List.copyOf(intervals);
		this.nanos = nanos;
		this.since = new long[intervals.size() + 1];
	}

	/** Says that level 0 has got a file. Quick. */
	void appended() {
		boolean news;
		synchronized (this) {
			news = note(1);
		}
		if (news) {
			this.waker.run();
		}
	}

	/** Looks at all levels, as after a listing. */
	void listed() {
		synchronized (this) {
			for (int level = 1; level < this.since.length; level++) {
				if (LtxCompaction.next(this.known, level).isPresent()) {
					note(level);
				}
			}
		}
		this.waker.run();
	}

	private boolean note(int level) {
		boolean news = this.since[level] == 0;
		if (news) {
			this.since[level] = this.nanos.getAsLong() | 1; // never 0
		}
		return news;
	}

	@Override
	public void run(ReplicaLog.Compacted compacted) throws IOException {
		for (int level = 1; level < this.since.length; level++) {
			if (isDue(level)) {
				long start = System.nanoTime();
				Outcome outcome = Outcome.ERROR;
				try {
					compact(level);
					outcome = Outcome.SUCCESS;
				}
				finally {
					compacted.compacted(level, Duration.ofNanos(System.nanoTime() - start), outcome);
				}
			}
		}
	}

	private void compact(int level) throws IOException {
		this.compacting.lock();
		try {
			// No further, or what comes meanwhile would be compacted one by one
			long newest = this.known.newestTxid(level - 1);
			long reached = 0;
			while (reached < newest) {
				LtxFile made = this.compactor.compact(level).orElse(null);
				reached = (made != null) ? made.maxTxid() : newest;
				synchronized (this) {
					if (made != null && level + 1 < this.since.length) {
						note(level + 1);
					}
				}
			}
			synchronized (this) {
				this.since[level] = 0;
				// What came meanwhile is looked for by the next listing, or the next file
				if (LtxCompaction.next(this.known, level).isPresent()) {
					note(level);
				}
			}
		}
		finally {
			this.compacting.unlock();
		}
	}

	private synchronized boolean isDue(int level) {
		return this.since[level] != 0 && left(level) <= 0;
	}

	private long left(int level) {
		return this.since[level] + this.intervals.get(level - 1).toNanos() - this.nanos.getAsLong();
	}

	@Override
	public synchronized @Nullable Duration dueIn() {
		long soonest = Long.MAX_VALUE;
		for (int level = 1; level < this.since.length; level++) {
			soonest = (this.since[level] != 0) ? Math.min(soonest, left(level)) : soonest;
		}
		return (soonest != Long.MAX_VALUE) ? Duration.ofNanos(soonest) : null;
	}

	@Override
	public void wakenBy(Runnable newWaker) {
		this.waker = newWaker;
	}

}
