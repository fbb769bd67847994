package org.litestream4j.boot;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;

import org.litestream4j.DatabaseStatus;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreRequest;
import org.litestream4j.ValidationReport;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.restore.RestoreProgress;

/**
 * The databases that this application replicates. Thread-safe.
 * <p>
 * The methods without a name are for the application that has one database; with several
 * use {@link #database(String)}.
 */
public interface Litestream {

	/**
	 * What is being replicated, by name, in the order of the names. The name is that of
	 * the {@code DataSource} bean; the primary one's if several use one file, else the
	 * file's; or the key of {@code litestream.databases.<name>.path}. Empty if no replica
	 * is configured, and after shutdown.
	 */
	Map<String, LitestreamDatabase> databases();

	/**
	 * One database.
	 * @param name the name of its {@code DataSource} bean
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

	/** How replication of the only database stands. */
	default DatabaseStatus status() {
		return database().status();
	}

	/**
	 * Ships everything that was committed to the only database before the call.
	 * @return the position that every replica has reached
	 * @throws TimeoutException if a replica could not do it in time; the message names it
	 */
	default WalPosition sync(Duration timeout) throws IOException, TimeoutException, InterruptedException {
		return database().sync(timeout);
	}

	/**
	 * Waits until everything that was committed to the only database before the call is
	 * in every replica, which happens at the replicas' own pace.
	 * @return false if the time has passed before
	 */
	default boolean awaitReplicated(Duration timeout) throws IOException, InterruptedException {
		return database().awaitReplicated(timeout);
	}

	/** Takes a snapshot of the only database on every replica, now. */
	default List<Snapshot> snapshot() throws IOException, InterruptedException {
		return database().snapshot(null);
	}

	/**
	 * Restores the newest replicated state of the only database into another file.
	 * @param outputPath the file to create; it must not exist
	 */
	default RestoreReport restore(Path outputPath) throws IOException {
		return database().restore(RestoreRequest.latest(outputPath), RestoreProgress.NONE);
	}

	/** Compares the only database with every replica, byte for byte. */
	default List<ValidationReport> validate() throws IOException, TimeoutException, InterruptedException {
		return database().validate(null);
	}

}
