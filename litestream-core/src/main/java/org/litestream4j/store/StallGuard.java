package org.litestream4j.store;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends reads that have been waiting for too long, by closing what they read from: a
 * connection whose other end has vanished says nothing, and a store's client need not
 * have a time limit for that. One thread for the whole process, which ends when there is
 * nothing to look after. Thread-safe.
 */
final class StallGuard {

	/** How long one read may wait for its first byte. */
	static final Duration LONGEST_READ = Duration.ofSeconds(30);

	/** How often is looked. */
	private static final Duration ROUND = Duration.ofSeconds(1);

	private static final Logger logger = LoggerFactory.getLogger(StallGuard.class);

	/** The one that has a thread. */
	static final StallGuard SHARED = new StallGuard(System::nanoTime, new ScheduledThreadPoolExecutor(0, (task) -> {
		Thread thread = new Thread(task, "litestream-read-guard");
		thread.setDaemon(true);
		return thread;
	}));

	private final LongSupplier nanoTime;

	/** Null where a test looks itself. */
	private final @Nullable ScheduledThreadPoolExecutor executor;

	private final Set<Watched> watched = ConcurrentHashMap.newKeySet();

	private boolean scheduled;

	StallGuard(LongSupplier nanoTime, @Nullable ScheduledThreadPoolExecutor executor) {
		this.nanoTime = nanoTime;
		this.executor = executor;
	}

	/** Looks after a stream until {@link Watched#end}. */
	Watched watch(InputStream stream) {
		Watched added = new Watched(stream);
		this.watched.add(added);
		schedule();
		return added;
	}

	private synchronized void schedule() {
		if (!this.scheduled && this.executor != null && !this.watched.isEmpty()) {
			this.scheduled = true;
			Future<?> unused = this.executor.schedule(this::round, ROUND.toMillis(), TimeUnit.MILLISECONDS);
		}
	}

	private void round() {
		try {
			check();
		}
		finally {
			synchronized (this) {
				this.scheduled = false;
			}
			schedule();
		}
	}

	/** Closes what waits for too long. */
	void check() {
		long now = this.nanoTime.getAsLong();
		this.watched.stream().filter((each) -> each.isStalled(now)).forEach(Watched::cut);
	}

	/** A stream. One thread reads, and any closes. */
	final class Watched {

		private final InputStream stream;

		private volatile boolean waiting;

		private volatile long since;

		private Watched(InputStream stream) {
			this.stream = stream;
		}

		/** Reads as the stream does; fails when it is closed meanwhile. */
		int read(byte[] bytes, int offset, int length) throws IOException {
			this.since = StallGuard.this.nanoTime.getAsLong();
			this.waiting = true;
			try {
				return this.stream.read(bytes, offset, length);
			}
			finally {
				this.waiting = false;
			}
		}

		private boolean isStalled(long now) {
			return this.waiting && now - this.since >= LONGEST_READ.toNanos();
		}

		private void cut() {
			logger.debug("A read has been waiting for {}: its connection is closed", LONGEST_READ);
			end();
		}

		/** Closes the stream. */
		void end() {
			StallGuard.this.watched.remove(this);
			try {
				this.stream.close();
			}
			catch (IOException ex) {
				logger.debug("Closing a stream failed", ex);
			}
		}

	}

}
