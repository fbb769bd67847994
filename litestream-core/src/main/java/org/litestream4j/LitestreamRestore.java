package org.litestream4j;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.restore.RestoreProgress;

/**
 * Restores a database from its replicas, whether or not it is being replicated.
 * Thread-safe.
 */
public final class LitestreamRestore {

	private final String database;

	private final List<Replica> replicas;

	private final LitestreamListener listener;

	/**
	 * Creates a restore. Does no I/O.
	 * @param database names the database in logs and events
	 * @param replicas where backups may be
	 * @param listener hears of it
	 */
	public LitestreamRestore(String database, List<Replica> replicas, LitestreamListener listener) {
		this.database = database;
		this.replicas = List.copyOf(replicas);
		this.listener = listener;
	}

	/**
	 * Restores to a file that does not exist yet, or is published whole.
	 * @throws org.litestream4j.restore.RestoreException if it cannot be done; its kind
	 * says why
	 * @throws IOException if a replica cannot be read
	 * @throws IllegalArgumentException if the request names a replica that is not there
	 */
	public RestoreReport restore(RestoreRequest request, RestoreProgress progress) throws IOException {
		throw new UnsupportedOperationException(this.database + this.replicas + this.listener);
	}

	/**
	 * Says what {@link #restore} would do, and writes nothing.
	 */
	public RestoreReport plan(RestoreRequest request) throws IOException {
		throw new UnsupportedOperationException();
	}

	/**
	 * Restores a database that is missing, or is zero bytes, before anything opens it. A
	 * left-over {@code -wal}, {@code -shm} or {@code -journal} is moved aside first, with
	 * a name that says so.
	 * @return empty if the database is there, or if no replica has any backup
	 * @throws IOException if a replica cannot be read or the backup cannot be restored:
	 * the application must then not start on an empty database
	 */
	public Optional<RestoreReport> restoreIfMissing(RestoreRequest request, RestoreProgress progress)
			throws IOException {
		throw new UnsupportedOperationException();
	}

}
