package org.litestream4j.boot.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.convert.DurationStyle;
import org.springframework.util.StringUtils;

import org.litestream4j.boot.ReplicaDefinition;
import org.litestream4j.boot.autoconfigure.DatabaseSettings.ReplicaSettings;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.Database;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.Replica;

/**
 * The replicas of one database: its own, or those that all share. Pure.
 */
class ReplicaSettingsResolver {

	private final String database;

	private final Path file;

	private final Database own;

	private final LitestreamProperties all;

	ReplicaSettingsResolver(String database, Path file, Database own, LitestreamProperties all) {
		this.database = database;
		this.file = file;
		this.own = own;
		this.all = all;
	}

	List<ReplicaSettings> resolve() {
		boolean hasOwn = !this.own.replicas().isEmpty();
		List<Replica> replicas = hasOwn ? this.own.replicas() : this.all.replicas();
		String prefix = hasOwn ? "litestream.databases.%s.".formatted(this.database) : "litestream.";
		List<ReplicaSettings> resolved = new ArrayList<>();
		Set<String> names = new HashSet<>();
		for (int i = 0; i < replicas.size(); i++) {
			ReplicaSettings settings = resolve("%sreplicas[%d]".formatted(prefix, i), replicas.get(i));
			String name = settings.definition().name();
			if (!names.add(name)) {
				throw new LitestreamStartupException(
						"Two replicas of one database have the name '%s': '%s' is the second.".formatted(name,
								settings.definition().property()),
						"Set a different '%s.name' for it. Without one, a replica is named after its type."
							.formatted(settings.definition().property()));
			}
			resolved.add(settings);
		}
		return List.copyOf(resolved);
	}

	private ReplicaSettings resolve(String property, Replica replica) {
		String type = type(property, replica);
		String name = StringUtils.hasText(replica.name()) ? replica.name() : type;
		ReplicaDefinition definition = new ReplicaDefinition(property, this.database, this.file, name, type,
				filled(replica.url()), filled(replica.path()), replica.bucket(), replica.region(), replica.endpoint(),
				replica.forcePathStyle(), replica.accessKeyId(), replica.secretAccessKey(), replica.sessionToken(),
				replica.sslBundle(),
				new ReplicaDefinition.Storage(replica.serverSideEncryption(), replica.kmsKeyId(),
						replica.bucketKeyEnabled(), replica.snapshotStorageClass(), replica.tags(),
						replica.partSize().toBytes()));
		try {
			return new ReplicaSettings(definition,
					new org.litestream4j.Replica.Options(syncInterval(replica), replica.snapshotInterval(),
							retention(property, replica), replica.retentionCheckInterval(),
							replica.validationInterval()));
		}
		catch (IllegalArgumentException ex) {
			throw new LitestreamStartupException("Invalid value in '%s.*': %s.".formatted(property, ex.getMessage()),
					"Correct the property, or remove it to use its default.", ex);
		}
	}

	private String type(String property, Replica replica) {
		if (replica.url() == null) {
			return typeOfParts(property, replica);
		}
		Stream.of("type", "path", "bucket")
			.filter((part) -> part(replica, part) != null)
			.findFirst()
			.ifPresent((part) -> {
				throw new LitestreamStartupException(
						"Both '%s.url' and '%s.%s' are set.".formatted(property, property, part),
						"Use the url, or the type and its parts, but not both.");
			});
		int colon = replica.url().indexOf(':');
		if (colon < 1) {
			throw new LitestreamStartupException(
					"Property '%s.url' is '%s', which has no scheme.".formatted(property, replica.url()),
					"Use for example file:///var/backups/app or s3://my-bucket/app.");
		}
		return replica.url().substring(0, colon).toLowerCase(Locale.ROOT);
	}

	private static String typeOfParts(String property, Replica replica) {
		String type = replica.type();
		if (!StringUtils.hasText(type)) {
			throw new LitestreamStartupException("Neither '%s.url' nor '%s.type' is set.".formatted(property, property),
					"Set the url, for example file:///var/backups/app or s3://my-bucket/app.");
		}
		return type.trim().toLowerCase(Locale.ROOT);
	}

	private static @Nullable String part(Replica replica, String name) {
		return switch (name) {
			case "type" -> replica.type();
			case "path" -> replica.path();
			default -> replica.bucket();
		};
	}

	/** Zero to keep everything. YAML reads an unquoted off as false. */
	private static Duration retention(String property, Replica replica) {
		String value = replica.retention().trim();
		if (value.equalsIgnoreCase("off") || value.equalsIgnoreCase("false")) {
			return Duration.ZERO;
		}
		try {
			return DurationStyle.detectAndParse(value);
		}
		catch (IllegalArgumentException ex) {
			throw new LitestreamStartupException(
					"Property '%s.retention' is '%s': a duration, or 'off' to keep everything, is expected."
						.formatted(property, replica.retention()),
					"Use for example 24h, 30d or off.", ex);
		}
	}

	private Duration syncInterval(Replica replica) {
		if (replica.syncInterval() != null) {
			return replica.syncInterval();
		}
		return (this.own.syncInterval() != null) ? this.own.syncInterval() : this.all.syncInterval();
	}

	private @Nullable String filled(@Nullable String text) {
		return (text != null) ? text.replace("{database}", this.database) : null;
	}

}
