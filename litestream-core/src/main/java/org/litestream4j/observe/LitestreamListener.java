package org.litestream4j.observe;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;

/**
 * Receives engine events. Every method has a default that does nothing. Called on the
 * engine's threads, several at once, so an implementation is thread-safe and quick; what
 * it throws is logged and otherwise ignored. {@code database} is the name given in the
 * options, {@code replica} the replica's name.
 */
public interface LitestreamListener {

	/** Does nothing. */
	LitestreamListener NONE = new LitestreamListener() {
	};

	/** How something ended. */
	enum Outcome {

		/** It did what it was to do. */
		SUCCESS,
		/** It failed. */
		ERROR

	}

	/** Why a generation started. */
	enum GenerationReason {

		/** There was no local state to go on from. */
		NO_LOCAL_STATE,
		/** The local state is damaged or cannot be read. */
		LOCAL_STATE_DAMAGED,
		/** The WAL does not continue what was replicated. */
		WAL_DOES_NOT_CONTINUE,
		/** The WAL file was deleted or replaced while the engine ran. */
		WAL_FILE_REPLACED,
		/** A replica holds objects that this engine did not write, or lacks some. */
		REPLICA_DIVERGED,
		/** A replica was unreachable for longer than the local buffer lasts. */
		REPLICA_TOO_FAR_BEHIND,
		/** The WAL grew towards the largest offset that can be named. */
		WAL_TOO_LARGE,
		/** The generation has no more WAL indexes that can be named. */
		WAL_INDEX_TOO_LARGE,
		/** Copying on would have filled the disk of the meta directory. */
		DISK_NEARLY_FULL,
		/** The backup differed from the database. */
		VALIDATION_MISMATCH,
		/** Somebody asked for it. */
		REQUESTED

	}

	/** How a checkpoint ended. */
	enum CheckpointOutcome {

		/** All frames are in the database; the next writer restarts the WAL. */
		COMPLETE,
		/**
		 * Some frames are not: a reader, a writer or another checkpoint was in the way.
		 */
		BUSY,
		/** It failed. */
		ERROR

	}

	/** What validation found. */
	enum ValidationOutcome {

		/** The backup restores to the database, byte for byte. */
		OK,
		/** The backup restores to something else. */
		MISMATCH,
		/** It could not be found out. */
		ERROR

	}

	/** Why a backup cannot be relied on. */
	enum Problem {

		/** No state, or not the newest one, can be restored from a replica. */
		NOT_RESTORABLE,
		/** A replica holds objects that somebody else has written. */
		FOREIGN_WRITER,
		/** The database file was moved, replaced or deleted while it is open. */
		DATABASE_FILE_REPLACED

	}

	/** What was done to a replica. */
	enum ReplicaOperation {

		/** Objects were listed. */
		LIST,
		/** A snapshot was stored. */
		WRITE_SNAPSHOT,
		/** A WAL segment was stored. */
		WRITE_WAL,
		/** A snapshot was read. */
		READ_SNAPSHOT,
		/** A WAL segment was read. */
		READ_WAL,
		/** Objects were deleted. */
		DELETE

	}

	/** How the wait of a commit for replicas ended. */
	enum CommitOutcome {

		/** As many replicas as it waited for hold it. */
		REPLICATED,
		/** They did not confirm in time. */
		TIMEOUT,
		/** Too few could, so that it did not wait. */
		UNAVAILABLE

	}

	/**
	 * Replication has started.
	 * @param database the name of the database
	 * @param position where it goes on
	 */
	default void replicationStarted(String database, WalPosition position) {
	}

	/**
	 * Replication has stopped.
	 * @param database the name of the database
	 * @param position what was copied last
	 */
	default void replicationStopped(String database, WalPosition position) {
	}

	/**
	 * A generation has started.
	 * @param database the name of the database
	 * @param position where it begins
	 * @param reason why
	 * @param detail one sentence that says more
	 */
	default void generationStarted(String database, WalPosition position, GenerationReason reason, String detail) {
	}

	/**
	 * The live WAL was looked at.
	 * @param database the name of the database
	 * @param bytes what was copied to the shadow WAL, 0 if there was nothing new
	 * @param duration how long it took
	 * @param outcome how it ended
	 */
	default void synced(String database, long bytes, Duration duration, Outcome outcome) {
	}

	/**
	 * A commit has waited for replicas. Called on the thread that waited.
	 * @param database the name of the database
	 * @param outcome how the wait ended
	 * @param duration how long it lasted
	 */
	default void commitAwaited(String database, CommitOutcome outcome, Duration duration) {
	}

	/**
	 * A checkpoint was tried.
	 * @param database the name of the database
	 * @param mode {@code gentle}, {@code firm} or {@code truncate}
	 * @param outcome how far it got
	 * @param duration how long it took
	 */
	default void checkpointed(String database, String mode, CheckpointOutcome outcome, Duration duration) {
	}

	/**
	 * A replica was read or written, as one object or one listing.
	 * @param database the name of the database
	 * @param replica the name of the replica
	 * @param operation what was done
	 * @param outcome how it ended
	 * @param duration how long it took
	 * @param bytes how many bytes were read or written
	 */
	default void replicaOperation(String database, String replica, ReplicaOperation operation, Outcome outcome,
			Duration duration, long bytes) {
	}

	/**
	 * Taking a snapshot ended; {@code snapshot} is null if it failed.
	 * @param database the name of the database
	 * @param replica the name of the replica
	 * @param snapshot what was stored, or null
	 * @param duration how long it took
	 * @param outcome how it ended
	 */
	default void snapshotTaken(String database, String replica, @Nullable Snapshot snapshot, Duration duration,
			Outcome outcome) {
	}

	/**
	 * A replica that worked has failed.
	 * @param database the name of the database
	 * @param replica the name of the replica
	 * @param failure what went wrong
	 */
	default void replicaFailing(String database, String replica, Throwable failure) {
	}

	/**
	 * A replica that failed works again.
	 * @param database the name of the database
	 * @param replica the name of the replica
	 * @param after how long it had failed
	 */
	default void replicaRecovered(String database, String replica, Duration after) {
	}

	/**
	 * A replica is this run's to write, and nobody else's any more.
	 * @param database the name of the database
	 * @param replica the name of the replica
	 * @param position where the replica goes on, or begins
	 * @param epoch counts its owners
	 */
	default void replicaTakenOver(String database, String replica, WalPosition position, long epoch) {
	}

	/**
	 * Somebody waits until this run hands a replica over.
	 * @param database the name of the database
	 * @param replica the name of the replica
	 * @param by who, for example {@code host:pid}
	 */
	default void replicaWanted(String database, String replica, String by) {
	}

	/**
	 * Somebody else has taken a replica over: what is committed from now on is not in it.
	 * @param database the name of the database
	 * @param replica the name of the replica
	 * @param position up to where the replica holds what was committed here; null if that
	 * is not known
	 * @param detail one sentence: who, since when, and what to do
	 */
	default void replicaFenced(String database, String replica, @Nullable WalPosition position, String detail) {
	}

	/**
	 * A problem was found that was not known before.
	 * @param database the name of the database
	 * @param replica the replica that has it, or null if it is the database's
	 * @param problem which
	 * @param detail one sentence: what is wrong, and what to do
	 */
	default void problemFound(String database, @Nullable String replica, Problem problem, String detail) {
	}

	/**
	 * A problem is gone.
	 * @param database the name of the database
	 * @param replica as it was found for
	 * @param problem what it was
	 */
	default void problemSolved(String database, @Nullable String replica, Problem problem) {
	}

	/**
	 * Retention deleted objects.
	 * @param database the name of the database
	 * @param replica the name of the replica
	 * @param snapshots how many snapshots were deleted
	 * @param segments how many WAL segments were deleted
	 */
	default void retentionDeleted(String database, String replica, int snapshots, int segments) {
	}

	/**
	 * Files of a replica in the LTX format were made into one of a level.
	 * @param database the name of the database
	 * @param replica the name of the replica
	 * @param level which level
	 * @param duration how long it took
	 * @param outcome how it ended
	 */
	default void compacted(String database, String replica, int level, Duration duration, Outcome outcome) {
	}

	/**
	 * A validation ended.
	 * @param database the name of the database
	 * @param replica the name of the replica
	 * @param outcome what was found
	 * @param duration how long it took
	 * @param detail one sentence on a mismatch or an error, else empty
	 */
	default void validated(String database, String replica, ValidationOutcome outcome, Duration duration,
			String detail) {
	}

	/**
	 * A restore ended.
	 * @param database the name of the database
	 * @param replica the name of the replica
	 * @param bytes the size of the restored database; 0 if it failed
	 * @param duration how long it took
	 * @param outcome how it ended
	 */
	default void restored(String database, String replica, long bytes, Duration duration, Outcome outcome) {
	}

}
