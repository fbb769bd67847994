package org.litestream4j.replication;

import java.io.IOException;
import java.time.Duration;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Durations;
import org.litestream4j.format.WalPosition;
import org.litestream4j.lease.LeaseKeeper;

/**
 * Looks now and then whether somebody waits for a replica, and answers that its owner is
 * alive. That the store cannot be asked is no failure: who waits cannot be answered by
 * it, but can take over by it no more. Used by one thread, but for {@link #stop()}.
 */
public final class OwnerWatch implements RepeatedWork {

	private static final Logger logger = LoggerFactory.getLogger(OwnerWatch.class);

	/** Who waits has time for two answers more. */
	private static final int LOOKS = 3;

	private final ReplicaOwner owner;

	private final Owning owning;

	private final LeaseKeeper keeper;

	private final long interval;

	private long nextLook;

	/** Looks that found nobody, one after the other. */
	private int quiet;

	private volatile boolean stopping;

	/** What the owner does with the replica. */
	public interface Owning {

		/** Up to where the replica is written; null if that is not known. */
		@Nullable WalPosition position();

		/**
		 * Called before each look.
		 * @throws FencedException if somebody else has taken the replica over
		 * @throws IOException if the store cannot be asked
		 */
		void beforeLook() throws IOException;

		/** Called when somebody else has taken the replica over. */
		void fenced(FencedException cause);

	}

	/**
	 * Creates it.
	 * @param owner whose the replica is
	 * @param owning what is done with it
	 * @param keeper finds those who wait
	 * @param duration of the lease
	 */
	public OwnerWatch(ReplicaOwner owner, Owning owning, LeaseKeeper keeper, Duration duration) {
		this.owner = owner;
		this.owning = owning;
		this.keeper = keeper;
		this.interval = Durations.nanos(duration) / LOOKS;
		this.nextLook = System.nanoTime() + this.interval;
	}

	@Override
	public void work() {
		if (dueIn() > 0) {
			return;
		}
		try {
			if (!this.owner.isLost()) {
				this.owning.beforeLook();
				look();
			}
		}
		catch (FencedException ex) {
			this.owning.fenced(ex);
		}
		catch (IOException | RuntimeException ex) {
			logger.debug("Whether somebody waits for {} cannot be told", this.owner, ex);
		}
		this.nextLook = System.nanoTime() + this.interval;
	}

	private void look() throws IOException {
		LeaseKeeper.Unanswered found = this.keeper.look().orElse(null);
		if (found == null) {
			// Who waits asks again as soon as he was answered
			if (++this.quiet == LOOKS) {
				this.owner.unwanted();
			}
			return;
		}
		this.quiet = 0;
		this.owner.renew(found.wish().describe(), this.owning.position());
		this.keeper.answered(found);
	}

	@Override
	public long dueIn() {
		return this.stopping ? WHEN_WOKEN : this.nextLook - System.nanoTime();
	}

	@Override
	public void wakenBy(Runnable waker) {
		// Nothing makes it due earlier
	}

	/** Looks no more. */
	public void stop() {
		this.stopping = true;
	}

}
