package org.litestream4j.boot;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.litestream4j.DatabaseStatus;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreRequest;
import org.litestream4j.ValidationReport;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;

/**
 * The databases that this application replicates. Thread-safe.
 * <p>
 * The methods without a name are for the application that has one database; with several
 * use {@link #database(String)}.
 */
public interface Litestream {

	/**
	 * What is being replicated. The name is that of the {@code DataSource} bean; the
	 * primary one's if several use one file, else the file's; or the key of
	 * {@code litestream.databases.<name>.path}.
	 * @return the databases by name, in the order of the names; empty if no replica is
	 * configured, and after shutdown
	 */
	Map<String, LitestreamDatabase> databases();

	/**
	 * One database.
	 * @param name the name of its {@code DataSource} bean
	 * @return the database
	 * @throws IllegalArgumentException if it is not being replicated; the message names
	 * those that are
	 */
	default LitestreamDatabase database(String name) {
		LitestreamDatabase database = databases().get(name);
		if (database == null) {
			throw new IllegalArgumentException(
					"no database '%s' is being replicated: %s".formatted(name, Databases.listed(databases())));
		}
		return database;
	}

	/**
	 * The only database.
	 * @return the database
	 * @throws IllegalStateException if none or several are being replicated
	 */
	default LitestreamDatabase database() {
		Map<String, LitestreamDatabase> databases = databases();
		if (databases.size() != 1) {
			throw new IllegalStateException("one replicated database is expected, but there are %d: %s"
				.formatted(databases.size(), Databases.listed(databases)));
		}
		return databases.values().iterator().next();
	}

	/**
	 * How replication of the only database stands.
	 * @return its status
	 * @throws IllegalStateException if none or several are being replicated
	 */
	default DatabaseStatus status() {
		return database().status();
	}

	/**
	 * Ships everything that was committed to the only database before the call.
	 * @param timeout for all replicas together
	 * @return the position that every replica has reached
	 * @throws TimeoutException if a replica could not do it in time; the message names it
	 * @throws IOException as {@link LitestreamDatabase#sync(Duration)} has it
	 * @throws InterruptedException if the thread is interrupted while it waits
	 * @throws IllegalStateException if none or several databases are being replicated
	 */
	default WalPosition sync(Duration timeout) throws IOException, TimeoutException, InterruptedException {
		return database().sync(timeout);
	}

	/**
	 * Waits until everything that was committed to the only database before the call is
	 * in every replica, which happens at the replicas' own pace.
	 * @param timeout for all replicas together
	 * @return true as soon as every replica has it; false if the time has passed before
	 * @throws IOException as {@link LitestreamDatabase#awaitReplicated(Duration)} has it
	 * @throws InterruptedException if the thread is interrupted while it waits
	 * @throws IllegalStateException if none or several databases are being replicated
	 */
	default boolean awaitReplicated(Duration timeout) throws IOException, InterruptedException {
		return database().awaitReplicated(timeout);
	}

	/**
	 * Something that commits.
	 *
	 * @param <T> what comes of it
	 * @param <E> what it may throw
	 */
	@FunctionalInterface
	interface Action<T extends @Nullable Object, E extends Exception> {

		/**
		 * Does it.
		 * @return what comes of it
		 * @throws E if it fails
		 */
		T run() throws E;

	}

	/**
	 * Does something, and returns when replicas hold what this thread has committed
	 * meanwhile to any database that is replicated, through a {@code DataSource} that is
	 * watched: {@code litestream.replicated-commit.replicas} of them, whichever; whether
	 * or not {@code litestream.replicated-commit.enabled} is set. If nothing was
	 * committed it does not wait. Within a transaction, which is committed later, that
	 * one waits when it is. What other threads commit is not waited for.
	 * @param action what to do; a transaction is best begun and ended within it
	 * @param <T> what comes of it
	 * @param <E> what it may throw
	 * @return what has come of it
	 * @throws E as the action has thrown; what it has committed before is waited for, too
	 * @throws CommitNotReplicatedException if
	 * {@code litestream.replicated-commit.on-timeout=fail}, and that many replicas are
	 * not known to hold what was committed, which has taken place all the same
	 */
	default <T extends @Nullable Object, E extends Exception> T replicated(Action<T, E> action) throws E {
		throw new UnsupportedOperationException("%s has no commits that wait".formatted(getClass().getName()));
	}

	/**
	 * Takes a snapshot of the only database on every replica, now.
	 * @return the snapshots, in the order of the replicas
	 * @throws IOException as {@link LitestreamDatabase#snapshot()} has it
	 * @throws InterruptedException if the thread is interrupted meanwhile
	 * @throws IllegalStateException if none or several databases are being replicated
	 */
	default List<Snapshot> snapshot() throws IOException, InterruptedException {
		return database().snapshot();
	}

	/**
	 * Restores the newest replicated state of the only database into another file.
	 * @param outputPath the file to create; it must not exist
	 * @return what was restored, and from which replica
	 * @throws IOException as {@link LitestreamDatabase#restore(RestoreRequest)} has it
	 * @throws IllegalStateException if none or several databases are being replicated
	 */
	default RestoreReport restore(Path outputPath) throws IOException {
		return database().restore(RestoreRequest.latest(outputPath));
	}

	/**
	 * Compares the only database with every replica, byte for byte.
	 * @return a report on each replica, in their order
	 * @throws IOException as {@link LitestreamDatabase#validate()} has it
	 * @throws TimeoutException never; kept for those who catch it
	 * @throws InterruptedException if the thread is interrupted meanwhile
	 * @throws IllegalStateException if none or several databases are being replicated
	 */
	default List<ValidationReport> validate() throws IOException, TimeoutException, InterruptedException {
		return database().validate();
	}

	/**
	 * Replicates one more database, from now on, which the application opens itself: call
	 * it before anything opens the file. Restores it before it returns if it is missing
	 * and that is asked for. Calls for different databases run at the same time; one for
	 * a name or a file that another thread is about to register waits for that.
	 * @param definition which database, and how
	 * @return what is replicated now
	 * @throws IllegalStateException if a database of this name, or this file, is
	 * replicated already; or if the application is stopping
	 * @throws IllegalArgumentException if a setting is not known or makes no sense
	 * @throws LitestreamStartupException if the database cannot be restored or
	 * replicated; nothing has changed then, and it may be registered again
	 */
	default LitestreamDatabase register(DatabaseDefinition definition) {
		throw new UnsupportedOperationException("%s does not register databases".formatted(getClass().getName()));
	}

	/**
	 * As {@link #register(DatabaseDefinition)}, for a database that the application opens
	 * through one {@code DataSource}, which must not have been used yet.
	 * @param definition which database, and how
	 * @param dataSource the application's own; its settings count for a database that
	 * does not exist yet, and those that rule out replication are refused
	 * @return what the application is to use instead, so that its commits are noticed at
	 * once; maybe the same object
	 * @throws IllegalArgumentException also if the {@code DataSource} leads to another
	 * file
	 */
	default DataSource register(DatabaseDefinition definition, DataSource dataSource) {
		throw new UnsupportedOperationException("%s does not register databases".formatted(getClass().getName()));
	}

	/**
	 * Makes the commits of one more {@code DataSource} be noticed at once. They go to
	 * whatever is replicated under the name at the time, also if that is registered, or
	 * found in a directory, only later.
	 * @param name of the database that it leads to
	 * @param dataSource the application's own
	 * @return what the application is to use instead; maybe the same object
	 */
	default DataSource signalling(String name, DataSource dataSource) {
		throw new UnsupportedOperationException("%s does not register databases".formatted(getClass().getName()));
	}

	/**
	 * Ends the replication of a database that was registered, or found in a directory:
	 * ships what is left, for {@code shutdown-sync-timeout} at most, and stops. Its
	 * metrics, health and status go with it; its backup stays. Call it when nothing
	 * writes to the database any more: what is written after it is shipped when the
	 * database is registered again, and not before. One that was found in a directory is
	 * left alone there until it has disappeared. Does nothing if there is no such
	 * database.
	 * @param name the name it was registered under
	 * @throws IllegalArgumentException if the database belongs to a {@code DataSource}
	 * bean or is named in the configuration, and lives as long as that
	 */
	default void remove(String name) {
		throw new UnsupportedOperationException("%s does not register databases".formatted(getClass().getName()));
	}

}
