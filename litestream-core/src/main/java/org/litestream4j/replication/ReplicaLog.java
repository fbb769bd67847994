package org.litestream4j.replication;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.TransactionId;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.Writer;
import org.litestream4j.live.DatabaseView;
import org.litestream4j.observe.LitestreamListener.Outcome;

/**
 * One replica in some format, as one engine writes it: where it stands, what is appended,
 * snapshots, and what it lists held against all that. When these are due, what follows
 * from a failure, and what is said of it, is not its concern. Thread-safe, but for
 * {@link #resume} and {@link #append}, which one thread calls at a time.
 */
public interface ReplicaLog {

	/**
	 * Finds out where the replica stands, from what it lists.
	 * @param local how far the live WAL was copied
	 * @param acknowledged the newest piece of the generation that the replica is known to
	 * have stored; null if none is
	 * @throws ReplicaDivergedException if the generation cannot be continued there
	 * @throws IOException if the replica cannot be read
	 */
	Standing resume(WalPosition local, @Nullable SentSegment acknowledged) throws IOException;

	/**
	 * Where the next piece ends at the latest: after a commit.
	 * @param from where it begins
	 * @param available where its index ends, after a commit
	 */
	long cut(WalPosition from, long available) throws IOException;

	/**
	 * Stores a piece of the shadow WAL. The same piece again replaces it, so retrying is
	 * safe; another one from the same position is not.
	 * @param writer who stores it, so that nothing is ever replaced; null if nobody is
	 * kept out
	 * @return bytes as stored
	 * @throws FencedException if somebody else's object is there
	 * @throws LocalCopyException if the shadow WAL cannot be read
	 */
	long append(SentSegment piece, @Nullable Writer writer) throws IOException;

	/**
	 * Stores what fills indexes that nobody has written, and adds nothing: no reader goes
	 * on behind a missing index. Again is safe.
	 * @param from the first one
	 * @param to the one after the last one
	 * @param writer who stores it; null if nobody is kept out
	 * @throws FencedException if somebody else's object is there
	 */
	void bridge(Generation generation, int from, int to, @Nullable Writer writer) throws IOException;

	/**
	 * Stores a snapshot. The replica must hold everything up to its position.
	 * @param watch sees each byte, and may end it
	 * @param writer who stores it; null if nobody is kept out. Another one of the same
	 * index is replaced, whoever stored it
	 */
	Snapshot snapshot(DatabaseView view, SnapshotWatch watch, @Nullable Writer writer) throws IOException;

	/**
	 * Whether nothing can be appended before {@link #begin}, as the log is not known to
	 * go on from anything that is here. Quick, and known once {@link #resume} has
	 * returned.
	 */
	default boolean isToBegin() {
		return false;
	}

	/**
	 * Whether {@link #begin} runs, so that a listing may lack what it stores. Quick.
	 */
	default boolean isBeginning() {
		return false;
	}

	/**
	 * Has the log begin once more, as what it holds cannot be relied upon, if its format
	 * does without a new generation for that. Waits for a piece that is being appended.
	 */
	default void beginAgain() {
		// a snapshot will do
	}

	/**
	 * Stores the whole database where the log {@linkplain #isToBegin() is to begin}.
	 * Pieces go on from the view's position. After a failure {@link #resume} comes first.
	 * Nobody is told before that state can be restored.
	 * @param watch sees each byte, and may end it
	 * @param writer who stores it; null if nobody is kept out
	 * @param begun hears of it before any piece can go on
	 * @throws FencedException if somebody else's object is there
	 */
	default Snapshot begin(DatabaseView view, SnapshotWatch watch, @Nullable Writer writer, Begun begun)
			throws IOException {
		throw new UnsupportedOperationException("the log begins with its first piece");
	}

	/**
	 * What the log does by itself from time to time while pieces are appended; null if
	 * nothing.
	 */
	default @Nullable Upkeep upkeep() {
		return null;
	}

	/** Whether snapshots are made of what the replica holds, without the database. */
	default boolean isCompacting() {
		return false;
	}

	/**
	 * Makes a snapshot of what the replica holds, if it {@linkplain #isCompacting() can}.
	 * @param watch sees each byte, and may end it
	 */
	default Snapshot snapshotOfItself(SnapshotWatch watch) throws IOException {
		throw new UnsupportedOperationException("a snapshot needs the database");
	}

	/** Gives memory back: nothing is appended any more. Safe to call again. */
	default void stop() {
		// nothing is held
	}

	/** The last transaction, if the format counts them, and once it is known. */
	default @Nullable TransactionId txid() {
		return null;
	}

	/**
	 * Has a piece end at a position, if none was cut beyond it yet, so that exactly that
	 * state can be restored.
	 */
	default void endPieceAt(WalPosition position) {
		// any state can be
	}

	/**
	 * What to restore for the state at a position that the replica has reached.
	 * @return empty if exactly that state cannot be restored
	 */
	default Optional<ReplicaPosition> restorableAs(WalPosition position) {
		return Optional.of(position);
	}

	/**
	 * Whether what is appended next has a name that a listing tells, and not the local
	 * WAL: who lists after somebody has taken the replica over goes on behind his fence.
	 */
	default boolean goesOnWhereListed() {
		return false;
	}

	/** Whether nothing of a generation is there. */
	boolean holdsNothingOf(Generation generation) throws IOException;

	/**
	 * The generation of which it is known what was stored: the one that was looked at
	 * last; null before the first.
	 */
	@Nullable Generation generation();

	/**
	 * Lists the replica, to hold that against what was stored.
	 * @throws IOException if it cannot be listed
	 */
	Audit audit() throws IOException;

	/**
	 * Where a replica stands, in the numbers that the shadow WAL's indexes have now.
	 *
	 * @param position everything before it is in the replica, under this number of its
	 * index or an earlier one
	 * @param newestSnapshot of the generation, or null if there is none
	 * @param newestSegment with which that was proven, as the replica numbers it; null if
	 * none was needed
	 * @param reach where the first piece must end at least, if it begins at the position:
	 * it repeats what the replica holds up to there. 0 if nothing is repeated
	 * @param bridgeFrom the first index that nobody has written: from there up to the
	 * position's index, that excluded, {@link ReplicaLog#bridge} comes first. The
	 * position's index if there is nothing to bridge
	 */
	record Standing(WalPosition position, @Nullable Snapshot newestSnapshot, @Nullable SentSegment newestSegment,
			long reach, int bridgeFrom) {

		/** Where nothing is repeated and nothing bridged. */
		public Standing(WalPosition position, @Nullable Snapshot newestSnapshot, @Nullable SentSegment newestSegment) {
			this(position, newestSnapshot, newestSegment, 0, position.index());
		}

	}

	/** Hears that files were made into one of a level. */
	@FunctionalInterface
	interface Compacted {

		/** Says how that ended. */
		void compacted(int level, Duration duration, Outcome outcome);

	}

	/** What a log does by itself: one thread at a time does it. */
	interface Upkeep {

		/**
		 * Does what is due; nothing if nothing is.
		 * @param compacted hears of each level
		 * @throws IOException if that failed; the replica is as good as it was
		 */
		void run(Compacted compacted) throws IOException;

		/** How long until something is due; null if only a new piece can make it so. */
		@Nullable Duration dueIn();

		/** Sets what is run, quickly, when something may have become due. */
		void wakenBy(Runnable waker);

	}

	/** Hears that a log has begun. */
	@FunctionalInterface
	interface Begun {

		/**
		 * Called when the whole database is stored.
		 * @throws IOException if that does not count
		 */
		void stored(Snapshot first) throws IOException;

	}

	/** Watches a snapshot while it is written. */
	interface SnapshotWatch {

		/** What its bytes are written through, once for each attempt. */
		OutputStream watch(OutputStream out);

		/**
		 * Called before it is published.
		 * @throws IOException if it is no longer wanted
		 */
		void requireStillWanted() throws IOException;

	}

	/** One listing of the replica. Used by one thread. */
	interface Audit {

		/**
		 * What is wrong, the worst not first; nothing if all is well. A listing may lag:
		 * what it lacks counts as lost only if the next one lacks it as well.
		 * @param reached the replica's position, after it was listed
		 * @param shipping whether the next piece may just be being stored
		 */
		List<AuditFinding> findings(WalPosition reached, boolean shipping);

		/** What to do about findings. */
		Cure cure(List<AuditFinding> findings, Generation current);

		/** Whether the newest state needs what is lost. */
		boolean isNewestStateLost(List<AuditFinding> findings, Generation current);

		/**
		 * Takes the listing for what is there. Also after something was found, once that
		 * is acted upon.
		 */
		void accept();

		/**
		 * Deletes what only states before a time need.
		 * @param current its objects since its own newest old snapshot are always kept
		 * @throws IOException if something cannot be deleted; the rest is as it was
		 */
		Pruned prune(Generation current, Instant keepSince) throws IOException;

	}

	/**
	 * What was deleted.
	 *
	 * @param snapshots how many
	 * @param segments how many other objects
	 */
	record Pruned(int snapshots, int segments) {

		/** Whether nothing was. */
		boolean isNothing() {
			return this.snapshots == 0 && this.segments == 0;
		}

	}

}
