package org.litestream4j.lease;

import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

/**
 * Finds out whether the owner of a replica is alive, without waiting: asked again and
 * again, it says so once it knows. Makes nothing safe, and only keeps the one who comes
 * from disturbing the one who is there.
 * <p>
 * Nobody's clock is compared with another's. The owner is asked by a {@link Wish}, and
 * answers by changing the lock file; it counts as gone when neither the lock file nor
 * what is in the replica has changed for the lease's duration by the watcher's own steady
 * clock. While the store cannot be asked nothing counts as unchanged. Not thread-safe.
 */
public final class LeaseWatch {

	private final LockFile lockFile;

	private final WishFile wishes;

	private final LogAccess log;

	private final Duration duration;

	private final LongSupplier nanoTime;

	private final Run run;

	private final Set<String> ownRuns;

	private @Nullable Seen seen;

	private long counter;

	/**
	 * Creates a watch. Does no I/O.
	 * @param lockFile whose owner is watched
	 * @param wishes by which it is asked
	 * @param log what it writes
	 * @param duration how long an owner that says nothing counts as alive; longer if it
	 * says so itself
	 * @param nanoTime as {@link System#nanoTime()}
	 * @param run who wants the replica
	 * @param ownRuns the ids of earlier runs with the same meta directory: they are over
	 */
	public LeaseWatch(LockFile lockFile, WishFile wishes, LogAccess log, Duration duration, LongSupplier nanoTime,
			Run run, Collection<String> ownRuns) {
		this.lockFile = lockFile;
		this.wishes = wishes;
		this.log = log;
		this.duration = duration;
		this.nanoTime = nanoTime;
		this.run = run;
		this.ownRuns = Set.copyOf(ownRuns);
	}

	/** What was seen last, and since when it is so. */
	private record Seen(String tag, Catalog catalog, long since) {
	}

	/** What is known of the owner. */
	public sealed interface Finding {

		/** The lock file as it was read last. */
		Answer.LockIs answer();

		/** Nobody is disturbed: there is no owner, or it has stopped, or it is gone. */
		record Free(Answer.LockIs answer) implements Finding {
		}

		/**
		 * There is an owner.
		 *
		 * @param lock what it has written
		 * @param sign whether it has shown since the last look that it is alive; if not,
		 * that is not known yet
		 */
		record Held(Answer.LockIs answer, ReplicaLock lock, boolean sign) implements Finding {
		}

	}

	/**
	 * Looks.
	 * @return what is known now
	 * @throws DamagedLockFileException if the lock file cannot be understood
	 * @throws IOException if the store cannot be asked
	 */
	public Finding look() throws IOException {
		boolean looked = false;
		try {
			Finding finding = lookAt(this.lockFile.read());
			looked = true;
			return finding;
		}
		finally {
			if (!looked && this.seen != null) {
				this.seen = new Seen(this.seen.tag(), this.seen.catalog(), this.nanoTime.getAsLong());
			}
		}
	}

	private Finding lookAt(Answer.LockIs answer) throws IOException {
		ReplicaLock lock = answer.lock();
		if (lock == null || lock.released() || lock.runId().equals(this.run.id())
				|| this.ownRuns.contains(lock.runId())) {
			return new Finding.Free(answer);
		}
		String tag = Objects.requireNonNull(answer.tag());
		Seen before = this.seen;
		if (before == null || !before.tag().equals(tag)) {
			ask(tag);
			return new Finding.Held(answer, lock, before != null);
		}
		if (isOver(before.since(), answer.lease())) {
			Catalog now = this.log.catalog();
			if (now.equals(before.catalog())) {
				return new Finding.Free(answer);
			}
			this.seen = new Seen(tag, now, this.nanoTime.getAsLong());
			return new Finding.Held(answer, lock, true);
		}
		return new Finding.Held(answer, lock, false);
	}

	/**
	 * Whether an owner has said nothing for as long as both allow: one with a longer
	 * lease looks less often whether somebody waits.
	 */
	private boolean isOver(long since, Duration lease) {
		Duration silent = Duration.ofNanos(this.nanoTime.getAsLong() - since);
		return silent.compareTo(this.duration) >= 0 && silent.compareTo(lease) >= 0;
	}

	/**
	 * What is seen before the wish is written has changed after it if the owner answers.
	 */
	private void ask(String tag) throws IOException {
		Catalog catalog = this.log.catalog();
		this.counter++;
		this.wishes.write(new Wish(this.run.id(), this.run.owner(), this.counter));
		this.seen = new Seen(tag, catalog, this.nanoTime.getAsLong());
	}

	/**
	 * Takes the wish back, if there is one.
	 * @throws IOException if the store cannot be asked; the wish then disturbs an owner
	 * once
	 */
	public void end() throws IOException {
		if (this.counter > 0) {
			this.wishes.withdraw(this.run.id());
		}
	}

}
