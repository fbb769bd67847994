package org.litestream4j.boot.autoconfigure;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import org.litestream4j.boot.replication.Heartbeat;
import org.litestream4j.LeaseOptions;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreTarget;
import org.litestream4j.RestoreTime;
import org.litestream4j.boot.DatabaseDefinition;
import org.litestream4j.boot.LitestreamStartupException;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.Database;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.DatabaseEndpoint;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.DatabaseHealth;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.DatabaseLease;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.DatabaseReplicatedCommit;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.DatabaseRestore;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.Replica;
import org.litestream4j.boot.replication.ConfiguredDatabases;
import org.litestream4j.boot.replication.DatabaseSettings;
import org.litestream4j.boot.replication.DatabaseSettings.CommitSettings;
import org.litestream4j.boot.replication.DatabaseSettings.ReplicaSettings;
import org.litestream4j.boot.replication.WatchedDirectory;
import org.litestream4j.format.Durations;
import org.litestream4j.format.Generation;
import org.litestream4j.format.TransactionId;
import org.litestream4j.io.InvalidPaths;

/**
 * From properties to the settings of single databases. Pure.
 */
class SettingsResolver implements ConfiguredDatabases {

	private static final Database NO_OVERRIDES = new Database(null, true, null, null, null, null, null, null, null,
			null, null, null, null, null, null, null, new DatabaseLease(null, null, null),
			new DatabaseReplicatedCommit(null, null, null, null),
			new DatabaseRestore(null, null, null, null, null, null, null), new DatabaseEndpoint(null, null),
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
		namedFiles();
		directories().forEach((directory) -> Objects.requireNonNull(directory.settings().apply("database", nowhere)));
	}

	@Override
	public Map<String, Path> namedFiles() {
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

	@Override
	public List<String> unmatchedKeys(Collection<String> names) {
		Set<String> known = names.stream().map(SettingsResolver::uniform).collect(Collectors.toSet());
		return this.properties.databases()
			.entrySet()
			.stream()
			.filter((entry) -> entry.getValue().path() == null && !known.contains(uniform(entry.getKey())))
			.map(Map.Entry::getKey)
			.toList();
	}

	@Override
	public boolean isRestored(List<String> names) {
		return either(overrides(names).restoreIfMissing(), this.properties.restoreIfMissing());
	}

	@Override
	public boolean restoresAny() {
		return this.properties.restoreIfMissing() || this.properties.databases()
			.values()
			.stream()
			.anyMatch((own) -> Boolean.TRUE.equals(own.restoreIfMissing()));
	}

	@Override
	public boolean isExcluded(String name) {
		return !overrides(List.of(name)).enabled();
	}

	@Override
	public boolean hasReplicas() {
		return !this.properties.replicas().isEmpty() || !this.properties.directories().isEmpty()
				|| this.properties.databases().values().stream().anyMatch((own) -> !own.replicas().isEmpty());
	}

	@Override
	public boolean hasReplicas(List<String> names) {
		return !this.properties.replicas().isEmpty() || !overrides(names).replicas().isEmpty();
	}

	@Override
	public DatabaseSettings resolve(String name, List<String> names, Path file, Map<String, String> creationPragmas) {
		return resolve(name, file, creationPragmas, overrides(names));
	}

	/** What the definition says wins over what is configured under its name. */
	@Override
	public DatabaseSettings resolve(DatabaseDefinition definition, String name, Path file,
			Map<String, String> creationPragmas) {
		Database defined = DefinedOverrides.bind(definition);
		return resolve(name, file, creationPragmas, DefinedOverrides.merge(defined, overrides(List.of(name))));
	}

	@Override
	public List<WatchedDirectory> directories() {
		List<WatchedDirectory> watched = new ArrayList<>();
		for (int i = 0; i < this.properties.directories().size(); i++) {
			watched.add(new DirectorySettings("litestream.directories[%d]".formatted(i),
					this.properties.directories().get(i))
				.resolve(this::inDirectory));
		}
		return watched;
	}

	/** Nothing is restored, as what was found is not missing. */
	private DatabaseSettings inDirectory(String name, Path file, List<Replica> replicas) {
		Database own = DefinedOverrides.withReplicas(overrides(List.of(name)), replicas);
		return resolve(name, file, Map.of(), own);
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
		LitestreamOptions options = checked(name, "",
				() -> LitestreamOptions.builder(file)
					.name(name)
					.metaDirectory(meta)
					.monitorInterval(either(own.monitorInterval(), all.monitorInterval()))
					.checkpointInterval(either(own.checkpointInterval(), all.checkpointInterval()))
					.minCheckpointPageCount(either(own.minCheckpointPageCount(), all.minCheckpointPageCount()))
					.maxCheckpointPageCount(either(own.maxCheckpointPageCount(), all.maxCheckpointPageCount()))
					.truncatePageCount(either(own.truncatePageCount(), all.truncatePageCount()))
					.busyTimeout(either(own.busyTimeout(), all.busyTimeout()))
					.shutdownSyncTimeout(either(own.shutdownSyncTimeout(), all.shutdownSyncTimeout()))
					.maxShadowWalSize(either(own.maxShadowWalSize(), all.maxShadowWalSize()).toBytes())
					.minFreeSpace(either(own.minFreeSpace(), all.minFreeSpace()).toBytes())
					.onDivergence(either(own.onDivergence(), all.onDivergence()))
					.lease(lease(own))
					.restore(restoreOptions(name, own))
					.creationPragmas(creationPragmas)
					.build());
		List<ReplicaSettings> replicas = new ReplicaSettingsResolver(name, file, own, all).resolve();
		String restoreReplica = eitherOrNull(own.restore().replica(), all.restore().replica());
		checkRestoreReplica(restoreReplica, replicas);
		return new DatabaseSettings(options, either(own.restoreIfMissing(), all.restoreIfMissing()), restoreReplica,
				restoreTarget(name, own), restores.toAbsolutePath().normalize(), maxTimeout(name, own),
				maxLag(name, own), either(own.onFenced(), all.onFenced()), commits(name, own, replicas.size()),
				replicas);
	}

	private LeaseOptions lease(Database own) {
		LitestreamProperties.Lease all = this.properties.lease();
		return new LeaseOptions(either(own.lease().enabled(), all.enabled()),
				either(own.lease().duration(), all.duration()), either(own.lease().longestWait(), all.longestWait()));
	}

	private RestoreOptions restoreOptions(String name, Database own) {
		return checked(name, ".restore", () -> RestoreOptions.DEFAULTS
			.withParallelism(either(own.restore().parallelism(), this.properties.restore().parallelism()))
			.withIntegrityCheck(either(own.restore().integrityCheck(), this.properties.restore().integrityCheck())));
	}

	private RestoreTarget restoreTarget(String name, Database own) {
		DatabaseRestore one = own.restore();
		LitestreamProperties.Restore all = this.properties.restore();
		return checked(name, ".restore", () -> {
			String generation = eitherOrNull(one.generation(), all.generation());
			String txid = eitherOrNull(one.txid(), all.txid());
			RestoreTime timestamp = eitherOrNull(one.timestamp(), all.timestamp());
			return RestoreTarget.builder()
				.generation((generation != null) ? new Generation(generation) : null)
				.index(eitherOrNull(one.index(), all.index()))
				.timestamp((timestamp != null) ? timestamp.instant() : null)
				.txid((txid != null) ? TransactionId.parse(txid) : null)
				.build();
		});
	}

	private CommitSettings commits(String name, Database own, int most) {
		DatabaseReplicatedCommit one = own.replicatedCommit();
		LitestreamProperties.ReplicatedCommit all = this.properties.replicatedCommit();
		int replicas = either(one.replicas(), all.replicas());
		return checked(name, ".replicated-commit", () -> {
			if (replicas < 1 || (most > 0 && replicas > most)) {
				throw new IllegalArgumentException("replicas is %d: %s is expected".formatted(replicas,
						(most > 0) ? "1 to %d, as many as the database has,".formatted(most) : "at least 1"));
			}
			return new CommitSettings(either(one.enabled(), all.enabled()), replicas,
					positive(name, ".replicated-commit", "timeout", either(one.timeout(), all.timeout())),
					either(one.onTimeout(), all.onTimeout()));
		});
	}

	/** As the properties, which have a url, want it. */
	Heartbeat heartbeat(BooleanSupplier well) {
		URI url = webAddress(Objects.requireNonNull(this.properties.heartbeat().url()));
		if (url == null) {
			throw new LitestreamStartupException("Property 'litestream.heartbeat.url' is no url of a web server.",
					"Give a whole url, which begins with https:// or http:// and the name of a host.");
		}
		Duration interval = this.properties.heartbeat().interval();
		if (interval.compareTo(Duration.ofSeconds(1)) < 0) {
			throw new LitestreamStartupException(
					"Property 'litestream.heartbeat.interval' is %s: 1 s or more is expected.".formatted(
							Durations.describe(interval)),
					"Give an interval of at least a second, for example 1m.");
		}
		return new Heartbeat(url, interval, well);
	}

	/** Null if it is none. */
	private static @Nullable URI webAddress(String text) {
		try {
			URI url = new URI(text.strip());
			String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
			return (url.getHost() != null && List.of("http", "https").contains(scheme)) ? url : null;
		}
		catch (URISyntaxException ex) {
			return null; // a message would show it, and it is a secret
		}
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
	static Path path(String property, String text) {
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
