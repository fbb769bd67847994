package org.litestream4j.lease;

import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Durations;

/**
 * Waits until a replica's owner has stopped, or is known to be gone. One that is alive is
 * waited for as long as is said, and a little longer: until it shows once more that it is
 * alive, as it may have been killed meanwhile. Not thread-safe.
 */
public final class LeaseWait implements Approach {

	private static final Logger logger = LoggerFactory.getLogger(LeaseWait.class);

	/** How often to look: an owner that stops is followed within a second. */
	static final Duration INTERVAL = Duration.ofMillis(500);

	private final LeaseWatch watch;

	private final Duration longest;

	private final LongSupplier nanoTime;

	private final Pause pause;

	private final String replica;

	/**
	 * Creates a wait. Does no I/O.
	 * @param watch says whether the owner is alive
	 * @param longest how long to wait for one that is; also how long the store may be out
	 * of reach
	 * @param nanoTime as {@link System#nanoTime()}
	 * @param pause between looks
	 * @param replica what to call the replica in messages, without secrets
	 */
	public LeaseWait(LeaseWatch watch, Duration longest, LongSupplier nanoTime, Pause pause, String replica) {
		this.watch = watch;
		this.longest = longest;
		this.nanoTime = nanoTime;
		this.pause = pause;
		this.replica = replica;
	}

	@Override
	public Answer.LockIs await() throws IOException {
		long begun = this.nanoTime.getAsLong();
		long reachedAt = begun;
		boolean said = false;
		while (true) {
			LeaseWatch.Finding finding = null;
			try {
				finding = this.watch.look();
				reachedAt = this.nanoTime.getAsLong();
			}
			catch (DamagedLockFileException ex) {
				throw ex;
			}
			catch (IOException ex) {
				if (isOver(reachedAt)) {
					throw ex;
				}
				logger.debug("{}: its lock file cannot be read", this.replica, ex);
			}
			if (finding instanceof LeaseWatch.Finding.Free) {
				end();
				return finding.answer();
			}
			if (finding instanceof LeaseWatch.Finding.Held held) {
				if (held.sign() && isOver(begun)) {
					end();
					throw held(held.lock());
				}
				if (!said) {
					logger.info("{} is owned by {}: waiting until it stops, or is found to be gone", this.replica,
							owner(held.lock()));
					said = true;
				}
			}
			this.pause.rest(INTERVAL);
		}
	}

	private boolean isOver(long since) {
		return this.nanoTime.getAsLong() - since >= this.longest.toNanos();
	}

	private ReplicaHeldException held(ReplicaLock lock) {
		return new ReplicaHeldException(
				"%s is owned by %s%s, which is alive and did not stop within %s: stop it, or give this application another replica"
					.formatted(this.replica, owner(lock), written(lock), Durations.describe(this.longest)),
				lock);
	}

	private static String owner(ReplicaLock lock) {
		return String.format(Locale.ROOT, "%s (epoch %d)", lock.owner().isEmpty() ? "somebody" : lock.owner(),
				lock.epoch());
	}

	private static String written(ReplicaLock lock) {
		return (lock.position() != null) ? " and written up to %s".formatted(lock.position()) : "";
	}

	private void end() {
		try {
			this.watch.end();
		}
		catch (IOException ex) {
			logger.debug("{}: the wish for it could not be taken back", this.replica, ex);
		}
	}

}
