package org.litestream4j.boot.replication;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

import javax.sql.DataSource;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.boot.DatabaseDefinition;
import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.replication.ReplicatedDatabases.Claim;
import org.litestream4j.boot.replication.ReplicatedDatabases.Origin;
import org.litestream4j.boot.replication.ReplicatedDatabases.Replicated;

/**
 * Databases that the application registers and removes while it runs. Thread-safe; calls
 * for different databases run at the same time.
 */
public class RuntimeDatabases {

	private final ConfiguredDatabases configured;

	private final DatabaseStarter starter;

	private final ReplicatedDatabases databases;

	private final DirectoryDatabases directories;

	/**
	 * Creates it, without any database.
	 * @param configured what is configured for which database
	 * @param starter restores and starts
	 * @param databases where each is noted
	 * @param directories where further ones are found
	 */
	public RuntimeDatabases(ConfiguredDatabases configured, DatabaseStarter starter, ReplicatedDatabases databases,
			DirectoryDatabases directories) {
		this.configured = configured;
		this.starter = starter;
		this.databases = databases;
		this.directories = directories;
	}

	/** See {@link Litestream#register(DatabaseDefinition)}. */
	LitestreamDatabase register(DatabaseDefinition definition) {
		Path file = file(definition);
		return register(definition, file, Map.of(), () -> OpenFiles.contain(file));
	}

	/** See {@link Litestream#register(DatabaseDefinition, DataSource)}. */
	DataSource register(DatabaseDefinition definition, DataSource dataSource) {
		Path file = file(definition);
		register(definition, file, creationPragmas(definition.name(), file, dataSource),
				() -> CommitSignals.isAlreadyOpen(dataSource) || OpenFiles.contain(file));
		return signalling(definition.name(), dataSource);
	}

	private Path file(DatabaseDefinition definition) {
		DatabaseSettings settings = this.configured.resolve(definition, definition.name(), definition.file(), Map.of());
		if (settings.replicas().isEmpty()) {
			throw new IllegalArgumentException(
					"no replica is configured for database '%s': set litestream.replicas[0].url, or give the definition one"
						.formatted(definition.name()));
		}
		if (this.configured.isExcluded(definition.name())) {
			throw new IllegalArgumentException(
					"database '%1$s' is excluded by litestream.databases.%1$s.enabled=false: remove that, or do not register it"
						.formatted(definition.name()));
		}
		return DatabasePaths.resolve(definition.name(), definition.file(), settings.restoreIfMissing());
	}

	private LitestreamDatabase register(DatabaseDefinition definition, Path file, Map<String, String> creationPragmas,
			BooleanSupplier alreadyOpen) {
		String name = definition.name();
		try (Claim claim = this.databases.claim(name, file)) {
			requireFree(name, file);
			DatabaseSettings settings = this.configured.resolve(definition, name, file, creationPragmas);
			return this.starter
				.start(new DatabaseStarter.Request(settings, alreadyOpen, List.of(),
						(other) -> this.configured.resolve(definition, other, file, creationPragmas),
						Origin.REGISTERED), claim)
				.database();
		}
	}

	private void requireFree(String name, Path file) {
		this.databases.findByFile(file).ifPresent((other) -> {
			throw new IllegalStateException("the file %s is replicated already, as database '%s': %s".formatted(file,
					other.name(),
					isForTheApplication(other) ? "remove that first" : "use that, which needs no registration"));
		});
		this.databases.find(name).ifPresent((other) -> {
			throw new IllegalStateException(
					"the name '%s' is taken by the database %s: remove that first, or use another name".formatted(name,
							other.file()));
		});
	}

	private static boolean isForTheApplication(Replicated replicated) {
		return replicated.origin() == Origin.REGISTERED || replicated.origin() == Origin.DIRECTORY;
	}

	/** One that does not tell where it leads is believed. */
	private static Map<String, String> creationPragmas(String name, Path file, DataSource dataSource) {
		List<JdbcLocation> found = JdbcLocations.find(dataSource).found();
		if (found.size() != 1) {
			return Map.of();
		}
		SqliteUrl url = SqliteUrl.parse(found.get(0));
		if (url instanceof SqliteUrl.Refused refused) {
			throw StartupFailures.settingRefused(name, refused);
		}
		Path leads = (url instanceof SqliteUrl.DatabaseFile other) ? Places.real(other.path()) : null;
		if (!file.equals(leads)) {
			throw new IllegalArgumentException(
					"the DataSource of database '%s' does not lead to its file %s, but to %s: give the DataSource of that file"
						.formatted(name, file, (leads != null) ? leads : "no file that can be written"));
		}
		return ((SqliteUrl.DatabaseFile) url).creationPragmas();
	}

	/** See {@link Litestream#signalling}. */
	DataSource signalling(String name, DataSource dataSource) {
		return CommitSignals.add(dataSource, CommitsOf.found(() -> this.databases.find(name)));
	}

	/** See {@link Litestream#remove}. */
	void remove(String name) {
		this.databases.awaitStarts(name);
		Replicated found = this.databases.find(name).orElse(null);
		if (found == null) {
			return;
		}
		if (!isForTheApplication(found)) {
			throw new IllegalArgumentException(
					"database '%s' cannot be removed, as it is that of %s: one that was registered is expected"
						.formatted(name, (found.origin() == Origin.BEAN) ? "a DataSource bean"
								: "litestream.databases.%s.path".formatted(name)));
		}
		if (found.origin() == Origin.DIRECTORY) {
			this.directories.leaveAlone(found.file());
		}
		this.databases.stopAll(List.of(found), (each) -> false);
	}

}
