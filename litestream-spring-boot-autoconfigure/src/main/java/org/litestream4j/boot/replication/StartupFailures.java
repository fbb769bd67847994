package org.litestream4j.boot.replication;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.litestream4j.DivergenceException;
import org.litestream4j.RestoreException;
import org.litestream4j.boot.LitestreamStartupException;
import org.litestream4j.engine.FencingImpossibleException;
import org.litestream4j.format.Durations;
import org.litestream4j.lease.ReplicaHeldException;
import org.litestream4j.restore.DraftException;
import org.litestream4j.store.StoreDefinition;

/**
 * What is wrong, and what to do: the sentences that a failed start-up ends with.
 */
public final class StartupFailures {

	private StartupFailures() {
	}

	static LitestreamStartupException settingRefused(String name, SqliteUrl.Refused refused) {
		return new LitestreamStartupException(
				"DataSource '%s' is configured with %s, but %s.".formatted(name, refused.setting(), refused.reason()),
				"Remove %s from the URL, the connection properties and the pool's initial SQL, or leave this database out with %s."
					.formatted(refused.setting(), exclusion(name)));
	}

	static LitestreamStartupException notAPath(String name, String reason) {
		return new LitestreamStartupException(
				"The name of the database file of DataSource '%s' is not a path: %s.".formatted(name, reason),
				"Correct that, or leave this database out with %s.".formatted(exclusion(name)));
	}

	/**
	 * Neither the application nor the replica says how to reach S3.
	 * @param definition of the replica's store
	 */
	public static LitestreamStartupException noS3Client(StoreDefinition definition) {
		return new LitestreamStartupException(
				"'%s' asks for a replica in S3, but there is no (single) S3Client bean, and the replica does not say how to reach the store."
					.formatted(definition.nameOf((definition.url() != null) ? "url" : "type")),
				"Add the dependency 'io.awspring.cloud:spring-cloud-aws-starter-s3', or set '%s' (and '%s' for a store other than AWS)."
					.formatted(definition.nameOf("region"), definition.nameOf("endpoint")));
	}

	static LitestreamStartupException directory(String name, Path file, IOException cause) {
		return new LitestreamStartupException("The directory of the database %s of '%s' cannot be used: %s."
			.formatted(file, name, cause.getMessage()), "Create it, and let the application write in it.", cause);
	}

	static LitestreamStartupException restore(DatabaseSettings settings, Exception cause) {
		return new LitestreamStartupException(
				"The database %s of '%s' is missing, and was not restored: %s".formatted(settings.options().database(),
						settings.options().name(), sentence(cause)),
				toRestore(cause) + " To go on with a new, empty database instead, set"
						+ " litestream.restore-if-missing=false and give it a new replica path.",
				cause);
	}

	/** The replica is not always to blame. */
	static String toRestore(Exception cause) {
		if (cause instanceof DraftException) {
			return "Let the application write the database there, and start again.";
		}
		if (cause instanceof RestoreException failure) {
			switch (failure.kind()) {
				case CHECK_FAILED -> {
					return "Restore another state with litestream.restore.timestamp, or this one with"
							+ " litestream.restore.integrity-check=none, and start again.";
				}
				case DAMAGED, NO_SUCH_STATE -> {
					return "Mend the replica, or say what to restore with litestream.restore.generation, .index, .txid,"
							+ " .timestamp or .replica, and start again.";
				}
				default -> {
				}
			}
		}
		return "Make the replica readable and start again.";
	}

	static LitestreamStartupException openedTooEarly(DatabaseSettings settings) {
		String name = settings.options().name();
		return new OpenedTooEarlyException(
				"The database %s of '%s' is empty and there is a backup, but the connection pool has opened"
					.formatted(settings.options().database(), name) + " the database before it could be restored.",
				"Let the starter come first: configure the pool with spring.datasource.* or a DataSourceBuilder, so that it"
						+ " starts with its first use (for HikariCP: set properties on a 'new HikariDataSource()' instead of"
						+ " passing a HikariConfig); or name the file with 'litestream.databases.<name>.path', which is"
						+ " restored before any DataSource is created.");
	}

	/**
	 * It is too late to restore what should have been: the application must not go on
	 * with what it has opened.
	 */
	static final class OpenedTooEarlyException extends LitestreamStartupException {

		private static final long serialVersionUID = 1L;

		private OpenedTooEarlyException(String description, String action) {
			super(description, action);
		}

	}

	static LitestreamStartupException danglingLink(String name, Path link, Path target) {
		return new LitestreamStartupException(
				"The database %s of '%s' is a symbolic link to %s, which does not exist.".formatted(link, name, target),
				"Mount or create what it leads to, correct the link, or set litestream.restore-if-missing=true if its"
						+ " directory is there and the database is to be restored in it.");
	}

	static LitestreamStartupException renamed(DatabaseSettings settings, DatabaseSettings former) {
		String name = settings.options().name();
		return new LitestreamStartupException(
				"The database %s is called '%s' now, but there is a backup of it under the name '%s', and the replica of the new name is elsewhere."
					.formatted(settings.options().database(), name, former.options().name()),
				("Keep the name with 'litestream.databases.%s.path=%s'; or, to change it, move the backup to the place of the"
						+ " new name and delete %s.")
					.formatted(former.options().name(), settings.options().database(),
							settings.options().metaDirectory().resolve("name")));
	}

	static LitestreamStartupException namedTwice(String first, String second, Path file) {
		return new LitestreamStartupException(
				"'litestream.databases.%s.path' and 'litestream.databases.%s.path' lead to one file: %s."
					.formatted(first, second, file),
				"Remove one of them.");
	}

	static LitestreamStartupException nameTaken(String name, Path file, Path other) {
		return new LitestreamStartupException(
				"Two databases would have the name '%s': %s and %s.".formatted(name, other, file),
				"Give one of them another name with 'litestream.databases.<name>.path'.");
	}

	static LitestreamStartupException unmatchedKeys(List<String> keys, Collection<String> beans) {
		return new LitestreamStartupException(
				"No DataSource bean and no database has the name of 'litestream.databases.%s'."
					.formatted(String.join("' or 'litestream.databases.", keys)),
				"Use the name of a DataSource bean (%s), or give the file with 'litestream.databases.%s.path'."
					.formatted(beans.isEmpty() ? "there is none" : String.join(", ", beans), keys.get(0)));
	}

	static LitestreamStartupException start(DatabaseSettings settings, IOException cause) {
		String name = settings.options().name();
		if (cause instanceof DivergenceException divergence) {
			return diverged(settings, divergence);
		}
		if (cause instanceof FencingImpossibleException) {
			return new LitestreamStartupException(
					"Replication of the database %s of '%s' cannot start, as it may not be alone: %s"
						.formatted(settings.options().database(), name, sentence(cause)),
					"Use a store that can refuse to replace an object. Or set 'fencing' of that replica to 'auto', and see to"
							+ " it that no two instances ever run, not even for a moment.",
					cause);
		}
		if (cause instanceof ReplicaHeldException) {
			return new LitestreamStartupException(
					"The database %s of '%s' is not opened, as another instance writes to its replica: %s"
						.formatted(settings.options().database(), name, sentence(cause)),
					"Stop the other one, and start this one again. A deployment has to tell the old instance to stop before it"
							+ " waits for the new one (in Kubernetes: maxSurge: 0); if it takes longer to stop than %s, raise litestream.lease.wait."
								.formatted(Durations.describe(settings.options().lease().longestWait())),
					cause);
		}
		return new LitestreamStartupException(
				"Replication of the database %s of '%s' cannot start: %s".formatted(settings.options().database(), name,
						sentence(cause)),
				"Correct that, or leave this database out with %s.".formatted(exclusion(name)), cause);
	}

	/**
	 * Either may be what people want to keep, so both are named, and nothing was done.
	 */
	private static LitestreamStartupException diverged(DatabaseSettings settings, DivergenceException cause) {
		String behind = (cause.kind() == DivergenceException.Kind.BEHIND)
				? "If that is right, as with an old copy or volume, start with"
				: "To go on with the replica, start with";
		return new LitestreamStartupException(
				"The database %s of '%s' is not what its replica holds: %s".formatted(settings.options().database(),
						settings.options().name(), sentence(cause)),
				behind + " litestream.on-divergence=restore: the local files are moved aside, and the replica is restored."
						+ " To go on with the local database, start once with litestream.on-divergence=new-generation: what"
						+ " only the replica holds stays there until retention deletes it. For this database alone it is"
						+ " litestream.databases.%s.on-divergence.".formatted(settings.options().name()),
				cause);
	}

	static LitestreamStartupException oneReplicaPath(String name, String other, String location) {
		List<String> names = Stream.of(other, name).sorted().toList();
		return new LitestreamStartupException(
				"The databases of the DataSources '%s' and '%s' have one replica path: %s.".formatted(names.get(0),
						names.get(1), location),
				"Put {database} into the url or path, which stands for the database's name, or configure"
						+ " 'litestream.databases.%s.replicas'.".formatted(names.get(1)));
	}

	static LitestreamStartupException oneMetaDirectory(String name, String other, Path meta) {
		List<String> names = Stream.of(other, name).sorted().toList();
		return new LitestreamStartupException(
				"The databases of the DataSources '%s' and '%s' have one meta-directory: %s.".formatted(names.get(0),
						names.get(1), meta),
				"Put {database} into 'litestream.meta-directory', or remove it to keep the state beside each database.");
	}

	private static String exclusion(String name) {
		return "litestream.databases.%s.enabled=false".formatted(name);
	}

	private static String sentence(Exception cause) {
		@Nullable String message = cause.getMessage();
		String text = (message != null && !message.isBlank()) ? message : cause.getClass().getSimpleName();
		return text.endsWith(".") ? text : text + ".";
	}

}
