package org.litestream4j.lease;

import java.util.Objects;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.Writer;

/**
 * What the owner of a replica may do. Immutable and pure.
 * <p>
 * Segments are stored only where nothing is yet, strictly in order, and one at a time.
 * The first one that is refused says that somebody else has taken the replica over: from
 * then on nothing is written there before another {@link Takeover}.
 *
 * <pre>
 *  owned ------------------------------------------------> writing
 *  empty - naming - unconfirmed - confirming (snapshot) ----^  |
 *             ^----------------------------- new generation ---+
 * </pre>
 *
 * What is {@linkplain Held held} is renewed while others ask, and handed over at a stop.
 * Whatever is refused leads to {@link Fenced}.
 */
public sealed interface Ownership {

	/** After a takeover that found something to go on with. */
	static Writing of(Takeover.Owned owned) {
		return new Writing(owned.run(), owned.lock(), owned.tag());
	}

	/**
	 * After a takeover that found nothing: a generation must begin.
	 * @param fresh its name, never used before
	 */
	static Naming begin(Takeover.Empty empty, Generation fresh) {
		return new Naming(empty.run(), empty.lock().beginning(fresh, null), empty.tag());
	}

	/** Hands over what was taken before anything is written. */
	static HandingOver handOver(Takeover.Taken taken) {
		return new HandingOver(taken.lock().handedOver(null), taken.tag());
	}

	/**
	 * One's own, as far as one knows: the generation that the lock names may be written.
	 */
	sealed interface Held extends Ownership {

		/** Whose it is. */
		Run run();

		/** The lock file as written. */
		ReplicaLock lock();

		/** Names that version of it. */
		String tag();

		/** Who stores objects. */
		default Writer writer() {
			return run().writer(lock().epoch());
		}

		/** A segment could not be stored, as another run's object is there. */
		default Fenced refused() {
			return new Fenced(lock());
		}

		/**
		 * Says that one is alive, as somebody asked.
		 * @param written up to where the replica is written; null if that is not known
		 */
		default Renewing renew(@Nullable WalPosition written) {
			return new Renewing(this, lock().renewed(written));
		}

		/**
		 * Looks whether it still is one's own. Retention deletes fences when they are
		 * old: what is stored after a pause that long is not refused, though nobody
		 * restores it. So it counts only once the lock file was looked at after it was
		 * stored.
		 */
		default Looking look() {
			return new Looking(this);
		}

		/**
		 * Hands the replica over, as one stops. Nothing is written afterwards.
		 * @param written up to where the replica is written; null if that is not known
		 */
		default HandingOver handOver(@Nullable WalPosition written) {
			return new HandingOver(lock().handedOver(written), tag());
		}

		/** The same with another version of the lock file, which says the same. */
		Held with(ReplicaLock written, String newTag);

		/**
		 * Begins a generation, whose keys no fence guards: the lock names it first.
		 * @param fresh its name, never used before
		 */
		Naming begin(Generation fresh);

	}

	/** Waits for the answer to a request. */
	sealed interface Asking extends Ownership {

		/** What to ask. Asking again is safe: answers may be lost. */
		Request request();

		/**
		 * What follows.
		 * @throws IllegalArgumentException if it is not an answer to the request
		 */
		Ownership answered(Answer answer);

	}

	/**
	 * The generation may be written, and what is stored in it may be acknowledged.
	 *
	 * @param run whose it is
	 * @param lock as written
	 * @param tag of the lock file
	 */
	record Writing(Run run, ReplicaLock lock, String tag) implements Held {

		@Override
		public Writing with(ReplicaLock written, String newTag) {
			return new Writing(this.run, written, newTag);
		}

		@Override
		public Naming begin(Generation fresh) {
			return new Naming(this.run, this.lock.beginning(fresh, this.lock.current()), this.tag);
		}

	}

	/**
	 * The generation may be written, but nothing in it may be acknowledged: until it has
	 * its snapshot, whoever takes over chooses the one before.
	 *
	 * @param run whose it is
	 * @param lock as written
	 * @param tag of the lock file
	 */
	record Unconfirmed(Run run, ReplicaLock lock, String tag) implements Held {

		@Override
		public Unconfirmed with(ReplicaLock written, String newTag) {
			return new Unconfirmed(this.run, written, newTag);
		}

		/** The first snapshot is stored. */
		public Confirming snapshotStored() {
			return new Confirming(this.run, this.lock);
		}

		/**
		 * Leaves it before it had its snapshot: the one before stays the one to restore.
		 */
		@Override
		public Naming begin(Generation fresh) {
			return new Naming(this.run, this.lock.beginning(fresh, this.lock.previous()), this.tag);
		}

	}

	/**
	 * The lock file is about to name a generation that begins.
	 *
	 * @param run whose it is
	 * @param claim what the lock file is to say
	 * @param tag of the lock file
	 */
	record Naming(Run run, ReplicaLock claim, String tag) implements Asking {

		@Override
		public Request request() {
			return new Request.WriteLock(this.tag, this.claim);
		}

		@Override
		public Ownership answered(Answer answer) {
			if (answer instanceof Answer.Stored stored) {
				return new Unconfirmed(this.run, this.claim, stored.tag());
			}
			requireRefused(this, answer);
			return new Fenced(this.claim);
		}

	}

	/**
	 * The last look, after the snapshot.
	 *
	 * @param run whose it is
	 * @param lock as written
	 */
	record Confirming(Run run, ReplicaLock lock) implements Asking {

		@Override
		public Request request() {
			return new Request.ReadLock();
		}

		@Override
		public Ownership answered(Answer answer) {
			if (!(answer instanceof Answer.LockIs is)) {
				throw unexpected(this, answer);
			}
			return (is.lock() != null && is.lock().isOwnedAs(this.lock))
					? new Writing(this.run, is.lock(), Objects.requireNonNull(is.tag())) : new Fenced(this.lock);
		}

	}

	/**
	 * The lock file is looked at, as it was not for long.
	 *
	 * @param held what may still be one's own
	 */
	record Looking(Held held) implements Asking {

		@Override
		public Request request() {
			return new Request.ReadLock();
		}

		@Override
		public Ownership answered(Answer answer) {
			if (!(answer instanceof Answer.LockIs is)) {
				throw unexpected(this, answer);
			}
			return (is.lock() != null && is.lock().isOwnedAs(this.held.lock()))
					? this.held.with(is.lock(), Objects.requireNonNull(is.tag())) : this.held.refused();
		}

	}

	/**
	 * The lock file is about to say that its owner is alive.
	 *
	 * @param held what is renewed
	 * @param claim what the lock file is to say
	 */
	record Renewing(Held held, ReplicaLock claim) implements Asking {

		@Override
		public Request request() {
			return new Request.WriteLock(this.held.tag(), this.claim);
		}

		@Override
		public Ownership answered(Answer answer) {
			if (answer instanceof Answer.Stored stored) {
				return this.held.with(this.claim, stored.tag());
			}
			requireRefused(this, answer);
			return this.held.refused();
		}

	}

	/**
	 * The lock file is about to say that its owner has stopped.
	 *
	 * @param claim what the lock file is to say
	 * @param tag of the lock file
	 */
	record HandingOver(ReplicaLock claim, String tag) implements Asking {

		@Override
		public Request request() {
			return new Request.WriteLock(this.tag, this.claim);
		}

		@Override
		public Ownership answered(Answer answer) {
			if (answer instanceof Answer.Stored) {
				return new HandedOver(this.claim);
			}
			requireRefused(this, answer);
			return new Fenced(this.claim);
		}

	}

	/**
	 * One has stopped: nothing is written any more.
	 *
	 * @param lock as written
	 */
	record HandedOver(ReplicaLock lock) implements Ownership {
	}

	/**
	 * Somebody else writes now.
	 *
	 * @param lock as it was when it was this run's
	 */
	record Fenced(ReplicaLock lock) implements Ownership {
	}

	private static void requireRefused(Asking asking, Answer answer) {
		if (!(answer instanceof Answer.Refused)) {
			throw unexpected(asking, answer);
		}
	}

	private static IllegalArgumentException unexpected(Asking asking, Answer answer) {
		return new IllegalArgumentException("%s is not an answer to %s".formatted(answer, asking.request()));
	}

}
