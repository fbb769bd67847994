package org.litestream4j.replication;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.WalPosition;
import org.litestream4j.live.WalShadower;

/**
 * Deletes the WAL that every replica has from the meta directory, beside the copying: the
 * file system may take a tenth of a second for it, in which a WAL that is not
 * checkpointed grows by thousands of pages. Until somebody repeats it, whoever wants it
 * done does it. Thread-safe.
 */
final class ShadowTrim implements RepeatedWork {

	private static final Logger logger = LoggerFactory.getLogger(ShadowTrim.class);

	private static final long WARN_SPACING_NANOS = Duration.ofMinutes(1).toNanos();

	private final String database;

	private final WalShadower shadower;

	private final AtomicReference<@Nullable WalPosition> wanted = new AtomicReference<>();

	private Runnable waker = this::work;

	private long lastWarning = System.nanoTime() - WARN_SPACING_NANOS;

	ShadowTrim(String database, WalShadower shadower) {
		this.database = database;
		this.shadower = shadower;
	}

	/**
	 * Wants everything deleted that no replica needs any more.
	 * @param neededFrom a position before which every replica has everything
	 */
	void upTo(WalPosition neededFrom) {
		if (this.shadower.shadowWal().oldestIndex() < neededFrom.index()) {
			this.wanted.set(neededFrom);
			this.waker.run();
		}
	}

	@Override
	public void wakenBy(Runnable newWaker) {
		this.waker = newWaker;
	}

	@Override
	public long dueIn() {
		return (this.wanted.get() != null) ? 0 : WHEN_WOKEN;
	}

	/** Replication goes on where that fails: it only takes more and more room. */
	@Override
	public void work() {
		WalPosition neededFrom = this.wanted.getAndSet(null);
		if (neededFrom == null) {
			return;
		}
		try {
			this.shadower.trim(neededFrom);
		}
		catch (IOException ex) {
			long now = System.nanoTime();
			if (now - this.lastWarning >= WARN_SPACING_NANOS) {
				this.lastWarning = now;
				logger.warn("Database '{}': WAL that every replica has cannot be deleted from the meta directory,"
						+ " which grows until it can: {}", this.database, ex.getMessage(), ex);
			}
		}
	}

}
