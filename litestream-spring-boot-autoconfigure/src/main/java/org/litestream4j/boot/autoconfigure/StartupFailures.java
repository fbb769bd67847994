package org.litestream4j.boot.autoconfigure;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.litestream4j.boot.ReplicaDefinition;
import org.litestream4j.boot.autoconfigure.ReplicatedDatabases.Replicated;

/**
 * What is wrong, and what to do: the sentences that a failed start-up ends with.
 */
final class StartupFailures {

	private StartupFailures() {
	}

	static LitestreamStartupException settingRefused(String name, SqliteUrl.Refused refused) {
		return new LitestreamStartupException(
				"DataSource '%s' is configured with %s, but %s.".formatted(name, refused.setting(), refused.reason()),
				"Remove %s from the URL and the connection properties, or leave this database out with %s."
					.formatted(refused.setting(), exclusion(name)));
	}

	static LitestreamStartupException noS3Client(ReplicaDefinition definition) {
		return new LitestreamStartupException(
				"'%s' asks for a replica in S3, but there is no (single) S3Client bean, and the replica does not say how to reach the store."
					.formatted(definition.property()),
				"Add the dependency 'io.awspring.cloud:spring-cloud-aws-starter-s3', or set '%1$s.region' (and '%1$s.endpoint' for a store other than AWS)."
					.formatted(definition.property()));
	}

	static LitestreamStartupException directory(String name, Path file, IOException cause) {
		return new LitestreamStartupException("The directory of the database %s of DataSource '%s' cannot be used: %s."
			.formatted(file, name, cause.getMessage()), "Create it, and let the application write in it.", cause);
	}

	static LitestreamStartupException restore(DatabaseSettings settings, Exception cause) {
		return new LitestreamStartupException(
				"The database %s of DataSource '%s' is missing, and was not restored: %s"
					.formatted(settings.options().database(), settings.options().name(), sentence(cause)),
				"Make the replica readable and start again. To go on with a new, empty database instead, set"
						+ " litestream.restore-if-missing=false and give it a new replica path.",
				cause);
	}

	static LitestreamStartupException openedTooEarly(DatabaseSettings settings) {
		String name = settings.options().name();
		return new LitestreamStartupException(
				"The database %s of DataSource '%s' is empty and there is a backup, but the connection pool has opened"
					.formatted(settings.options().database(), name) + " the database before it could be restored.",
				"Let the pool start later (for HikariCP: set properties on a 'new HikariDataSource()' instead of passing"
						+ " a HikariConfig), or restore the database before the application starts.");
	}

	static LitestreamStartupException start(DatabaseSettings settings, IOException cause) {
		String name = settings.options().name();
		return new LitestreamStartupException(
				"Replication of the database %s of DataSource '%s' cannot start: %s"
					.formatted(settings.options().database(), name, sentence(cause)),
				"Correct that, or leave this database out with %s.".formatted(exclusion(name)), cause);
	}

	/** Two databases must not share a replica, nor the directory of local state. */
	static void requireApart(DatabaseSettings settings, Set<String> locations, Replicated other) {
		String name = settings.options().name();
		for (String location : locations) {
			if (other.locations().containsKey(location)) {
				throw new LitestreamStartupException(
						"The databases of the DataSources '%s' and '%s' have one replica path: %s."
							.formatted(other.name(), name, location),
						"Put {database} into the url or path, which stands for the DataSource's name, or configure"
								+ " 'litestream.databases.%s.replicas'.".formatted(name));
			}
		}
		if (other.settings().options().metaDirectory().equals(settings.options().metaDirectory())) {
			throw new LitestreamStartupException(
					"The databases of the DataSources '%s' and '%s' have one meta-directory: %s."
						.formatted(other.name(), name, settings.options().metaDirectory()),
					"Put {database} into 'litestream.meta-directory', or remove it to keep the state beside each database.");
		}
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
