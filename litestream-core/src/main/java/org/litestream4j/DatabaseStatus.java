package org.litestream4j;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.TransactionId;
import org.litestream4j.format.WalPosition;

/**
 * How replication of one database stands, at one moment. Reading it does no I/O on
 * replicas.
 *
 * @param name the database's name
 * @param path the database file
 * @param state the worst of its replicas' states
 * @param position how far the live WAL was copied; null before the first sync
 * @param databaseSize bytes; -1 if it is not known, as the file is gone
 * @param walSize bytes; -1 likewise
 * @param shadowWalSize bytes
 * @param replicas by name, in the order configured
 * @param operations what runs now
 * @param problem why what is committed now cannot be replicated whatever the replicas do,
 * for example as the file is not the one that is open; null if nothing is known to be
 * wrong
 */
public record DatabaseStatus(String name, Path path, State state, @Nullable WalPosition position, long databaseSize,
		long walSize, long shadowWalSize, Map<String, ReplicaStatus> replicas, List<OperationStatus> operations,
		@Nullable String problem) {

	/** How replication stands, from good to bad. */
	public enum State {

		/** Everything committed is in the replica, or will be within its interval. */
		REPLICATING,
		/** Not everything has been tried yet. */
		STARTING,
		/** The replica works, but the oldest unshipped commit is older than usual. */
		BEHIND,
		/** The last attempt failed. */
		FAILING,
		/** Somebody else has taken the replica over, so nothing is shipped to it. */
		FENCED,
		/** Replication was stopped. */
		STOPPED

	}

	/**
	 * How one replica stands.
	 *
	 * @param url where it is, without secrets
	 * @param state its state
	 * @param position up to where it holds the WAL; null while unknown
	 * @param txid the last transaction in it, if it is in the LTX format; null while
	 * unknown, and in others
	 * @param lagBytes WAL bytes copied but not shipped
	 * @param lag age of the oldest unshipped commit; zero if there is none
	 * @param lastSyncAt when something was last shipped; null if never
	 * @param lastSnapshotAt when the newest snapshot was taken; null if unknown
	 * @param lastValidationAt when it was last validated; null if never
	 * @param lastValidationOk what that found; null if never
	 * @param lastError what failed last, until it works again; null if nothing
	 * @param problem why the backup there cannot be relied on although it may be
	 * reachable: it does not restore, or somebody else writes to it; null if nothing is
	 * known to be wrong
	 * @param ownership whose it is
	 */
	public record ReplicaStatus(String url, State state, @Nullable WalPosition position, @Nullable TransactionId txid,
			long lagBytes, Duration lag, @Nullable Instant lastSyncAt, @Nullable Instant lastSnapshotAt,
			@Nullable Instant lastValidationAt, @Nullable Boolean lastValidationOk, @Nullable String lastError,
			@Nullable String problem, Ownership ownership) {
	}

	/**
	 * Whose a replica is.
	 *
	 * @param fencing whether others are kept from writing to it at the same time; false
	 * also while that has not been found out
	 * @param epoch counts its owners; 0 while unknown, or without fencing
	 * @param owner who owns it as far as is known, for example {@code host:pid}; null
	 * while unknown, or without fencing
	 * @param wantedBy who waits for it to be handed over; null if nobody is known to
	 */
	public record Ownership(boolean fencing, long epoch, @Nullable String owner, @Nullable String wantedBy) {

		/** Nothing is known, or nobody is kept out. */
		public static final Ownership NONE = new Ownership(false, 0, null, null);

	}

	/**
	 * A long operation that runs.
	 *
	 * @param operation {@code snapshot}, {@code restore} or {@code validate}
	 * @param startedAt when it began
	 * @param progress 0 to 1, or null while unknown
	 */
	public record OperationStatus(String operation, Instant startedAt, @Nullable Double progress) {
	}

}
