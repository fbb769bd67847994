package org.litestream4j.lease;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a replica over: asks the store what {@link Takeover} wants to know. What gets no
 * answer is asked again. Who loses against another who takes the same replica over begins
 * anew, with the approach: with a lease it then waits for that other one. Thread-safe, as
 * it has no state.
 */
public final class TakeoverDriver {

	private static final Logger logger = LoggerFactory.getLogger(TakeoverDriver.class);

	/** How often a request is made that gets no answer. */
	static final int TRIES = 4;

	/** How often to begin anew. */
	static final int ROUNDS = 20;

	/** How often an owner that goes on writing is run after in one round. */
	static final int LISTINGS = 50;

	private static final Duration FIRST_PAUSE = Duration.ofMillis(200);

	private static final int LONGER = 4;

	private final LockFile lockFile;

	private final LogAccess log;

	private final Pause pause;

	/**
	 * Creates a driver. Does no I/O.
	 * @param lockFile the replica's
	 * @param log the replica's
	 * @param pause before another try
	 */
	public TakeoverDriver(LockFile lockFile, LogAccess log, Pause pause) {
		this.lockFile = lockFile;
		this.log = log;
		this.pause = pause;
	}

	/** Looks at what was found, before anything is changed but the lock file. */
	@FunctionalInterface
	public interface BeforeFencing {

		/**
		 * Called at each listing, as the owner so far may still write.
		 * @param found what would be gone on with
		 * @throws IOException to give up: the lock file then says that the replica was
		 * handed over, by whoever had it before. So does an unchecked exception
		 */
		void check(Catalog.Log found) throws IOException;

	}

	/**
	 * {@return the approach that waits for nobody}
	 */
	public Approach atOnce() {
		return () -> asked(this.lockFile::read);
	}

	/**
	 * Takes the replica over.
	 * @param run for whom
	 * @param approach before each claim
	 * @param beforeFencing may give up
	 * @return whose the replica is now, and where it goes on
	 * @throws ReplicaHeldException if it has an owner who is alive
	 * @throws DamagedLockFileException if the lock file cannot be understood
	 * @throws IOException if the store cannot be asked, others keep taking the replica
	 * over, or {@code beforeFencing} gave up
	 */
	public Takeover.Taken takeOver(Run run, Approach approach, BeforeFencing beforeFencing) throws IOException {
		for (int round = 1; round <= ROUNDS; round++) {
			Answer.LockIs before = approach.await();
			Takeover step = Takeover.begin(run).answered(before);
			int listings = 0;
			while (step instanceof Takeover.Asking asking && !(step instanceof Takeover.ReadingLock)) {
				if (asking instanceof Takeover.Listing listing && ++listings > LISTINGS) {
					giveUp(listing, before.lock());
					throw new IOException(
							"the owner of the replica writes faster than it can be taken over: stop it, or try again");
				}
				Takeover next = asking.answered(asked(() -> answer(asking.request())));
				if (asking instanceof Takeover.Listing listing) {
					check(listing, next, before.lock(), beforeFencing);
				}
				step = next;
			}
			if (step instanceof Takeover.Taken taken) {
				return taken;
			}
			logger.debug("{}: another took it over in round {}", this.lockFile, round);
			this.pause.rest(Duration.ofMillis(ThreadLocalRandom.current().nextLong(20L << Math.min(round, 6))));
		}
		throw new IOException(
				"others keep taking the replica over at the same time: see to it that only one application writes to it");
	}

	private void check(Takeover.Listing listing, Takeover next, @Nullable ReplicaLock before,
			BeforeFencing beforeFencing) throws IOException {
		Catalog.Log found = (next instanceof Takeover.Fencing fencing) ? fencing.log()
				: (next instanceof Takeover.Naming naming) ? naming.log() : null;
		if (found == null) {
			return;
		}
		boolean checked = false;
		try {
			beforeFencing.check(found);
			checked = true;
		}
		finally {
			if (!checked) {
				giveUp(listing, before);
			}
		}
	}

	/**
	 * Whoever comes next need not wait for one that has given up, and is told who wrote
	 * last.
	 */
	private void giveUp(Takeover.Listing listing, @Nullable ReplicaLock before) {
		try {
			this.lockFile.write(listing.tag(), listing.lock().givenBack(before));
		}
		catch (IOException | RuntimeException ex) {
			logger.debug("{} could not be marked as handed over", this.lockFile, ex);
		}
	}

	private Answer answer(Request request) throws IOException {
		if (request instanceof Request.ListLogs) {
			return new Answer.Listed(this.log.catalog());
		}
		if (request instanceof Request.PutFence fence) {
			return this.log.putFence(fence.at(), fence.writer()) ? new Answer.Stored("") : new Answer.Refused();
		}
		return this.lockFile.answer(request);
	}

	private interface Asked<T> {

		T ask() throws IOException;

	}

	private <T> T asked(Asked<T> asked) throws IOException {
		Duration rest = FIRST_PAUSE;
		for (int tries = 1;; tries++) {
			try {
				return asked.ask();
			}
			catch (DamagedLockFileException ex) {
				throw ex;
			}
			catch (IOException ex) {
				if (tries == TRIES || Thread.currentThread().isInterrupted()) {
					throw ex;
				}
				logger.debug("{}: asking again", this.lockFile, ex);
			}
			this.pause.rest(rest);
			rest = rest.multipliedBy(LONGER);
		}
	}

}
