package org.litestream4j.boot.replication;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamRestore;
import org.litestream4j.PlannedRestore;
import org.litestream4j.Replica;
import org.litestream4j.RestoreException;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreReport;
import org.litestream4j.boot.LitestreamStartupException;
import org.litestream4j.boot.replication.ReplicatedDatabases.Claim;
import org.litestream4j.boot.replication.ReplicatedDatabases.Origin;
import org.litestream4j.boot.replication.ReplicatedDatabases.Replicated;
import org.litestream4j.database.EmptyDatabase;
import org.litestream4j.io.NewDirectories;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.restore.RestoreOutput;

/**
 * Restores a database if it is missing, then starts replicating it. Thread-safe: as many
 * databases as have been claimed are restored and started at the same time.
 */
public class DatabaseStarter {

	private static final Logger logger = LoggerFactory.getLogger(DatabaseStarter.class);

	private final ReplicaSource source;

	private final LitestreamListener listener;

	private final NameGuard names;

	private final ReplicatedDatabases databases;

	/**
	 * Creates a starter.
	 * @param source makes replicas
	 * @param listener hears what the engines do
	 * @param databases where each is noted
	 */
	public DatabaseStarter(ReplicaSource source, LitestreamListener listener, ReplicatedDatabases databases) {
		this.source = source;
		this.listener = listener;
		this.databases = databases;
		this.names = new NameGuard(source, listener);
	}

	/**
	 * A database that is to be started.
	 *
	 * @param settings everything configured
	 * @param alreadyOpen whether the application has connections already, so that it is
	 * too late to restore; asked only if it matters, as to know it costs time
	 * @param otherNames what it may have been called at earlier starts
	 * @param named the settings that it has under a name
	 * @param origin who wants it
	 */
	record Request(DatabaseSettings settings, BooleanSupplier alreadyOpen, List<String> otherNames,
			Function<String, DatabaseSettings> named, Origin origin) {

		Path file() {
			return this.settings.options().database();
		}

		private Path directory() {
			return Objects.requireNonNull(file().getParent(), "an absolute file without a parent");
		}

		/**
		 * Whether there is no database, or one that was created and never used, as by a
		 * pool that came too early.
		 */
		boolean isMissing() throws IOException {
			if (Files.exists(file()) && Files.size(file()) > EmptyDatabase.LARGEST_PAGE) {
				return false;
			}
			if (!Files.exists(file()) || !this.alreadyOpen.getAsBoolean()) {
				return RestoreOutput.isMissing(file());
			}
			return Files.size(file()) == 0 || EmptyDatabase.isOpenAt(file());
		}

	}

	/**
	 * Restores and starts.
	 * @param claim to the name and the file
	 * @throws LitestreamStartupException if that cannot be done
	 */
	Replicated start(Request request, Claim claim) {
		DatabaseSettings settings = request.settings();
		String name = settings.options().name();
		this.databases.find(name).ifPresent((other) -> {
			throw StartupFailures.nameTaken(name, request.file(), other.file());
		});
		List<Replica> replicas = this.source.create(settings.replicas());
		boolean taken = false;
		try {
			Map<String, String> locations = this.source.locations(settings.replicas(), replicas);
			Places places = Places.of(settings, replicas);
			places.check();
			claim.take(new TakenPlaces.Taken(places, Set.copyOf(locations.keySet())));
			taken = true;
			this.names.checkRemembered(settings, request.otherNames(), request.named());
			FencedReplicas fenced = new FencedReplicas(name, settings.onFenced());
			Replicated replicated = new Replicated(settings, replicate(request, replicas, fenced), fenced,
					request.origin());
			this.names.remember(settings);
			this.databases.add(replicated);
			return replicated;
		}
		catch (RuntimeException ex) {
			if (taken) {
				claim.giveBack(name);
			}
			replicas.forEach((replica) -> replica.store().close());
			throw ex;
		}
	}

	/**
	 * Before anything is written to its replicas: a database without any backup may have
	 * one under another name.
	 */
	private void checkName(Request request, List<Replica> replicas) {
		try {
			new LitestreamRestore(request.settings().options().name(), replicas, this.listener)
				.plan(request.settings().restoreRequest());
		}
		catch (IOException | IllegalArgumentException ex) {
			if (ex instanceof RestoreException failure && failure.kind() == RestoreException.Kind.NO_BACKUP) {
				this.names.check(request.settings(), request.otherNames(), request.named());
				return;
			}
			logger.debug("Whether {} has a backup is found out when it is restored", request.file(), ex);
		}
	}

	private Optional<RestoreReport> bringBack(Request request, List<Replica> replicas) {
		LitestreamRestore restore = new LitestreamRestore(request.settings().options().name(), replicas, this.listener);
		try {
			if (!request.isMissing()) {
				return Optional.empty();
			}
			if (!request.settings().restoreIfMissing()) {
				warnOfBackup(request, restore);
				return Optional.empty();
			}
			return restoreIfPossible(request, restore);
		}
		catch (IOException | IllegalArgumentException ex) {
			throw StartupFailures.restore(request.settings(), ex);
		}
	}

	/** Nothing if there is no backup. */
	private Optional<RestoreReport> restoreIfPossible(Request request, LitestreamRestore restore) throws IOException {
		if (!request.alreadyOpen().getAsBoolean()) {
			Instant timestamp = request.settings().restoreTarget().timestamp();
			if (timestamp != null) {
				logger.info("{} is restored as of {}, as is configured", request.file(),
						timestamp.atZone(ZoneId.systemDefault()));
			}
			return restore.restoreIfMissing(request.settings().restoreRequest(), new UntilClosing(this.databases));
		}
		try {
			restore.plan(request.settings().restoreRequest());
		}
		catch (RestoreException ex) {
			if (ex.kind() == RestoreException.Kind.NO_BACKUP) {
				logger.debug("There is no backup to restore {} from", request.file());
				return Optional.empty();
			}
			throw ex;
		}
		throw StartupFailures.openedTooEarly(request.settings());
	}

	/** Nothing is restored unasked, but what is about to be left behind is named. */
	private void warnOfBackup(Request request, LitestreamRestore restore) {
		try {
			PlannedRestore backup = restore.plan(request.settings().restoreRequest());
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

	private LitestreamDatabase replicate(Request request, List<Replica> replicas, FencedReplicas fenced) {
		DatabaseSettings settings = request.settings();
		NewDirectories parents = null;
		boolean started = false;
		try {
			if (settings.restoreIfMissing() && request.isMissing()) {
				checkName(request, replicas);
				parents = NewDirectories.create(SystemDisk.ownerOnly(), request.directory());
			}
			LitestreamDatabase database = LitestreamDatabase.start(settings.options(), replicas,
					fenced.beside(this.listener), () -> bringBack(request, replicas));
			started = true;
			return database;
		}
		catch (IOException ex) {
			throw StartupFailures.start(settings, ex);
		}
		finally {
			if (parents != null && !started) {
				parents.removeEmpty();
			}
		}
	}

	/** Nobody needs what is restored for an application that is stopping. */
	private record UntilClosing(ReplicatedDatabases databases) implements RestoreProgress {

		@Override
		public void advanced(long done, long total) {
			// is logged anyway
		}

		@Override
		public boolean isCancelled() {
			return this.databases.isClosing();
		}

	}

}
