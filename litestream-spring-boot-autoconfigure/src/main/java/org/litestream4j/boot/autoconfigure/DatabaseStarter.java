package org.litestream4j.boot.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamRestore;
import org.litestream4j.Replica;
import org.litestream4j.boot.autoconfigure.ReplicatedDatabases.Replicated;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.restore.RestoreException;
import org.litestream4j.restore.RestoreProgress;

/**
 * Restores a database if it is missing, then starts replicating it.
 */
class DatabaseStarter {

	private static final Logger logger = LoggerFactory.getLogger(DatabaseStarter.class);

	private final ReplicaClients clients;

	private final LitestreamListener listener;

	DatabaseStarter(ReplicaClients clients, LitestreamListener listener) {
		this.clients = clients;
		this.listener = listener;
	}

	/**
	 * Restores and starts.
	 * @param settings everything configured
	 * @param others what is being replicated already
	 * @param alreadyOpen whether the application has connections already, so that it is
	 * too late to restore
	 * @throws LitestreamStartupException if that cannot be done
	 */
	Replicated start(DatabaseSettings settings, List<Replicated> others, boolean alreadyOpen) {
		List<Replica> replicas = this.clients.create(settings.replicas());
		try {
			Map<String, String> locations = ReplicaClients.locations(settings.replicas(), replicas);
			others.forEach((other) -> StartupFailures.requireApart(settings, locations.keySet(), other));
			if (settings.restoreIfMissing()) {
				restoreIfMissing(settings, replicas, alreadyOpen);
			}
			return new Replicated(settings, replicate(settings, replicas), locations);
		}
		catch (RuntimeException ex) {
			replicas.forEach((replica) -> replica.client().close());
			throw ex;
		}
	}

	private void restoreIfMissing(DatabaseSettings settings, List<Replica> replicas, boolean alreadyOpen) {
		LitestreamRestore restore = new LitestreamRestore(settings.options().name(), replicas, this.listener);
		try {
			if (alreadyOpen) {
				requireNothingToRestore(settings, restore);
			}
			else {
				restore.restoreIfMissing(settings.restoreRequest(), RestoreProgress.NONE);
			}
		}
		catch (IOException | IllegalArgumentException ex) {
			throw StartupFailures.restore(settings, ex);
		}
	}

	/** A pool that opened its database before it could be restored made an empty one. */
	private static void requireNothingToRestore(DatabaseSettings settings, LitestreamRestore restore)
			throws IOException {
		Path file = settings.options().database();
		if (Files.exists(file) && Files.size(file) > 0) {
			return;
		}
		try {
			restore.plan(settings.restoreRequest());
		}
		catch (RestoreException ex) {
			if (ex.kind() == RestoreException.Kind.NO_BACKUP) {
				logger.debug("There is no backup to restore {} from", file);
				return;
			}
			throw ex;
		}
		throw StartupFailures.openedTooEarly(settings);
	}

	private LitestreamDatabase replicate(DatabaseSettings settings, List<Replica> replicas) {
		try {
			return LitestreamDatabase.start(settings.options(), replicas, this.listener);
		}
		catch (IOException ex) {
			throw StartupFailures.start(settings, ex);
		}
	}

}
