package org.litestream4j.lease;

import java.util.Objects;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;

/**
 * Takes a replica over, step by step: what to ask the store next, and what follows from
 * its answer. Immutable and pure, so that every interleaving of several runs can be
 * tried. No step depends on a clock.
 *
 * <pre>
 * read lock - claim lock - list - (name the generation) - fence 1 - fence 2 - look again - owned
 *     ^            |        ^                                 |         |          |
 *     |  refused   |        +---------------- refused --------+---------+          |
 *     +------------+---------------------------- another's ------------------------+
 * </pre>
 *
 * The lock is claimed before the listing, so that of two that take over at once the later
 * one is the one that stays. The fences take the two keys that an owner who is still
 * alive could write next: the end of its index, and the beginning of the next one. The
 * last look says that nobody has claimed the lock since, who might have listed before the
 * fences and chosen another generation.
 */
public sealed interface Takeover {

	/** Begins to take a replica over. */
	static Asking begin(Run run) {
		return new ReadingLock(run);
	}

	/** Not finished: the request must be made, and its answer given back. */
	sealed interface Asking extends Takeover {

		/** What to ask. Asking again is safe: answers may be lost. */
		Request request();

		/**
		 * What follows.
		 * @throws IllegalArgumentException if it is not an answer to the request
		 */
		Takeover answered(Answer answer);

	}

	/** Finished: the replica is the run's. */
	sealed interface Taken extends Takeover {

		/** Whose it is. */
		Run run();

		/** The lock file as it is. */
		ReplicaLock lock();

		/** Names that version of it. */
		String tag();

	}

	/**
	 * The replica is this run's: it goes on in the generation, without a snapshot, once
	 * the local database is what the log holds.
	 *
	 * @param run whose it is
	 * @param lock as written
	 * @param tag of the lock file
	 * @param log what was found, and is now fenced
	 * @param next where the first segment goes, with the beginning of a WAL
	 */
	record Owned(Run run, ReplicaLock lock, String tag, Catalog.Log log, WalPosition next) implements Taken {
	}

	/**
	 * The replica is this run's, but nothing in it can be restored: a generation begins.
	 *
	 * @param run whose it is
	 * @param lock as written
	 * @param tag of the lock file
	 */
	record Empty(Run run, ReplicaLock lock, String tag) implements Taken {

		/** Says that one is alive, as somebody asked. */
		public Asking renew() {
			return new RenewingEmpty(this.run, this.lock.renewed(null), this.tag);
		}

		/** Looks whether it still is one's own. */
		public Asking look() {
			return new LookingAtEmpty(this.run, this.lock);
		}

	}

	/** The lock file is about to say that its owner is alive. */
	record RenewingEmpty(Run run, ReplicaLock claim, String tag) implements Asking {

		@Override
		public Request request() {
			return new Request.WriteLock(this.tag, this.claim);
		}

		@Override
		public Takeover answered(Answer answer) {
			if (answer instanceof Answer.Stored stored) {
				return new Empty(this.run, this.claim, stored.tag());
			}
			if (answer instanceof Answer.Refused) {
				return new ReadingLock(this.run);
			}
			throw unexpected(this, answer);
		}

	}

	/** The lock file is looked at, as somebody else may have taken the replica over. */
	record LookingAtEmpty(Run run, ReplicaLock lock) implements Asking {

		@Override
		public Request request() {
			return new Request.ReadLock();
		}

		@Override
		public Takeover answered(Answer answer) {
			if (!(answer instanceof Answer.LockIs is)) {
				throw unexpected(this, answer);
			}
			return (is.lock() != null && is.lock().isOwnedAs(this.lock))
					? new Empty(this.run, is.lock(), Objects.requireNonNull(is.tag())) : new ReadingLock(this.run);
		}

	}

	/** The first step, and the one to which everything that went wrong leads back. */
	record ReadingLock(Run run) implements Asking {

		@Override
		public Request request() {
			return new Request.ReadLock();
		}

		@Override
		public Takeover answered(Answer answer) {
			if (answer instanceof Answer.LockIs is) {
				return new ClaimingLock(this.run, ReplicaLock.claimedBy(this.run, is.lock()), is.tag());
			}
			throw unexpected(this, answer);
		}

	}

	/** The lock is claimed before anything is listed. */
	record ClaimingLock(Run run, ReplicaLock claim, @Nullable String tag) implements Asking {

		@Override
		public Request request() {
			return new Request.WriteLock(this.tag, this.claim);
		}

		@Override
		public Takeover answered(Answer answer) {
			if (answer instanceof Answer.Stored stored) {
				return new Listing(this.run, this.claim, stored.tag());
			}
			if (answer instanceof Answer.Refused) {
				return new ReadingLock(this.run);
			}
			throw unexpected(this, answer);
		}

	}

	/** Finds the generation to go on in, and its end. */
	record Listing(Run run, ReplicaLock lock, String tag) implements Asking {

		@Override
		public Request request() {
			return new Request.ListLogs();
		}

		@Override
		public Takeover answered(Answer answer) {
			if (!(answer instanceof Answer.Listed listed)) {
				throw unexpected(this, answer);
			}
			Catalog.Log chosen = listed.catalog().chosen(this.lock);
			if (chosen == null) {
				return new Empty(this.run, this.lock, this.tag);
			}
			if (!chosen.generation().equals(this.lock.current())) {
				return new Naming(this.run, this.lock.naming(chosen.generation()), this.tag, chosen);
			}
			return fence(this.run, this.lock, this.tag, chosen);
		}

		private static Asking fence(Run run, ReplicaLock lock, String tag, Catalog.Log log) {
			return log.fenced() ? new Fencing(run, lock, tag, log, nextIndex(log.end()))
					: new Fencing(run, lock, tag, log, log.end());
		}

	}

	/**
	 * The lock names another generation, which never got its snapshot: it must name the
	 * one that goes on, so that whoever comes next chooses it too.
	 */
	record Naming(Run run, ReplicaLock claim, String tag, Catalog.Log log) implements Asking {

		@Override
		public Request request() {
			return new Request.WriteLock(this.tag, this.claim);
		}

		@Override
		public Takeover answered(Answer answer) {
			if (answer instanceof Answer.Stored stored) {
				return Listing.fence(this.run, this.claim, stored.tag(), this.log);
			}
			if (answer instanceof Answer.Refused) {
				return new ReadingLock(this.run);
			}
			throw unexpected(this, answer);
		}

	}

	/** Takes the keys that an owner who is alive could write next. */
	record Fencing(Run run, ReplicaLock lock, String tag, Catalog.Log log, WalPosition at) implements Asking {

		@Override
		public Request request() {
			return new Request.PutFence(this.at, this.run.writer(this.lock.epoch()));
		}

		@Override
		public Takeover answered(Answer answer) {
			if (answer instanceof Answer.Refused) {
				return new Listing(this.run, this.lock, this.tag); // it wrote meanwhile
			}
			if (!(answer instanceof Answer.Stored)) {
				throw unexpected(this, answer);
			}
			WalPosition second = nextIndex(this.log.end());
			return this.at.equals(second) ? new LookingAgain(this.run, this.lock, this.tag, this.log)
					: new Fencing(this.run, this.lock, this.tag, this.log, second);
		}

	}

	/** The last look. */
	record LookingAgain(Run run, ReplicaLock lock, String tag, Catalog.Log log) implements Asking {

		@Override
		public Request request() {
			return new Request.ReadLock();
		}

		@Override
		public Takeover answered(Answer answer) {
			if (!(answer instanceof Answer.LockIs is)) {
				throw unexpected(this, answer);
			}
			if (is.lock() == null || !is.lock().isOwnedAs(this.lock)) {
				return new ReadingLock(this.run);
			}
			WalPosition next = nextIndex(nextIndex(this.log.end()));
			return new Owned(this.run, is.lock(), Objects.requireNonNull(is.tag()), this.log, next);
		}

	}

	private static WalPosition nextIndex(WalPosition position) {
		return new WalPosition(position.generation(), position.index() + 1, 0);
	}

	private static IllegalArgumentException unexpected(Asking asking, Answer answer) {
		return new IllegalArgumentException("%s is not an answer to %s".formatted(answer, asking.request()));
	}

}
