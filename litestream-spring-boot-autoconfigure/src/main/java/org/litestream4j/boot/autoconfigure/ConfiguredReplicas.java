package org.litestream4j.boot.autoconfigure;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.ConfigurableEnvironment;

import org.litestream4j.boot.replication.DatabaseSettings;
import org.litestream4j.boot.replication.DatabaseSettings.ReplicaSettings;
import org.litestream4j.boot.replication.ReplicaDefinition;

/**
 * Where an application's databases are replicated to, by its configuration alone: for the
 * command line, which is used when the application does not start.
 */
public final class ConfiguredReplicas {

	private ConfiguredReplicas() {
	}

	/**
	 * The replicas of one database.
	 * @param environment as the application has it
	 * @param database its name, mostly that of the {@code DataSource} bean; whether there
	 * is one of that name only the running application knows
	 * @return in the order configured; none if none is
	 * @throws org.litestream4j.boot.LitestreamStartupException if the configuration makes
	 * no sense
	 * @throws org.springframework.boot.context.properties.bind.BindException if it cannot
	 * be understood
	 */
	public static List<ReplicaDefinition> of(ConfigurableEnvironment environment, String database) {
		return settings(environment, database, Path.of("database")).replicas()
			.stream()
			.map(ReplicaSettings::definition)
			.toList();
	}

	/**
	 * Where the application keeps its local state of a database, which need not be there.
	 * @param environment as the application has it
	 * @param database its name
	 * @param file where it is, which counts if no meta directory is configured
	 * @return an absolute path
	 * @throws org.litestream4j.boot.LitestreamStartupException if the configuration makes
	 * no sense
	 * @throws org.springframework.boot.context.properties.bind.BindException if it cannot
	 * be understood
	 */
	public static Path metaDirectory(ConfigurableEnvironment environment, String database, Path file) {
		return settings(environment, database, file).options().metaDirectory();
	}

	private static DatabaseSettings settings(ConfigurableEnvironment environment, String database, Path file) {
		LitestreamProperties properties = Binder.get(environment)
			.bindOrCreate("litestream", LitestreamProperties.class);
		return new SettingsResolver(properties).resolve(database, List.of(database), file, Map.of());
	}

}
