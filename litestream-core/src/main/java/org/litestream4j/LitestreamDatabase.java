package org.litestream4j;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.restore.RestoreProgress;

/**
 * One SQLite database that is being replicated. Thread-safe.
 */
public final class LitestreamDatabase implements AutoCloseable {

	private LitestreamDatabase() {
	}

	/**
	 * Starts replicating. Must come before anything else opens the database: a connection
	 * opened and closed earlier deletes the WAL, and with it the proof that it continues
	 * what was replicated. Creates the database if it is missing.
	 * @param options which database, and how
	 * @param replicas where to; at least one
	 * @param listener hears of it
	 * @throws IOException if the database cannot be replicated, with one sentence on why
	 */
	public static LitestreamDatabase start(LitestreamOptions options, List<Replica> replicas,
			LitestreamListener listener) throws IOException {
		throw new UnsupportedOperationException();
	}

	public LitestreamOptions options() {
		throw new UnsupportedOperationException();
	}

	public List<Replica> replicas() {
		throw new UnsupportedOperationException();
	}

	/**
	 * Says that a transaction may have been committed. Call it after {@code commit()}, or
	 * an autocommit statement, has returned. Costs next to nothing, never blocks, never
	 * throws.
	 */
	public void changed() {
		throw new UnsupportedOperationException();
	}

	/** How replication stands. */
	public DatabaseStatus status() {
		throw new UnsupportedOperationException();
	}

	/**
	 * Ships everything that was committed before the call to every replica.
	 * @return the position that every replica has reached
	 * @throws TimeoutException if a replica could not do it in time; the message names it
	 * @throws IOException if the live WAL cannot be read
	 */
	public WalPosition sync(Duration timeout) throws IOException, TimeoutException, InterruptedException {
		throw new UnsupportedOperationException();
	}

	/**
	 * Waits until everything committed before the call is in every replica, which happens
	 * at the replicas' own pace.
	 * @return false if the time has passed before
	 */
	public boolean awaitReplicated(Duration timeout) throws IOException, InterruptedException {
		throw new UnsupportedOperationException();
	}

	/**
	 * Takes a snapshot now.
	 * @param replica of this replica, or null for every replica
	 * @throws OperationRunningException if one is being taken on request
	 * @throws IllegalArgumentException for an unknown replica
	 */
	public List<Snapshot> snapshot(@Nullable String replica) throws IOException, InterruptedException {
		throw new UnsupportedOperationException();
	}

	/**
	 * Restores a state into another file. The live database is not touched.
	 * @throws OperationRunningException if a restore runs
	 */
	public RestoreReport restore(RestoreRequest request, RestoreProgress progress) throws IOException {
		throw new UnsupportedOperationException();
	}

	/**
	 * Compares the live database, at one exact position, with a restore of that position,
	 * byte for byte. Writers are not blocked.
	 * @param replica this replica, or null for every replica
	 * @throws OperationRunningException if a validation runs
	 * @throws IllegalArgumentException for an unknown replica
	 * @throws TimeoutException if a replica does not reach the position
	 */
	public List<ValidationReport> validate(@Nullable String replica)
			throws IOException, TimeoutException, InterruptedException {
		throw new UnsupportedOperationException();
	}

	/**
	 * Ships what is left, for at most {@code shutdownSyncTimeout}, and stops. The WAL
	 * file stays where it is, and one connection stays open for the life of the process,
	 * so that the next start goes on from there. Safe to call again. Never throws.
	 */
	@Override
	public void close() {
		throw new UnsupportedOperationException();
	}

}
