package org.litestream4j.boot.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import org.litestream4j.LitestreamOptions;
import org.litestream4j.boot.autoconfigure.DatabaseSettings.ReplicaSettings;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.Database;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.DatabaseEndpoint;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.DatabaseHealth;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.DatabaseRestore;
import org.litestream4j.format.Durations;
import org.litestream4j.format.Generation;
import org.litestream4j.restore.RestoreOptions;
import org.litestream4j.restore.RestoreTarget;

/**
 * From properties to the settings of single databases. Pure.
 */
class SettingsResolver {

	private static final Database NO_OVERRIDES = new Database(true, null, null, null, null, null, null, null, null,
			null, null, null, new DatabaseRestore(null, null, null, null, null, null), new DatabaseEndpoint(null, null),
			new DatabaseHealth(null), List.of());

	private final LitestreamProperties properties;

	SettingsResolver(LitestreamProperties properties) {
		this.properties = properties;
	}

	/**
	 * Refuses values that make no sense, whether or not a database uses them.
	 * @throws LitestreamStartupException naming the property
	 */
	void check() {
		Path nowhere = Path.of("database");
		resolve("database", nowhere, Map.of(), NO_OVERRIDES);
		this.properties.databases().forEach((name, overrides) -> resolve(name, nowhere, Map.of(), overrides));
	}

	/** Whether a database is to be left out. */
	boolean isExcluded(String name) {
		return !overrides(name).enabled();
	}

	/** Whether any database has a replica. */
	boolean hasReplicas() {
		return !this.properties.replicas().isEmpty()
				|| this.properties.databases().values().stream().anyMatch((own) -> !own.replicas().isEmpty());
	}

	/** Whether one database has a replica. */
	boolean hasReplicas(String name) {
		return !this.properties.replicas().isEmpty() || !overrides(name).replicas().isEmpty();
	}

	/**
	 * The settings of one database.
	 * @param name the name of the {@code DataSource} bean
	 * @param file its database
	 * @param creationPragmas the application's settings for a file that is created
	 * @throws LitestreamStartupException naming the property that is wrong
	 */
	DatabaseSettings resolve(String name, Path file, Map<String, String> creationPragmas) {
		return resolve(name, file, creationPragmas, overrides(name));
	}

	private Database overrides(String name) {
		return this.properties.databases().getOrDefault(name, NO_OVERRIDES);
	}

	private DatabaseSettings resolve(String name, Path file, Map<String, String> creationPragmas, Database own) {
		LitestreamProperties all = this.properties;
		Path meta = directory(name, own.metaDirectory(), all.metaDirectory(),
				LitestreamOptions.defaultMetaDirectory(file));
		Path restores = directory(name, own.endpoint().restoreDirectory(), all.endpoint().restoreDirectory(),
				meta.resolve("restores"));
		LitestreamOptions options = checked(name, "",
				() -> new LitestreamOptions(name, file, meta, either(own.monitorInterval(), all.monitorInterval()),
						either(own.checkpointInterval(), all.checkpointInterval()),
						either(own.minCheckpointPageCount(), all.minCheckpointPageCount()),
						either(own.maxCheckpointPageCount(), all.maxCheckpointPageCount()),
						either(own.truncatePageCount(), all.truncatePageCount()),
						either(own.busyTimeout(), all.busyTimeout()),
						either(own.shutdownSyncTimeout(), all.shutdownSyncTimeout()),
						either(own.maxShadowWalSize(), all.maxShadowWalSize()).toBytes(), restoreOptions(name, own),
						creationPragmas));
		List<ReplicaSettings> replicas = new ReplicaSettingsResolver(name, file, own, all).resolve();
		String restoreReplica = eitherOrNull(own.restore().replica(), all.restore().replica());
		checkRestoreReplica(restoreReplica, replicas);
		return new DatabaseSettings(options, either(own.restoreIfMissing(), all.restoreIfMissing()), restoreReplica,
				restoreTarget(name, own), restores.toAbsolutePath().normalize(), maxTimeout(name, own),
				maxLag(name, own), replicas);
	}

	private RestoreOptions restoreOptions(String name, Database own) {
		return checked(name, ".restore",
				() -> new RestoreOptions(either(own.restore().parallelism(), this.properties.restore().parallelism()),
						either(own.restore().integrityCheck(), this.properties.restore().integrityCheck())));
	}

	private RestoreTarget restoreTarget(String name, Database own) {
		DatabaseRestore one = own.restore();
		LitestreamProperties.Restore all = this.properties.restore();
		return checked(name, ".restore", () -> {
			String generation = eitherOrNull(one.generation(), all.generation());
			return new RestoreTarget((generation != null) ? new Generation(generation) : null,
					eitherOrNull(one.index(), all.index()), null, eitherOrNull(one.timestamp(), all.timestamp()));
		});
	}

	private Duration maxLag(String name, Database own) {
		return positive(name, ".health", "max-lag", either(own.health().maxLag(), this.properties.health().maxLag()));
	}

	private Duration maxTimeout(String name, Database own) {
		return positive(name, ".endpoint", "max-timeout",
				either(own.endpoint().maxTimeout(), this.properties.endpoint().maxTimeout()));
	}

	private Duration positive(String name, String group, String property, Duration value) {
		return checked(name, group, () -> {
			if (value.isNegative() || value.isZero()) {
				throw new IllegalArgumentException(
						"%s is %s: more than zero is expected".formatted(property, Durations.describe(value)));
			}
			return value;
		});
	}

	private static void checkRestoreReplica(@Nullable String name, List<ReplicaSettings> replicas) {
		List<String> known = replicas.stream().map((replica) -> replica.definition().name()).toList();
		if (name != null && !known.isEmpty() && !known.contains(name)) {
			throw new LitestreamStartupException(
					"Property 'litestream.restore.replica' names a replica '%s' that is not configured."
						.formatted(name),
					"Use one of " + known + ", or remove the property.");
		}
	}

	private static Path directory(String name, @Nullable Path own, @Nullable Path all, Path byDefault) {
		Path configured = eitherOrNull(own, all);
		return (configured != null) ? Path.of(configured.toString().replace("{database}", name)) : byDefault;
	}

	/** The engine's own check, with the place of the property added. */
	private <T> T checked(String name, String group, Supplier<T> value) {
		try {
			return value.get();
		}
		catch (IllegalArgumentException ex) {
			String prefix = this.properties.databases().containsKey(name) ? "litestream[.databases.%s]".formatted(name)
					: "litestream";
			throw new LitestreamStartupException(
					"Invalid value below '%s%s': %s.".formatted(prefix, group, ex.getMessage()),
					"Correct the property, or remove it to use its default.", ex);
		}
	}

	private static <T> T either(@Nullable T own, T all) {
		return (own != null) ? own : all;
	}

	private static <T> @Nullable T eitherOrNull(@Nullable T own, @Nullable T all) {
		return (own != null) ? own : all;
	}

}
