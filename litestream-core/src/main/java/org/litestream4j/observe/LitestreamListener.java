package org.litestream4j.observe;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;

/**
 * Hears what the engine does. Every method has a default that does nothing. Called on the
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

		SUCCESS, ERROR

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
		/** A replica was away for longer than the local buffer lasts. */
		REPLICA_TOO_FAR_BEHIND,
		/** The WAL grew towards the largest offset that can be named. */
		WAL_TOO_LARGE,
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
		/** Some frames are not: a reader pins them, or a writer was faster. */
		BUSY,
		/** It failed. */
		ERROR

	}

	/** What validation found. */
	enum ValidationOutcome {

		OK, MISMATCH, ERROR

	}

	/** Why a backup is not to be relied upon. */
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

		LIST, WRITE_SNAPSHOT, WRITE_WAL, READ_SNAPSHOT, READ_WAL, DELETE

	}

	/** Replication has started. */
	default void replicationStarted(String database, WalPosition position) {
	}

	/** Replication has stopped. */
	default void replicationStopped(String database, WalPosition position) {
	}

	/** A generation has started. */
	default void generationStarted(String database, WalPosition position, GenerationReason reason, String detail) {
	}

	/**
	 * The live WAL was looked at.
	 * @param bytes what was copied to the shadow WAL, 0 if there was nothing new
	 */
	default void synced(String database, long bytes, Duration duration, Outcome outcome) {
	}

	/**
	 * A checkpoint was tried.
	 * @param mode {@code gentle}, {@code firm} or {@code truncate}
	 */
	default void checkpointed(String database, String mode, CheckpointOutcome outcome, Duration duration) {
	}

	/** A replica was read or written, as one object or one listing. */
	default void replicaOperation(String database, String replica, ReplicaOperation operation, Outcome outcome,
			Duration duration, long bytes) {
	}

	/** Taking a snapshot ended; {@code snapshot} is null if it failed. */
	default void snapshotTaken(String database, String replica, @Nullable Snapshot snapshot, Duration duration,
			Outcome outcome) {
	}

	/** A replica that worked has failed. */
	default void replicaFailing(String database, String replica, Throwable failure) {
	}

	/** A replica that failed works again. */
	default void replicaRecovered(String database, String replica, Duration after) {
	}

	/**
	 * A problem was found that was not known before.
	 * @param replica the replica that has it, or null if it is the database's
	 * @param detail one sentence: what is wrong, and what to do
	 */
	default void problemFound(String database, @Nullable String replica, Problem problem, String detail) {
	}

	/**
	 * A problem is gone.
	 * @param replica as it was found for
	 */
	default void problemSolved(String database, @Nullable String replica, Problem problem) {
	}

	/** Retention deleted objects. */
	default void retentionDeleted(String database, String replica, int snapshots, int segments) {
	}

	/**
	 * A validation ended.
	 * @param detail one sentence on a mismatch or an error, else empty
	 */
	default void validated(String database, String replica, ValidationOutcome outcome, Duration duration,
			String detail) {
	}

	/**
	 * A restore ended.
	 * @param bytes the size of the restored database; 0 if it failed
	 */
	default void restored(String database, String replica, long bytes, Duration duration, Outcome outcome) {
	}

}
