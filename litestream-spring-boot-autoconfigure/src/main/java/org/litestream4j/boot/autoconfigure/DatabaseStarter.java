package org.litestream4j.boot.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamRestore;
import org.litestream4j.Replica;
import org.litestream4j.RestoreReport;
import org.litestream4j.boot.autoconfigure.ReplicatedDatabases.Replicated;
import org.litestream4j.database.EmptyDatabase;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.restore.RestoreException;
import org.litestream4j.restore.RestoreOutput;
import org.litestream4j.restore.RestoreProgress;

/**
 * Restores a database if it is missing, then starts replicating it.
 */
class DatabaseStarter {

	private static final Logger logger = LoggerFactory.getLogger(DatabaseStarter.class);

	private final ReplicaClients clients;

	private final LitestreamListener listener;

	private final NameGuard names;

	DatabaseStarter(ReplicaClients clients, LitestreamListener listener) {
		this.clients = clients;
		this.listener = listener;
		this.names = new NameGuard(clients, listener);
	}

	/**
	 * A database that is to be started.
	 *
	 * @param settings everything configured
	 * @param alreadyOpen whether the application has connections already, so that it is
	 * too late to restore
	 * @param otherNames what it may have been called at earlier starts
	 * @param named the settings that it has under a name
	 */
	record Request(DatabaseSettings settings, boolean alreadyOpen, List<String> otherNames,
			Function<String, DatabaseSettings> named) {

		Path file() {
			return this.settings.options().database();
		}

		/**
		 * Whether there is no database, or one that was created and never used, as by a
		 * pool that came too early.
		 */
		boolean isMissing() throws IOException {
			if (!this.alreadyOpen || !Files.exists(file())) {
				return RestoreOutput.isMissing(file());
			}
			return Files.size(file()) == 0 || EmptyDatabase.isOpenAt(file());
		}

	}

	/**
	 * Restores and starts.
	 * @param others what is being replicated already
	 * @throws LitestreamStartupException if that cannot be done
	 */
	Replicated start(Request request, List<Replicated> others) {
		DatabaseSettings settings = request.settings();
		List<Replica> replicas = this.clients.create(settings.replicas());
		try {
			Map<String, String> locations = ReplicaClients.locations(settings.replicas(), replicas);
			others.forEach((other) -> StartupFailures.requireApart(settings, locations.keySet(), other));
			Places places = Places.of(settings, replicas);
			places.check();
			others.forEach((other) -> places.checkApartFrom(Places.of(other.settings(), other.database().replicas())));
			this.names.checkRemembered(settings, request.otherNames(), request.named());
			bringBack(request, replicas);
			Replicated replicated = new Replicated(settings, replicate(settings, replicas), locations);
			this.names.remember(settings);
			return replicated;
		}
		catch (RuntimeException ex) {
			replicas.forEach((replica) -> replica.client().close());
			throw ex;
		}
	}

	private void bringBack(Request request, List<Replica> replicas) {
		LitestreamRestore restore = new LitestreamRestore(request.settings().options().name(), replicas, this.listener);
		try {
			if (!request.isMissing()) {
				return;
			}
			if (!request.settings().restoreIfMissing()) {
				warnOfBackup(request, restore);
			}
			else if (!restoreIfPossible(request, restore)) {
				this.names.check(request.settings(), request.otherNames(), request.named());
			}
		}
		catch (IOException | IllegalArgumentException ex) {
			throw StartupFailures.restore(request.settings(), ex);
		}
	}

	/** False if there is no backup. */
	private boolean restoreIfPossible(Request request, LitestreamRestore restore) throws IOException {
		if (!request.alreadyOpen()) {
			return restore.restoreIfMissing(request.settings().restoreRequest(), RestoreProgress.NONE).isPresent();
		}
		try {
			restore.plan(request.settings().restoreRequest());
		}
		catch (RestoreException ex) {
			if (ex.kind() == RestoreException.Kind.NO_BACKUP) {
				logger.debug("There is no backup to restore {} from", request.file());
				return false;
			}
			throw ex;
		}
		throw StartupFailures.openedTooEarly(request.settings());
	}

	/** Nothing is restored unasked, but what is about to be left behind is named. */
	private void warnOfBackup(Request request, LitestreamRestore restore) {
		try {
			RestoreReport backup = restore.plan(request.settings().restoreRequest());
			logger
				.warn("The database {} is missing or empty, but replica '{}' has a backup of it as of {}: it is not restored, and"
						+ " retention will delete it. Stop now and set litestream.restore-if-missing=true to have it back,"
						+ " or give the new database another replica", request.file(), backup.replica(),
						backup.createdAt());
		}
		catch (IOException | IllegalArgumentException ex) {
			if (ex instanceof RestoreException failure && failure.kind() == RestoreException.Kind.NO_BACKUP) {
				logger.debug("There is no backup of the missing database {}", request.file());
				return;
			}
			logger
				.warn("The database {} is missing or empty and starts empty, and whether a backup of it can be restored"
						+ " cannot be told: {}. If there should be one, stop now and mend that, or give the new database"
						+ " another replica, as retention deletes what is older", request.file(), ex.getMessage());
		}
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
