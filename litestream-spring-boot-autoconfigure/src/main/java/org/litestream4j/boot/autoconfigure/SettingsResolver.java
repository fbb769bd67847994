package org.litestream4j.boot.autoconfigure;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import org.litestream4j.LitestreamOptions;
import org.litestream4j.boot.autoconfigure.DatabaseSettings.ReplicaSettings;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.Database;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.DatabaseEndpoint;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.DatabaseHealth;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.DatabaseRestore;
import org.litestream4j.format.Durations;
import org.litestream4j.format.Generation;
import org.litestream4j.io.InvalidPaths;
import org.litestream4j.restore.RestoreOptions;
import org.litestream4j.restore.RestoreTarget;

/**
 * From properties to the settings of single databases. Pure.
 */
class SettingsResolver {

	private static final Database NO_OVERRIDES = new Database(null, true, null, null, null, null, null, null, null,
			null, null, null, null, null, new DatabaseRestore(null, null, null, null, null, null),
			new DatabaseEndpoint(null, null), new DatabaseHealth(null), List.of());

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
		namedFiles();
	}

	/**
	 * The databases that are named and found by their file.
	 * @throws LitestreamStartupException if a path is none
	 */
	Map<String, Path> namedFiles() {
		Map<String, Path> files = new LinkedHashMap<>();
		this.properties.databases().forEach((name, own) -> {
			boolean again = files.keySet().stream().anyMatch((other) -> uniform(other).equals(uniform(name)));
			if (own.path() != null && !again) {
				files.put(name,
						path("litestream.databases.%s.path".formatted(name), own.path()).toAbsolutePath().normalize());
			}
		});
		return files;
	}

	/**
	 * The keys of {@code litestream.databases} that are not the name of anything.
	 * @param names of beans and databases
	 */
	List<String> unmatchedKeys(Collection<String> names) {
		Set<String> known = names.stream().map(SettingsResolver::uniform).collect(Collectors.toSet());
		return this.properties.databases()
			.entrySet()
			.stream()
			.filter((entry) -> entry.getValue().path() == null && !known.contains(uniform(entry.getKey())))
			.map(Map.Entry::getKey)
			.toList();
	}

	/**
	 * Whether a missing database is restored, under the first name that says so or not.
	 */
	boolean isRestored(List<String> names) {
		return either(overrides(names).restoreIfMissing(), this.properties.restoreIfMissing());
	}

	/** Whether any database that is missing is to be restored. */
	boolean restoresAny() {
		return this.properties.restoreIfMissing() || this.properties.databases()
			.values()
			.stream()
			.anyMatch((own) -> Boolean.TRUE.equals(own.restoreIfMissing()));
	}

	/** Whether a database is to be left out. */
	boolean isExcluded(String name) {
		return !overrides(List.of(name)).enabled();
	}

	/** Whether any database has a replica. */
	boolean hasReplicas() {
		return !this.properties.replicas().isEmpty()
				|| this.properties.databases().values().stream().anyMatch((own) -> !own.replicas().isEmpty());
	}

	/** Whether one database has a replica, under the first name that has settings. */
	boolean hasReplicas(List<String> names) {
		return !this.properties.replicas().isEmpty() || !overrides(names).replicas().isEmpty();
	}

	/**
	 * The settings of one database.
	 * @param name its name
	 * @param names those that it may be configured under, the first that is wins
	 * @param file the database
	 * @param creationPragmas the application's settings for a file that is created
	 * @throws LitestreamStartupException naming the property that is wrong
	 */
	DatabaseSettings resolve(String name, List<String> names, Path file, Map<String, String> creationPragmas) {
		return resolve(name, file, creationPragmas, overrides(names));
	}

	/**
	 * An exact match wins; else case and separators do not matter, as an environment
	 * variable has neither.
	 */
	private Database overrides(List<String> names) {
		Map<String, Database> databases = this.properties.databases();
		for (String name : names) {
			Database exact = databases.get(name);
			if (exact != null) {
				return exact;
			}
			for (Map.Entry<String, Database> each : databases.entrySet()) {
				if (uniform(each.getKey()).equals(uniform(name))) {
					return each.getValue();
				}
			}
		}
		return NO_OVERRIDES;
	}

	private static String uniform(String name) {
		return name.replaceAll("[^\\p{L}\\p{N}]", "").toLowerCase(Locale.ROOT);
	}

	private DatabaseSettings resolve(String name, Path file, Map<String, String> creationPragmas, Database own) {
		LitestreamProperties all = this.properties;
		Path meta = directory("litestream.meta-directory", name, own.metaDirectory(), all.metaDirectory(),
				LitestreamOptions.defaultMetaDirectory(file));
		Path restores = directory("litestream.endpoint.restore-directory", name, own.endpoint().restoreDirectory(),
				all.endpoint().restoreDirectory(), meta.resolve("restores"));
		LitestreamOptions options = checked(name, "", () -> new LitestreamOptions(name, file, meta,
				either(own.monitorInterval(), all.monitorInterval()),
				either(own.checkpointInterval(), all.checkpointInterval()),
				either(own.minCheckpointPageCount(), all.minCheckpointPageCount()),
				either(own.maxCheckpointPageCount(), all.maxCheckpointPageCount()),
				either(own.truncatePageCount(), all.truncatePageCount()), either(own.busyTimeout(), all.busyTimeout()),
				either(own.shutdownSyncTimeout(), all.shutdownSyncTimeout()),
				either(own.maxShadowWalSize(), all.maxShadowWalSize()).toBytes(),
				either(own.minFreeSpace(), all.minFreeSpace()).toBytes(), restoreOptions(name, own), creationPragmas));
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

	private static Path directory(String property, String name, @Nullable String own, @Nullable String all,
			Path byDefault) {
		String configured = eitherOrNull(own, all);
		return (configured != null) ? path(property, configured.replace("{database}", name)) : byDefault;
	}

	/** Relative paths are below the working directory, as SQLite's are. */
	private static Path path(String property, String text) {
		try {
			if (text.isBlank()) {
				throw new InvalidPathException(text, "it is empty");
			}
			return Path.of(text);
		}
		catch (InvalidPathException ex) {
			throw new LitestreamStartupException(
					"Property '%s' is not a path: %s.".formatted(property, InvalidPaths.reason(ex)),
					"Use an absolute path, or one relative to the working directory.", ex);
		}
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
